// The text of a QR, https://HOST/v/CODE#PAYLOAD, as verify/gate_text.py and docs/qr-format.md.

import { bigToBytes } from "./bytes.js";
import { Refused, demand } from "./refused.js";

/** @typedef {{ url: string, origin: string, code: string, message: Uint8Array }} QrText */

export const VERSION = "1";
const MAX_TEXT = 1000, MAX_DIGITS = 640;
const HOST = "https?://[A-Za-z0-9.:\\[\\]-]{1,261}";
const PAGE = new RegExp(`^((${HOST})/v/([A-Za-z0-9_-]{22}))(#[^]*)?$`);

/** The parts of a text, not yet verified. @param {string} text @returns {QrText} */
export function readText(text) {
  if ([...text].length > MAX_TEXT) throw new Refused("qr.too_long", { limit: MAX_TEXT });
  const page = PAGE.exec(text.trim());
  demand(page, "qr.foreign");
  const [, url, origin, code, payload] = page;
  demand(payload, "qr.no_payload");
  demand(/^#[0-9]+$/.test(payload), "qr.digits");
  return { url, origin, code, message: readPayload(payload.slice(1)) };
}

/** @param {string} payload */
function readPayload(payload) {
  if (payload[0] !== VERSION) throw new Refused("qr.version", { known: VERSION });
  const digits = payload.slice(1);
  demand(digits && digits[0] !== "0" && digits.length <= MAX_DIGITS, "qr.digits");
  return bigToBytes(BigInt(digits));
}
