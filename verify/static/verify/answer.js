// From a text to an answer on the page: the lists of this phone, the verdict, and how both are shown.

import { check } from "./check.js";
import { fitsHolder } from "./holder.js";
import { openLists, refreshLists } from "./lists.js";
import { Unsupported } from "./proof.js";
import { Refused } from "./refused.js";
import { ageWords, language, make, part, reasonWords, renderVerdict, say } from "./view.js";

/** @typedef {import("./lists.js").OpenLists} OpenLists */
/** @typedef {import("./check.js").Verdict} Verdict */
/** @typedef {import("./proof.js").Json} Json */
/** @typedef {import("./gate.js").Tables & Json} Tables and words, from /app/words.json */

/** @type {OpenLists} */
const NO_LISTS = {
  trust: { version: 0, madeAt: 0, root: null, assessors: [], statusLists: [] },
  status: [], newest: 0, signedAt: 0, version: 0,
};

/** The lists: those kept, and newer ones where the network gives some. */
export class Lists {
  constructor() {
    /** @type {OpenLists | null} */
    this.held = null;
    /** Why newer ones were not taken, in words. */
    this.problem = "";
  }

  /** @param {Tables} tables */
  async open(tables) {
    try {
      this.held = await openLists();
    } catch (error) {
      this.explain(error, tables);
    }
    return this;
  }

  /** @param {Tables} tables @param {{ force?: boolean }} [how] whether newer ones were taken */
  async refresh(tables, how) {
    const before = this.held?.newest;
    try {
      this.held = await refreshLists(how);
      this.problem = "";
    } catch (error) {
      this.explain(error, tables);
    }
    return this.held?.newest !== before;
  }

  /** @param {unknown} error @param {Tables} tables */
  explain(error, tables) {
    if (error instanceof Unsupported) throw error;
    if (error instanceof Refused) this.problem = error.code === "proof.signature" ? say("pins") : reasonWords(tables, error);
    else if (!(error instanceof TypeError)) throw error; // a TypeError: no network
  }
}

/** @returns {Promise<Tables>} */
export const loadTables = async () => (await fetch("/app/words.json", { credentials: "omit" })).json();

/**
 * The verdict on a text, and when it was true. Without lists it is unknown.
 * @param {string} text @param {Lists} lists @param {Tables} tables
 */
export async function judge(text, lists, tables) {
  const held = lists.held ?? NO_LISTS;
  const at = Math.max(Date.now(), held.newest); // never before a list was signed: then this clock is slow
  performance.mark("check");
  let verdict = await check(text, held, at, tables);
  performance.measure("check", "check");
  if (!lists.held && verdict.reason?.name === "issuer") verdict = undecided(verdict, "issuer.away");
  if (verdict.reason?.code === "qr.no_payload" && text.startsWith(location.origin)) verdict = undecided(verdict, "qr.no_payload");
  const expired = verdict.reason?.code === "status.not_asked" && held.status.some((list) => at >= list.validUntil);
  const words = [ageWords(at, held.signedAt), expired ? say("expired_lists") : "", lists.problem];
  return { verdict, when: lists.held ? words.filter(Boolean).join(" ") : say("no_lists") };
}

/** What failed only because something is not here is no word against the certificate. @param {Verdict} verdict @param {string} code @returns {Verdict} */
function undecided(verdict, code) {
  const reason = { ...verdict.checks[verdict.checks.length - 1], result: /** @type {const} */ ("unknown"), code };
  return { ...verdict, outcome: "unknown", checks: [...verdict.checks.slice(0, -1), reason], reason };
}

/** @param {Element} main @param {Verdict} verdict @param {Tables} tables @param {string} when @param {string} [note] */
export function show(main, verdict, tables, when, note) {
  main.replaceChildren(renderVerdict(verdict, tables, when, note));
  document.title = `${main.querySelector("h1")?.textContent} · ${document.title.split(" · ").pop()}`;
  if (verdict.outcome === "valid") addHolder(main, verdict, tables);
}

/** The form that compares a typed number. @param {Element} main @param {Verdict} verdict @param {Tables} tables */
export function addHolder(main, { claims }, tables) {
  const form = part("holder");
  const input = /** @type {HTMLInputElement} */ (form.querySelector("input"));
  const answer = /** @type {HTMLElement} */ (form.querySelector("[role=status]"));
  form.querySelector("form")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fits = claims && (await fitsHolder(claims, input.value));
    answer.replaceChildren(part(`mark-${fits ? "ok" : "stop"}`), make("span", reasonWords(tables, { code: fits ? "holder.fits" : "holder.differs", params: {} })));
    answer.className = fits ? "ok" : "stop";
  });
  main.querySelector(".columns > div")?.append(form);
}

/** Keep the page for the time without a network, in the language it was last read in. */
export async function keepApp() {
  if (!("serviceWorker" in navigator) || !("caches" in globalThis)) return false;
  await (await caches.open("skills-settings")).put("/app/language", new Response(language));
  await navigator.serviceWorker.register("/sw.js");
  return true;
}
