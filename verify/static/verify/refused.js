// The one error type: a refusal with a code of the catalogue, as keys/errors.py.

export class Refused extends Error {
  /** @param {string} code @param {Record<string, string | number>} [params] fill the words of the code */
  constructor(code, params = {}) {
    super(code);
    this.code = code;
    this.params = params;
  }
}

/** @param {unknown} found @param {string} code @returns {asserts found} */
export function demand(found, code) {
  if (!found) throw new Refused(code);
}
