// Is the QR true? The ordered checks of verify/gate_check.py where no record is asked: the same names, outcomes, order
// and reason codes, proved over tests/vectors/verify/qr-v1.json.

import { same } from "./bytes.js";
import { read1, signedBytes } from "./cose.js";
import { readClaims } from "./gate.js";
import { readMultikey, sha256, verifyEd25519 } from "./proof.js";
import { readText } from "./qr-text.js";
import { Refused, demand } from "./refused.js";
import { covering, findAssessor, stateOf } from "./trust.js";

/** @typedef {import("./proof.js").Json} Json */
/** @typedef {{ trust: import("./trust.js").TrustList, status: import("./trust.js").StatusList[] }} Lists */
/** @typedef {{ name: string, result: "passed" | "failed" | "unknown", code: string, params: Record<string, string | number> }} Check */
/**
 * @typedef {object} Verdict
 * @property {string} outcome
 * @property {number} asOf milliseconds
 * @property {Check[]} checks
 * @property {Check | null} reason
 * @property {import("./gate.js").Claims | null} claims only where the signature and the accreditation are good
 * @property {Json | null} assessor
 * @property {Json | null} held the accreditation
 */

const KID_BYTES = 8, CHINA = 8 * 3600 * 1000;
/** @type {Record<string, string>} */
const OUTCOME_BY_CHECK = { format: "broken", issuer: "untrusted", key: "untrusted", signature: "broken", accreditation: "untrusted", status: "unknown" };
/** @type {Record<string, string>} */
const OUTCOME_BY_CODE = { "status.revoked": "revoked", "status.suspended": "suspended", "validity.not_yet": "not_yet_valid", "validity.expired": "expired" };

/**
 * @param {string} text of the QR @param {Lists} lists @param {number} at milliseconds
 * @param {import("./gate.js").Tables} tables @returns {Promise<Verdict>} throws only `Unsupported`
 */
export async function check(text, lists, at, tables) {
  /** @type {Json} */
  const found = { text, lists, at, tables };
  /** @type {Check[]} */
  const checks = [];
  for (const [name, step] of STEPS) {
    try {
      const lacking = await step(found);
      checks.push({ name, result: lacking ? "unknown" : "passed", code: lacking ?? `${name}.passed`, params: {} });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      checks.push({ name, result: "failed", code: error.code, params: error.params });
      break;
    }
  }
  return conclude(checks, found);
}

/** @param {Check[]} checks @param {Json} found @returns {Verdict} */
function conclude(checks, found) {
  const last = checks[checks.length - 1];
  const unsure = checks.filter((one) => one.result === "unknown");
  let outcome = unsure.some((one) => one.code !== "record.not_asked") ? "unknown" : "valid";
  if (last.result === "failed") outcome = OUTCOME_BY_CODE[last.code] ?? OUTCOME_BY_CHECK[last.name];
  const reason = outcome === "valid" ? null : last.result === "failed" ? last : unsure[unsure.length - 1];
  const told = "held" in found;
  return {
    outcome, asOf: found.at, checks, reason,
    claims: told ? found.claims : null, assessor: told ? found.assessor : null, held: told ? found.held : null,
  };
}

/** Each gives what is lacking, nothing when it passes. @type {[string, (found: Json) => Promise<string | undefined> | string | undefined][]} */
const STEPS = [
  ["format", checkFormat],
  ["issuer", checkIssuer],
  ["key", checkKey],
  ["signature", checkSignature],
  ["accreditation", checkAccreditation],
  ["record", () => "record.not_asked"],
  ["status", checkStatus],
  ["validity", checkValidity],
];

/** @param {Json} found */
function checkFormat(found) {
  found.parts = readText(found.text);
  found.message = read1(found.parts.message);
  found.claims = readClaims(found.message.payload, found.tables);
  return undefined;
}

/** @param {Json} found */
function checkIssuer(found) {
  found.assessor = findAssessor(found.lists.trust, found.claims.number.slice(0, 13));
  demand(found.assessor, "issuer.unknown");
  return undefined;
}

/** @param {Json} found */
async function checkKey(found) {
  const named = [];
  for (const key of found.assessor.keys) {
    if (!key.publicKeyMultibase.startsWith("z6Mk")) continue; // P-256 signs no QR
    const raw = readMultikey(key.publicKeyMultibase);
    if (same((await sha256(raw)).slice(0, KID_BYTES), found.message.kid)) named.push({ ...key, raw });
  }
  demand(named.length, "key.unknown");
  found.candidates = named.filter((key) => key.activated);
  demand(found.candidates.length, "key.pending");
  return undefined;
}

/** @param {Json} found */
async function checkSignature(found) {
  const signed = signedBytes(found.message, found.parts.url);
  for (const key of found.candidates) {
    if (await verifyEd25519(key.raw, found.message.signature, signed)) {
      found.key = key;
      return undefined;
    }
  }
  throw new Refused("cose.signature");
}

/** @param {Json} found */
function checkAccreditation(found) {
  found.held = covering(found.assessor.accreditations, found.claims, found.tables.provinces);
  return undefined;
}

/** @param {Json} found */
function checkStatus(found) {
  if (found.key.state === "compromised") return "key.time_unproved";
  const state = stateOf(found.lists, found.parts.origin, found.claims, found.at);
  if (state === null) return "status.not_asked";
  demand(state === "valid", `status.${state}`);
  return undefined;
}

/** @param {Json} found */
function checkValidity({ claims, at }) {
  const today = new Date(at + CHINA).toISOString().slice(0, 10);
  demand(today >= claims.issuedOn, "validity.not_yet");
  demand(!claims.expiresOn || today < claims.expiresOn, "validity.expired");
  return undefined;
}
