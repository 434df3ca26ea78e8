// Bytes as text and back: hex, base58btc (Multibase), base64url, UTF-8. All strict: one reading or an error.

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const MAX_BASE58 = 128; // characters, as keys/multikey.py: it costs the square of its length

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export const utf8 = (text) => new TextEncoder().encode(text);

/** @param {Uint8Array} bytes @returns {string} throws TypeError for what is no UTF-8 */
export const readUtf8 = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

/** @param {Uint8Array} bytes */
export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {string} hex an even number of digits */
export const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** @param {...Uint8Array} parts */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {Uint8Array} a @param {Uint8Array} b */
export const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

/** The bytes of a positive number, big-endian, without leading zeros. @param {bigint} number */
export function bigToBytes(number) {
  const hex = number.toString(16);
  return fromHex(hex.length % 2 ? "0" + hex : hex);
}

/** Multibase base58btc. @param {string} text @returns {Uint8Array<ArrayBuffer>} throws TypeError */
export function fromBase58(text) {
  if (text.length > MAX_BASE58 || !/^z[1-9A-HJ-NP-Za-km-z]+$/.test(text)) throw new TypeError("base58");
  const digits = text.slice(1);
  let number = 0n;
  for (const digit of digits) number = number * 58n + BigInt(BASE58.indexOf(digit));
  const zeros = /^1*/.exec(digits)?.[0].length ?? 0;
  return concat(new Uint8Array(zeros), number ? bigToBytes(number) : new Uint8Array());
}

/** Base64url without padding. @param {string} text @returns {Uint8Array<ArrayBuffer>} throws TypeError */
export function fromBase64url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new TypeError("base64url");
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
}
