// Passkeys: the form carries the options, the browser's answer goes back in the same form. Without a script, or where
// a browser has no passkeys, the button stays off and the sentence beside it says so.

/** @param {string} text base64url @returns {Uint8Array<ArrayBuffer>} */
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));

/** @param {ArrayBuffer | null} buffer */
const text = (buffer) =>
  buffer && btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** @param {any} options as the server gives them, with base64url for bytes */
function read(options) {
  const listed = (/** @type {any[]} */ rows) => rows?.map((row) => ({ ...row, id: bytes(row.id) }));
  return {
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...(options.excludeCredentials && { excludeCredentials: listed(options.excludeCredentials) }),
    ...(options.allowCredentials && { allowCredentials: listed(options.allowCredentials) }),
  };
}

/** @param {any} made a PublicKeyCredential */
function write({ id, type, rawId, response }) {
  const names = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const given = names.filter((name) => response[name]).map((name) => [name, text(response[name])]);
  return JSON.stringify({ id, rawId: text(rawId), type, response: Object.fromEntries(given), clientExtensionResults: {} });
}

/** @param {HTMLFormElement} form */
async function act(form) {
  const publicKey = read(JSON.parse(form.dataset.options ?? "{}"));
  const made = await (form.dataset.passkey === "create" ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
  /** @type {HTMLInputElement} */ (form.elements.namedItem("answer")).value = write(made);
  form.submit();
}

/** @param {HTMLFormElement} form */
function prepare(form) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const failed = form.querySelector("[data-passkey-failed]");
  button.disabled = false;
  form.querySelector("[data-passkey-missing]")?.remove();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    failed?.setAttribute("hidden", "");
    try {
      await act(form);
    } catch {
      failed?.removeAttribute("hidden");
      button.disabled = false;
    }
  });
}

if (globalThis.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) prepare(/** @type {HTMLFormElement} */ (form));
}
document.documentElement.dataset.ready = "yes";

export {};
