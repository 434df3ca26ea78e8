// Shows a verdict with the parts that the server rendered into the page as templates: one look, one set of words.

/** @typedef {import("./check.js").Verdict} Verdict */
/** @typedef {import("./proof.js").Json} Json */

const HIDDEN = new Set(["broken", "untrusted", "unknown"]); // as on the server's page: not believed, not repeated
export const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
const DATES = language === "zh" ? "zh-CN" : "en-GB";
const AGES = [/** @type {const} */ (["day", 86_400_000]), /** @type {const} */ (["hour", 3_600_000]), /** @type {const} */ (["minute", 60_000])];

/** A copy of a template's content. @param {string} name @returns {DocumentFragment} */
export function part(name) {
  const template = document.querySelector(`template[data-part="${name}"]`);
  return /** @type {DocumentFragment} */ (/** @type {HTMLTemplateElement} */ (template).content.cloneNode(true));
}

/** A sentence of the page, its {places} filled. @param {string} name @param {Record<string, string | number>} [params] */
export function say(name, params = {}) {
  const words = /** @type {HTMLTemplateElement} */ (document.querySelector("template[data-words]")).content;
  return fill(words.querySelector(`[data-word="${name}"]`)?.textContent ?? name, params);
}

/** The words of a reason code. @param {Json} tables @param {{ code: string, params: Record<string, string | number> }} reason */
export const reasonWords = (tables, { code, params }) => fill(tables.reasons[code]?.[language] ?? code, params);

/** @param {string} text @param {Record<string, string | number>} params */
const fill = (text, params) => text.replace(/\{(\w+)\}/g, (place, name) => String(params[name] ?? place));

/** @param {string} tag @param {string} text @param {string} [className] */
export function make(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** How old the lists are, and the moment of the answer. @param {number} asOf @param {number} signedAt */
export function ageWords(asOf, signedAt) {
  const age = Math.max(0, asOf - signedAt);
  const [unit, size] = AGES.find(([, size]) => age >= size) ?? AGES[2];
  const ago = new Intl.RelativeTimeFormat(DATES).format(-Math.floor(age / size), unit);
  return say("age", { time: timeWords(asOf), age: ago });
}

/** @param {number} moment */
export function timeWords(moment) {
  const zone = { timeZone: "Asia/Shanghai" };
  const date = new Intl.DateTimeFormat(DATES, { dateStyle: "long", ...zone }).format(moment);
  const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", ...zone }).format(moment);
  return say("time", { date, clock });
}

/** @param {string} day YYYY-MM-DD */
const dayWords = (day) => new Intl.DateTimeFormat(DATES, { dateStyle: "long", timeZone: "UTC" }).format(new Date(day));

/**
 * The whole answer: outcome and reason first; the person's data only where it is valid.
 * @param {Verdict} verdict @param {Json} tables @param {string} when @param {string} [note]
 */
export function renderVerdict(verdict, tables, when, note = "") {
  const whole = document.createElement("div");
  whole.className = "columns one";
  const cards = document.createElement("div");
  if (verdict.claims && !HIDDEN.has(verdict.outcome)) cards.append(renderCertificate(verdict, tables));
  const checks = part("checks");
  checks.querySelector("ol")?.append(...verdict.checks.map((one) => renderCheck(one, tables)));
  cards.append(checks);
  whole.append(cards);
  const fragment = document.createDocumentFragment();
  fragment.append(renderAnswer(verdict, tables, when, note), whole);
  return fragment;
}

/** @param {Verdict} verdict @param {Json} tables @param {string} when @param {string} note */
function renderAnswer(verdict, tables, when, note) {
  const answer = part(`answer-${verdict.outcome}`);
  const slot = (/** @type {string} */ name) => /** @type {HTMLElement} */ (answer.querySelector(`[data-slot="${name}"]`));
  slot("reason").textContent = verdict.reason ? reasonWords(tables, verdict.reason) : "";
  const number = verdict.reason && tables.reasons[verdict.reason.code]?.number;
  if (number) slot("reason").append(" ", make("small", number, "code"));
  slot("reason").hidden = !verdict.reason;
  const meaning = slot("meaning");
  meaning.textContent = fill(meaning.textContent ?? "", { assessor: verdict.assessor?.name ?? "" });
  slot("when").textContent = when;
  slot("note").textContent = note;
  slot("note").hidden = !note;
  return answer;
}

/** @param {Verdict} verdict @param {Json} tables */
function renderCertificate({ claims, assessor, held, outcome }, tables) {
  const card = part("certificate");
  if (!claims) return card;
  const valid = outcome === "valid";
  const [code, edition] = claims.occupation;
  const occupation = tables.occupations[claims.occupation.join(" ")]?.[language] ?? code;
  const title = tables.kinds[claims.kind][language], level = claims.level && tables.levels[claims.level];
  /** @type {Record<string, string | null>} */
  const facts = {
    level: level ? level[language] : title,
    printed: level && level.printed,
    occupation: claims.job ? `${occupation} · ${claims.job}` : occupation,
    occupation_code: code,
    edition: say("edition", { edition }),
    title,
    name: valid ? maskName(claims.name) : null,
    id_number: valid ? claims.masked : null,
    number: valid ? claims.number : null,
    issued_on: dayWords(claims.issuedOn),
    expires_on: claims.expiresOn && dayWords(claims.expiresOn),
    assessor: assessor?.name,
    decision: held?.decision,
    id_type: tables.idTypes[claims.idType][language],
  };
  for (const slot of card.querySelectorAll("[data-fact]")) {
    const text = facts[/** @type {HTMLElement} */ (slot).dataset.fact ?? ""];
    if (text) slot.textContent = text;
    else (slot.closest("dl > div") ?? slot).remove();
  }
  if (claims.level) card.querySelector(".level-head")?.prepend(part(`ladder-${claims.level}`));
  if (!valid) card.querySelector("[data-slot=compare]")?.remove();
  return card;
}

/** @param {import("./check.js").Check} check @param {Json} tables */
function renderCheck(check, tables) {
  const row = part(`check-${check.result}`);
  const slot = (/** @type {string} */ name) => /** @type {HTMLElement} */ (row.querySelector(`[data-slot="${name}"]`));
  slot("name").textContent = say(`check.${check.name}`);
  slot("words").textContent = reasonWords(tables, check);
  return row;
}

/** As registry/masking.py. @param {string} name */
export function maskName(name) {
  const parts = name.split(/([·\s'-])/u), signs = [...name];
  if (parts.length === 1 && signs.length > 2 && !/\p{Script=Latin}/u.test(signs[0])) {
    return signs[0] + "*".repeat(signs.length - 2) + signs[signs.length - 1];
  }
  return parts.map((one, at) => (at % 2 ? one : maskPart([...one]))).join("");
}

/** @param {string[]} signs */
const maskPart = (signs) => (signs.length > 1 ? signs[0] + "*".repeat(signs.length - 1) : "*".repeat(signs.length));
