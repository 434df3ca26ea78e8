// The signed trust list and the signed status lists, as verify/trust_list.py, registry/status_list.py and
// verify/offline.py: read, checked against the pinned key, and asked.

import { fromBase64url, toHex } from "./bytes.js";
import { sha256, verifyProof } from "./proof.js";
import { Refused, demand } from "./refused.js";

/** @typedef {import("./proof.js").Json} Json */
/** @typedef {{ url: string, purpose: string, bits: Uint8Array, digest: string, validFrom: number, validUntil: number }} StatusList */
/**
 * @typedef {object} TrustList
 * @property {number} version
 * @property {number} madeAt milliseconds
 * @property {string | null} root Multikey that signs from now on
 * @property {Json[]} assessors
 * @property {{ url: string, purpose: string, bitsSha256: string }[]} statusLists
 */

const TYPE = "SkillsTrustList";
const MAX_TRUST = 32 * 1024 * 1024, MAX_STATUS = 65536, MAX_ENCODED = 32768; // characters
const LIST_BYTES = 131072 / 8;
/** @type {[string, string][]} */
const STATES = [["revocation", "revoked"], ["suspension", "suspended"]];

/** @param {string} text @param {string[]} pins @param {number} [notBefore] the version known @returns {Promise<TrustList>} */
export async function readTrustList(text, pins, notBefore = 0) {
  const list = parse(text, MAX_TRUST, "trust_list.malformed");
  await verifyProof(list, pins);
  const { version, registryKeys = [], statusLists = [], assessors } = list;
  const madeAt = Date.parse(list.madeAt);
  const whole = list.type === TYPE && Number.isSafeInteger(version) && madeAt && [assessors, registryKeys, statusLists].every(Array.isArray);
  demand(whole, "trust_list.malformed");
  if (version < notBefore) throw new Refused("trust_list.rollback", { version, known: notBefore });
  const active = registryKeys.find((/** @type {Json} */ key) => key.state === "active");
  return { version, madeAt, root: active?.publicKeyMultibase ?? null, assessors, statusLists };
}

/** @param {string} text @param {string[]} pins @returns {Promise<StatusList>} */
export async function readStatusList(text, pins) {
  const code = "status_list.malformed", list = parse(text, MAX_STATUS, code);
  await verifyProof(list, pins);
  const { statusPurpose: purpose, encodedList } = list.credentialSubject ?? {};
  const [validFrom, validUntil] = [list.validFrom, list.validUntil].map(Date.parse);
  demand([list.id, purpose, encodedList].every((one) => typeof one === "string") && validFrom && validUntil, code);
  const bits = await gunzip(encodedList);
  return { url: list.id, purpose, bits, digest: toHex(await sha256(bits)), validFrom, validUntil };
}

/** @param {string} text @param {number} limit @param {string} code @returns {Json} */
function parse(text, limit, code) {
  let parsed = null;
  try {
    if (text.length <= limit) parsed = JSON.parse(text);
  } catch { /* refused below */ }
  demand(parsed && typeof parsed === "object" && !Array.isArray(parsed), code);
  return parsed;
}

/** The bits, exactly as many as a list has. @param {string} encoded @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function gunzip(encoded) {
  const bits = new Uint8Array(LIST_BYTES);
  let at = 0;
  try {
    demand(encoded[0] === "u" && encoded.length <= MAX_ENCODED, "status_list.malformed");
    const inflated = new Blob([fromBase64url(encoded.slice(1))]).stream().pipeThrough(new DecompressionStream("gzip"));
    for (const reader = inflated.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      bits.set(value, at); // RangeError one chunk past the list: a bomb ends here
      at += value.length;
    }
  } catch {
    throw new Refused("status_list.malformed");
  }
  demand(at === LIST_BYTES, "status_list.malformed");
  return bits;
}

/** Whether a status list is older than the trust list, and something has changed between. @param {TrustList} trust @param {StatusList} list */
export function outdates(trust, list) {
  const named = trust.statusLists.find((one) => one.url === list.url && one.purpose === list.purpose);
  return named !== undefined && list.validFrom < trust.madeAt && list.digest !== named.bitsSha256;
}

/** The assessor of 13 characters; none also where two have them. @param {TrustList} trust @param {string} id */
export function findAssessor(trust, id) {
  const found = trust.assessors.filter((one) => one.id === id);
  return found.length === 1 ? found[0] : null;
}

/**
 * `valid`, `revoked` or `suspended`; null unless both lists are here and still hold.
 * @param {{ trust: TrustList, status: StatusList[] }} lists
 * @param {string} origin @param {{ listId: string, index: number }} entry @param {number} at milliseconds
 */
export function stateOf(lists, origin, { listId, index }, at) {
  let unsure = false;
  for (const [purpose, state] of STATES) {
    const url = `${origin}/status-lists/${purpose}-${listId}`;
    const list = lists.status.find((one) => one.url === url && one.purpose === purpose);
    if (list && list.bits[index >> 3] & (0x80 >> (index & 7))) return state;
    unsure ||= !list || at >= list.validUntil || outdates(lists.trust, list);
  }
  return unsure ? null : "valid";
}

/**
 * The accreditation that covers a certificate; refused as issuers/accreditation.py does.
 * @param {Json[]} accreditations @param {import("./gate.js").Claims} claims @param {string[]} provinces
 */
export function covering(accreditations, claims, provinces) {
  const [code, edition] = claims.occupation;
  /** @type {[string, (held: Json) => boolean][]} */
  const limbs = [
    ["scope.kind", (held) => held.kind === claims.kind],
    ["scope.occupation", (held) => held.occupations.some((/** @type {string[]} */ one) => one[0] === code && one[1] === edition)],
    ["scope.level", (held) => claims.level === null || held.levels.includes(claims.level)],
    ["scope.region", (held) => lineage(claims.region, provinces).includes(held.region)],
    ["scope.date", (held) => held.validFrom <= claims.issuedOn && (!held.validUntil || claims.issuedOn < held.validUntil)],
  ];
  let left = accreditations;
  for (const [refusal, fits] of limbs) {
    left = left.filter(fits);
    demand(left.length, refusal);
  }
  return left[0];
}

/** A place and what contains it. @param {string} code @param {string[]} provinces */
function lineage(code, provinces) {
  if (code !== "000000" && !provinces.includes(code.slice(0, 2))) throw new Refused("place.unknown", { place: code });
  return [code, code.slice(0, 4) + "00", code.slice(0, 2) + "0000", "000000"];
}
