// A typed document number against the check value of a QR, as verify/holder_check.py. Nothing leaves the phone.

import { CHECK_BITS } from "./gate.js";
import { utf8 } from "./bytes.js";

const ITERATIONS = 200_000, VALUE_BITS = 24;
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], SIGNS = "10X98765432";

/** Whether what was typed may be the holder's number; takes about 0.1 s. @param {import("./gate.js").Claims} claims @param {string} typed */
export async function fitsHolder({ idType, masked, salt, value }, typed) {
  const number = normalise(idType, typed);
  const shown = masked.replaceAll("*", "").length / 2;
  const ends = (/** @type {string} */ text) => text.slice(0, shown) + text.slice(text.length - shown);
  if (number.length !== masked.length || ends(number) !== ends(masked)) return false;
  const key = await crypto.subtle.importKey("raw", utf8(number), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: /** @type {BufferSource} */ (salt), iterations: ITERATIONS };
  const derived = new Uint8Array(await crypto.subtle.deriveBits(how, key, VALUE_BITS));
  const whole = derived.reduce((sum, byte) => sum * 256 + byte, 0);
  return Math.floor(whole / 2 ** (VALUE_BITS - CHECK_BITS[idType])) === value;
}

/** Capital letters and digits; a resident number of 15 digits as one of 18. @param {string} idType @param {string} typed */
function normalise(idType, typed) {
  const narrow = typed.replace(/[\uff01-\uff5e]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0));
  const text = narrow.replace(/[\s\u2010-\u2015\u2212-]/g, "").toUpperCase();
  if (idType !== "resident_id" || !/^[0-9]{15}$/.test(text)) return text;
  const body = `${text.slice(0, 6)}19${text.slice(6)}`;
  return body + SIGNS[WEIGHTS.reduce((sum, weight, at) => sum + weight * Number(body[at]), 0) % 11];
}
