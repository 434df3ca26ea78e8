// CBOR (RFC 8949), as much as a QR needs, as keys/cose.py and verify/gate.py use it: definite lengths only, bounded
// depth, no floats. `decode` takes long forms and trailing bytes; its callers write again what they read and compare.
// Integers are BigInt, byte strings Uint8Array, maps arrays of pairs.

import { concat, readUtf8, same, utf8 } from "./bytes.js";

/** @typedef {bigint | string | boolean | null | Uint8Array | CborValue[] | CborMap | CborTag} CborValue */

const UNSIGNED = 0, NEGATIVE = 1, BYTES = 2, TEXT = 3, ARRAY = 4, MAP = 5, TAG = 6, SIMPLE = 7;
const SIMPLE_VALUES = new Map([[20, false], [21, true], [22, null]]);

export class CborTag {
  /** @param {bigint} tag @param {CborValue} value */
  constructor(tag, value) {
    this.tag = tag;
    this.value = value;
  }
}

export class CborMap {
  /** @param {[CborValue, CborValue][]} pairs */
  constructor(pairs) {
    this.pairs = pairs;
  }

  /** @param {bigint} key @returns {CborValue | undefined} */
  get(key) {
    return this.pairs.find(([name]) => name === key)?.[1];
  }

  /** Whether every key is one of these. @param {bigint[]} keys */
  hasOnly(...keys) {
    return this.pairs.every(([name]) => keys.some((key) => key === name));
  }
}

/** The value that `data` begins with. @param {Uint8Array} data @param {number} depth @returns {CborValue} throws TypeError */
export const decode = (data, depth) => new Reader(data).read(depth);

/** @param {CborValue} value @returns {Uint8Array} deterministic (RFC 8949 section 4.2.1); keys in the order given */
export function encode(value) {
  if (typeof value === "bigint") return value < 0n ? head(NEGATIVE, -1n - value) : head(UNSIGNED, value);
  if (typeof value === "string") return withLength(TEXT, utf8(value));
  if (value instanceof Uint8Array) return withLength(BYTES, value);
  if (Array.isArray(value)) return concat(head(ARRAY, BigInt(value.length)), ...value.map(encode));
  if (value instanceof CborTag) return concat(head(TAG, value.tag), encode(value.value));
  if (value instanceof CborMap) return concat(head(MAP, BigInt(value.pairs.length)), ...value.pairs.flat().map(encode));
  return Uint8Array.of((SIMPLE << 5) | (value === null ? 22 : value ? 21 : 20));
}

/** @param {number} kind @param {Uint8Array} content */
const withLength = (kind, content) => concat(head(kind, BigInt(content.length)), content);

/** @param {number} kind @param {bigint} number */
function head(kind, number) {
  const first = kind << 5;
  if (number < 24n) return Uint8Array.of(first | Number(number));
  const size = number < 0x100n ? 1 : number < 0x10000n ? 2 : number < 0x100000000n ? 4 : 8;
  const bytes = new Uint8Array(1 + size);
  bytes[0] = first | (24 + Math.log2(size));
  for (let at = size; at > 0; at--, number >>= 8n) bytes[at] = Number(number & 255n);
  return bytes;
}

class Reader {
  /** @param {Uint8Array} data */
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  /** @param {number} depth how many containers may still open @returns {CborValue} */
  read(depth) {
    const first = this.take(1)[0];
    const kind = first >> 5;
    const argument = this.argument(first & 31);
    switch (kind) {
      case UNSIGNED: return argument;
      case NEGATIVE: return -1n - argument;
      case BYTES: return this.take(Number(argument));
      case TEXT: return readUtf8(this.take(Number(argument)));
      case SIMPLE: return this.simple(first & 31, argument);
    }
    if (depth === 0) throw new TypeError("too deep");
    if (kind === TAG) return new CborTag(argument, this.read(depth - 1));
    if (argument > this.data.length - this.at) throw new TypeError("cut off"); // each member has a byte at least
    return kind === ARRAY ? this.array(Number(argument), depth - 1) : this.map(Number(argument), depth - 1);
  }

  /** @param {number} length @param {number} depth */
  array(length, depth) {
    return Array.from({ length }, () => this.read(depth));
  }

  /** @param {number} length @param {number} depth */
  map(length, depth) {
    /** @type {[CborValue, CborValue][]} */
    const pairs = [];
    /** @type {Uint8Array[]} */
    const keys = [];
    for (let pair = 0; pair < length; pair++) {
      const key = this.read(depth);
      const written = encode(key);
      if (keys.some((other) => same(other, written))) throw new TypeError("duplicate key");
      keys.push(written);
      pairs.push([key, this.read(depth)]);
    }
    return new CborMap(pairs);
  }

  /** @param {number} info @param {bigint} argument */
  simple(info, argument) {
    const value = info <= 24 ? SIMPLE_VALUES.get(Number(argument)) : undefined;
    if (value === undefined) throw new TypeError("floats and unknown simple values");
    return value;
  }

  /** @param {number} info the low five bits */
  argument(info) {
    if (info < 24) return BigInt(info);
    if (info > 27) throw new TypeError("indefinite length");
    let number = 0n;
    for (const byte of this.take(1 << (info - 24))) number = (number << 8n) | BigInt(byte);
    return number;
  }

  /** @param {number} length */
  take(length) {
    if (length > this.data.length - this.at) throw new TypeError("cut off");
    this.at += length;
    return this.data.slice(this.at - length, this.at);
  }
}
