// The lists on this phone: the trust list and every status list that it names, taken together or not at all, verified
// against the pinned key of the registry (docs/decisions/0010). Kept in the browser's cache as they were signed.

import { readStatusList, readTrustList, outdates } from "./trust.js";
import { Refused, demand } from "./refused.js";

/** @typedef {{ pins: string[], version: number, trust: string, status: string[] }} Kept as it is stored */
/** @typedef {import("./check.js").Lists & { signedAt: number, newest: number, version: number }} OpenLists */

const CACHE = "skills-lists", KEY = "/app/lists";
const FRESH = 5 * 60 * 1000; // milliseconds: the `ttl` of the status lists
const AT_ONCE = 8; // requests
const SETTLE = 2500; // milliseconds: longer than any copy on the server lives

/** The lists kept, verified anew; null where there are none. @returns {Promise<OpenLists | null>} throws `Unsupported` */
export async function openLists() {
  const kept = await load();
  return kept && open(kept);
}

/**
 * Take newer lists where those kept are not fresh. Refused `trust_list.rollback`, `proof.*`, `trust_list.malformed`,
 * `status_list.malformed`; TypeError without a network. What was kept stays kept then.
 * @param {{ force?: boolean }} [how] @returns {Promise<OpenLists>}
 */
export async function refreshLists({ force = false } = {}) {
  return navigator.locks.request("skills-lists", async () => {
    const before = await load();
    const known = before && (await open(before));
    if (known && !force && Date.now() - known.signedAt < FRESH) return known;
    const pins = before?.pins ?? (await fetchPins());
    let taken = await take(pins, before?.version ?? 0);
    if (taken.lists.status.some((list) => outdates(taken.lists.trust, list))) {
      await new Promise((done) => setTimeout(done, SETTLE)); // a copy of two seconds ago beside a newer trust list
      taken = await take(pins, before?.version ?? 0);
    }
    await store(taken.kept);
    return taken.lists;
  });
}

/** @param {string[]} pins @param {number} notBefore */
async function take(pins, notBefore) {
  const trust = await fetchText("/trust-list");
  const list = await readTrustList(trust, pins, notBefore);
  /** @type {string[]} */
  const status = [];
  const paths = list.statusLists.map((one) => new URL(one.url).pathname);
  for (let at = 0; at < paths.length; at += AT_ONCE) {
    status.push(...(await Promise.all(paths.slice(at, at + AT_ONCE).map(fetchText))));
  }
  const kept = { pins: list.root ? [list.root] : pins, version: list.version, trust, status };
  return { kept, lists: await open(kept, list) };
}

/** @param {Kept} kept @param {import("./trust.js").TrustList} [read] @returns {Promise<OpenLists>} */
async function open(kept, read) {
  const trust = read ?? (await readTrustList(kept.trust, kept.pins, kept.version));
  const status = await Promise.all(kept.status.map((text) => readStatusList(text, kept.pins)));
  const times = status.map((list) => list.validFrom);
  const all = times.length ? times : [trust.madeAt];
  return { trust, status, version: trust.version, signedAt: Math.min(...all), newest: Math.max(...all, trust.madeAt) };
}

/** The registry's keys at the first visit; never asked again. @returns {Promise<string[]>} */
async function fetchPins() {
  const document = JSON.parse(await fetchText("/.well-known/did.json"));
  const good = new Set(document.assertionMethod);
  const methods = document.verificationMethod.filter((/** @type {{ id: string }} */ one) => good.has(one.id));
  demand(methods.length, "key.none_active");
  return methods.map((/** @type {{ publicKeyMultibase: string }} */ one) => one.publicKeyMultibase);
}

/** @param {string} path */
async function fetchText(path) {
  if (!navigator.onLine) throw new TypeError("no network");
  const answer = await fetch(path, { credentials: "omit", cache: "no-cache" });
  if (!answer.ok) throw new TypeError(`${answer.status}: ${path}`);
  return answer.text();
}

/** @returns {Promise<Kept | null>} */
async function load() {
  const found = await (await caches.open(CACHE)).match(KEY);
  return found ? found.json() : null;
}

/** @param {Kept} kept */
async function store(kept) {
  const before = await load();
  if (before && before.version > kept.version) {
    throw new Refused("trust_list.rollback", { version: kept.version, known: before.version });
  }
  await (await caches.open(CACHE)).put(KEY, new Response(JSON.stringify(kept)));
}
