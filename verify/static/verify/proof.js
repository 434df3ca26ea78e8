// Data Integrity proofs of suite eddsa-jcs-2022, as keys/proof.py, and Ed25519 through WebCrypto.

import { concat, fromBase58, utf8 } from "./bytes.js";
import { Refused, demand } from "./refused.js";

const SUITE = "eddsa-jcs-2022", PURPOSE = "assertionMethod", MAX_PROOFS = 8, SIGNATURE_BYTES = 64;
const MEMBERS = ["type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue", "@context", "id"];
const ED25519_CODEC = [0xed, 0x01], KEY_BYTES = 32;

/** This browser cannot verify Ed25519 signatures. */
export class Unsupported extends Error {}

/** @typedef {Record<string, any>} Json */

/** RFC 8785. @param {unknown} value a JSON value @returns {string} */
export function canonicalize(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalize).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort(); // by UTF-16 code units, as the standard asks
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonicalize(/** @type {Json} */ (value)[name])}`).join(",")}}`;
}

/** The raw Ed25519 key of a Multikey. @param {string} multikey @returns {Uint8Array<ArrayBuffer>} */
export function readMultikey(multikey) {
  let data = new Uint8Array();
  try {
    data = fromBase58(multikey);
  } catch { /* refused below */ }
  demand(data[0] === ED25519_CODEC[0] && data[1] === ED25519_CODEC[1] && data.length === 2 + KEY_BYTES, "key.malformed");
  return data.slice(2);
}

/** @param {Uint8Array<ArrayBuffer>} key @param {Uint8Array} signature @param {Uint8Array} data */
export async function verifyEd25519(key, signature, data) {
  const source = /** @type {(bytes: Uint8Array) => BufferSource} */ ((bytes) => bytes);
  try {
    const loaded = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", loaded, source(signature), source(data));
  } catch (error) {
    if (!globalThis.crypto?.subtle || (error instanceof DOMException && error.name === "NotSupportedError")) {
      throw new Unsupported("Ed25519");
    }
    return false; // a key off the curve
  }
}

/** @param {Uint8Array<ArrayBuffer>} data */
export const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));

/**
 * Refused unless a proof by one of the pinned keys fits: `proof.missing`, `.malformed`, `.wrong_purpose`,
 * `.context_mismatch`, `.signature`.
 * @param {Json} document @param {string[]} pins Multikeys
 */
export async function verifyProof(document, pins) {
  demand(document.proof, "proof.missing");
  const proofs = [document.proof].flat();
  demand(proofs.length <= MAX_PROOFS && proofs.every((one) => one && typeof one === "object"), "proof.malformed");
  const proof = proofs.find((one) => one.cryptosuite === SUITE && pins.includes(keyOf(one)));
  demand(proof, "proof.signature");
  demand(Object.keys(proof).every((name) => MEMBERS.includes(name)) && proof.type === "DataIntegrityProof", "proof.malformed");
  demand(proof.proofPurpose === PURPOSE, "proof.wrong_purpose");
  const { proofValue, ...options } = proof, { proof: _, ...unsecured } = document;
  if ("@context" in options) {
    const [all, first] = [unsecured["@context"], options["@context"]].map((one) => [one].flat());
    demand(canonicalize(all.slice(0, first.length)) === canonicalize(first), "proof.context_mismatch");
    unsecured["@context"] = options["@context"];
  }
  const hashes = await Promise.all([options, unsecured].map((part) => sha256(utf8(canonicalize(part)))));
  demand(await verifyEd25519(readMultikey(keyOf(proof)), signatureOf(proofValue), concat(...hashes)), "proof.signature");
}

/** @param {Json} proof @returns {string} the Multikey that the verification method names */
const keyOf = (proof) => String(proof.verificationMethod).split("#")[1] ?? "";

/** @param {string} text */
function signatureOf(text) {
  let signature = new Uint8Array();
  try {
    signature = fromBase58(text);
  } catch { /* refused below */ }
  if (signature.length !== SIGNATURE_BYTES) throw new Refused("proof.malformed");
  return signature;
}
