// COSE_Sign1 with EdDSA, as keys/cose.py: the same shape, the same refusals in the same order.

import { CborMap, CborTag, decode, encode } from "./cbor.js";
import { same, utf8 } from "./bytes.js";
import { Refused, demand } from "./refused.js";

/** @typedef {{ kid: Uint8Array, payload: Uint8Array, protected: Uint8Array, signature: Uint8Array }} Sign1 */
/** @typedef {import("./cbor.js").CborValue} CborValue */

const MAX_BYTES = 2048, MAX_KID = 128, MAX_NESTING = 3, SIGNATURE_BYTES = 64;
const SIGN1 = 18n, EDDSA = -8n;
const ALGORITHM = 1n, CRITICAL = 2n, CONTENT_TYPE = 3n, KID = 4n;

/** The parts of a tagged COSE_Sign1. Nothing is verified. @param {Uint8Array} data @returns {Sign1} */
export function read1(data) {
  if (data.length > MAX_BYTES) throw new Refused("cose.too_large", { limit: MAX_BYTES });
  const [prot, unprotected, payload, signature] = readParts(data);
  const header = prot.length ? malformedUnless(CborMap, tryDecode(prot)) : new CborMap([]);
  checkHeaders(header, unprotected);
  const kid = readKid(header, unprotected);
  /** @type {[CborValue, CborValue][]} */
  const known = [[ALGORITHM, EDDSA]];
  for (const label of [CONTENT_TYPE, KID]) {
    const value = header.get(label);
    if (value !== undefined) known.push([label, value]);
  }
  const again = encode(new CborMap(known));
  const rest = new CborMap(header.get(KID) === undefined ? [[KID, kid]] : []);
  const whole = encode(new CborTag(SIGN1, [again, rest, payload, signature]));
  demand(same(prot, again) && same(data, whole), "cose.not_deterministic");
  return { kid, payload, protected: prot, signature };
}

/** The bytes that the signature covers (RFC 9052 section 4.4). @param {Sign1} message @param {string} externalAad */
export const signedBytes = (message, externalAad) =>
  encode(["Signature1", message.protected, utf8(externalAad), message.payload]);

/** @param {Uint8Array} data @returns {[Uint8Array, CborMap, Uint8Array, Uint8Array]} */
function readParts(data) {
  const message = malformedUnless(CborTag, tryDecode(data));
  demand(message.tag === SIGN1 && Array.isArray(message.value) && message.value.length === 4, "cose.malformed");
  const [prot, unprotected, payload, signature] = message.value;
  const parts = [prot, payload, signature].map((part) => malformedUnless(Uint8Array, part));
  const map = malformedUnless(CborMap, unprotected);
  demand(parts[2].length === SIGNATURE_BYTES, "cose.malformed");
  return [parts[0], map, parts[1], parts[2]];
}

/** @param {Uint8Array} data */
function tryDecode(data) {
  try {
    return decode(data, MAX_NESTING);
  } catch {
    throw new Refused("cose.malformed");
  }
}

/** @template T @param {new (...given: any[]) => T} type @param {unknown} value @returns {T} */
function malformedUnless(type, value) {
  demand(value instanceof type, "cose.malformed");
  return /** @type {T} */ (value);
}

/** @param {CborMap} header @param {CborMap} unprotected */
function checkHeaders(header, unprotected) {
  for (const map of [header, unprotected]) demand(map.get(CRITICAL) === undefined, "cose.critical_header");
  demand(header.get(ALGORITHM) === EDDSA, "cose.algorithm");
  demand(header.hasOnly(ALGORITHM, CONTENT_TYPE, KID) && unprotected.hasOnly(KID), "cose.header");
  const type = header.get(CONTENT_TYPE) ?? 0n;
  demand(typeof type === "bigint" && type >= 0n && type <= 65535n, "cose.header");
}

/** @param {CborMap} header @param {CborMap} unprotected */
function readKid(header, unprotected) {
  const kids = [header.get(KID), unprotected.get(KID)].filter((kid) => kid !== undefined);
  const kid = kids[0];
  demand(kids.length === 1 && kid instanceof Uint8Array && kid.length > 0 && kid.length <= MAX_KID, "cose.kid");
  return /** @type {Uint8Array} */ (kid);
}
