// The claims of a QR, as verify/gate.py: what a gate needs of a certificate, refused `qr.claims` unless they are, byte
// by byte, what the registry would write.

import { decode, encode, CborMap } from "./cbor.js";
import { same, utf8 } from "./bytes.js";
import { demand, Refused } from "./refused.js";

/**
 * @typedef {object} Claims
 * @property {string} number
 * @property {string} kind
 * @property {string | null} level
 * @property {string} name
 * @property {string} idType
 * @property {string} masked
 * @property {Uint8Array} salt
 * @property {number} value the check value, below 2 to the power of CHECK_BITS[idType]
 * @property {[string, string]} occupation code and edition
 * @property {string} region
 * @property {string} issuedOn YYYY-MM-DD in China
 * @property {string | null} expiresOn
 * @property {string} listId
 * @property {number} index
 * @property {string | null} job
 * @property {boolean} jobLeftOut
 *
 * What the data files of the registry say, from /app/words.json.
 * @typedef {object} Tables
 * @property {Record<string, { hasLevel: boolean, localCode: string }>} kinds
 * @property {Record<string, { digit: number | null }>} levels
 * @property {string[]} provinces the first two digits of place codes
 */

const EXP = 4n, NBF = 5n, CERTIFICATE = -65537n;
const KINDS = ["skill_level", "qualification", "single_skill", "preparatory_technician", "training_completion", "one_plus_x"];
const LEVELS = [null, "1", "2", "3", "4", "5", "special", "chief", "apprentice"];
const ID_TYPES = ["resident_id", "residence_permit_hmt", "hmt_travel_permit", "foreign_permanent_resident", "passport"];
/** @type {Record<string, number>} */
export const CHECK_BITS = { resident_id: 20, residence_permit_hmt: 12, foreign_permanent_resident: 12, hmt_travel_permit: 8, passport: 8 };
const MAX_BYTES = 400, MAX_NESTING = 2, MAX_ID_LENGTH = 18, MAX_JOB = 40, MAX_NAME = 50, MAX_NAME_BYTES = 60;
const BODY = 10n ** 12n, SERIAL = 10n ** 6n, LIST_SIZE = 131072n;
const SALT_BYTES = 8, VALUE_BYTES = 3, SHORTEST_SHOWN = 8, SHOWN = 4;
const CHINA = 8 * 3600, DAY = 86400;
const CJK =
  "\\u3007\\u3400-\\u4dbf\\u4e00-\\u9fff\\ufa0e\\ufa0f\\ufa11\\ufa13\\ufa14\\ufa1f\\ufa21\\ufa23\\ufa24\\ufa27-\\ufa29" +
  "\\u{20000}-\\u{2a6df}\\u{2a700}-\\u{2ee5f}\\u{30000}-\\u{3347f}";
const LETTER = `(?:[${CJK}]|(?=\\p{Script=Latin})(?![\\uff21-\\uff5a])[\\p{Lu}\\p{Ll}\\p{Lt}])`; // no modifier or wide letters
const NAME = new RegExp(`^${LETTER}(?:(?:${LETTER}|[ ·'-])*${LETTER})?$`, "u");
const NEEDLESS_SPACE = new RegExp(`  |(?<=[${CJK}·]) +(?=[${CJK}·])`, "u");

/** @param {Uint8Array} data @param {Tables} tables @returns {Claims} */
export function readClaims(data, tables) {
  demand(data.length <= MAX_BYTES, "qr.claims");
  try {
    return take(data, tables);
  } catch {
    throw new Refused("qr.claims");
  }
}

/** @param {Uint8Array} data @param {Tables} tables @returns {Claims} */
function take(data, tables) {
  const parsed = decode(data, MAX_NESTING);
  must(parsed instanceof CborMap && same(encode(parsed), data));
  const keys = parsed.pairs.map(([key]) => key);
  must(keys.join() === [EXP, NBF, CERTIFICATE].slice(keys.length === 3 ? 0 : 1).join());
  const [number, name, scope, occupation, shown, length, check, status, ...job] = typed(parsed.get(CERTIFICATE));
  const [region, kind, level, idType] = [scope / 1000n, scope / 100n % 10n, scope / 10n % 10n, scope % 10n].map(Number);
  must(kind < KINDS.length && level < LEVELS.length && idType < ID_TYPES.length);
  const issuedOn = day(parsed.get(NBF));
  return {
    number: unpackNumber(number, KINDS[kind], LEVELS[level], issuedOn, tables),
    kind: KINDS[kind],
    level: LEVELS[level],
    name: unpackName(name),
    idType: ID_TYPES[idType],
    masked: unpackMask(shown, Number(length)),
    ...unpackCheck(check, ID_TYPES[idType]),
    occupation: unpackOccupation(Number(occupation)),
    region: String(region).padStart(6, "0"),
    issuedOn,
    expiresOn: keys.length === 3 ? day(parsed.get(EXP)) : null,
    listId: String(status / LIST_SIZE),
    index: Number(status % LIST_SIZE),
    job: job.length && job[0] !== true ? job[0] : null,
    jobLeftOut: job[0] === true,
  };
}

/** @param {unknown} found @returns {asserts found} */
function must(found) {
  if (!found) throw new TypeError("claims");
}

/** The array's members when each has its type and range. @param {unknown} certificate @returns {any[]} */
function typed(certificate) {
  must(Array.isArray(certificate) && (certificate.length === 8 || certificate.length === 9));
  const [number, name, scope, occupation, shown, length, check, status, ...job] = certificate;
  for (const [value, limit] of [
    [number, 3n * BODY * SERIAL], [scope, 10n ** 9n], [occupation, 9n * 10n ** 8n],
    [length, BigInt(MAX_ID_LENGTH + 1)], [status, 2n ** 32n],
  ]) must(typeof value === "bigint" && value >= 0n && value < limit);
  must(typeof shown === "string" && check instanceof Uint8Array);
  must(typeof name === "string" || name instanceof Uint8Array);
  if (job.length) must(job[0] === true || (typeof job[0] === "string" && job[0] && [...job[0]].length <= MAX_JOB));
  return certificate;
}

/** @param {bigint} packed @param {string} kind @param {string | null} level @param {string} issuedOn @param {Tables} tables */
function unpackNumber(packed, kind, level, issuedOn, tables) {
  const serial = packed % SERIAL, rest = packed / SERIAL;
  const body = " YS"[Number(rest / BODY)] + String(rest % BODY).padStart(12, "0");
  must(/^[YS]/.test(body) && tables.provinces.includes(body.slice(5, 7)) && serial >= 1n);
  const { hasLevel, localCode } = tables.kinds[kind];
  must((level !== null) === hasLevel && /^20/.test(issuedOn));
  const digit = level === null ? null : tables.levels[level].digit;
  const year = issuedOn.slice(2, 4), last = String(serial).padStart(6, "0");
  return kind === KINDS[0] && digit ? `${body}${year}${digit}${last}` : `${body}-${localCode}-${year}-${last}`;
}

/** @param {string | Uint8Array} packed UTF-16 where that is shorter than UTF-8 */
function unpackName(packed) {
  const name = typeof packed === "string" ? packed : new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true }).decode(packed);
  const narrow = utf8(name).length, wide = 2 * name.length;
  must((wide < narrow) === (typeof packed !== "string") && Math.min(wide, narrow) <= MAX_NAME_BYTES);
  must(NAME.test(name) && !NEEDLESS_SPACE.test(name) && [...name].length <= MAX_NAME && name.normalize("NFC") === name);
  return name;
}

/** @param {string} shown @param {number} length */
function unpackMask(shown, length) {
  must(length > 0 && shown.length === (length >= SHORTEST_SHOWN ? SHOWN : 0) && /^[0-9A-Z]*$/.test(shown));
  const half = shown.length / 2;
  return shown.slice(0, half) + "*".repeat(length - shown.length) + shown.slice(half);
}

/** @param {Uint8Array} packed @param {string} idType */
function unpackCheck(packed, idType) {
  must(packed.length === SALT_BYTES + VALUE_BYTES);
  const value = packed.slice(SALT_BYTES).reduce((number, byte) => number * 256 + byte, 0);
  must(value < 2 ** CHECK_BITS[idType]);
  return { salt: packed.slice(0, SALT_BYTES), value };
}

/** @param {number} packed @returns {[string, string]} */
function unpackOccupation(packed) {
  const digits = String(Math.floor(packed / 100)).padStart(7, "0"), year = packed % 100;
  must(/^[1-8]/.test(digits));
  return [digits.replace(/^(.)(..)(..)(..)$/, "$1-$2-$3-$4"), String(year === 99 ? 1999 : 2000 + year)];
}

/** The day that begins in China at `seconds`. @param {unknown} seconds */
function day(seconds) {
  must(typeof seconds === "bigint" && seconds >= 0n && seconds < 2n ** 32n);
  const local = Number(seconds) + CHINA;
  must(local % DAY === 0);
  return new Date(local * 1000).toISOString().slice(0, 10);
}
