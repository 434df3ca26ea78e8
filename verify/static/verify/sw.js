// The service worker. The server puts VERSION and FILES before this text; another version makes another cache.
/* global VERSION, FILES, SHELLS */

const CACHE = `skills-app-${VERSION}`;
const PATIENCE = 3000; // milliseconds: at a gate a slow network is no network
const PAGES = /^\/(scan$|v\/)/;
const MINE = "skills-me"; // what a signed-in worker saw last; of no version, for it is theirs and not the app's
const MY_PAGES = /^\/me(\/(career|due|certificates\/[\w-]+\/show))?$/;
const MY_END = /^\/(me\/(sign-in|sign-out|account|recover)|claim)(\/|$)/; // a form sent there: somebody comes or goes
const MY_CODE = /^\/v\/[\w-]+\/qr\.svg$/;
const MOST_CODES = 6; // pages for the gate kept beforehand: each draws a QR on the server

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && MY_END.test(url.pathname)) return event.waitUntil(caches.delete(MINE));
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && MY_PAGES.test(url.pathname)) return event.respondWith(answerMine(event, url));
  if (MY_CODE.test(url.pathname)) return event.respondWith(answerCode(request, url));
  if (request.mode === "navigate" && PAGES.test(url.pathname) && !/\.(svg|png)$/.test(url.pathname)) {
    event.respondWith(answerPage(request, url));
  } else if (FILES.includes(url.pathname)) {
    event.respondWith(answerFile(request, url));
  }
});

async function install() {
  const cache = await caches.open(CACHE);
  // without cookies: these copies are everybody's, and a language asked for here is nobody's choice
  const plain = (path) => new Request(path, { credentials: "omit", cache: "reload" });
  await cache.addAll([...FILES, ...SHELLS].map(plain));
  await skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith("skills-app-") && name !== CACHE) await caches.delete(name);
  }
  await clients.claim();
}

/** The server's page; its shell when the network is away, slow, or the server is in trouble. */
async function answerPage(request, url) {
  const served = await soon(fetch(request));
  if (served && served.status < 500) return served;
  const language = await readLanguage(url);
  return kept(`${url.pathname === "/scan" ? "/scan" : "/app/shell"}?lang=${language}`);
}

/** Files of the app are of this version; what other pages use too comes from the server where it can. */
async function answerFile(request, url) {
  const served = url.pathname.startsWith("/app/") ? null : await soon(fetch(request));
  return served?.ok ? served : kept(url.pathname);
}

/** A worker's own page as the server has it, and kept; without a network as it was last, and said to be so. */
async function answerMine(event, url) {
  const served = await soon(fetch(event.request));
  if (served?.type === "opaqueredirect") event.waitUntil(caches.delete(MINE)); // signed out elsewhere
  if (served?.ok) event.waitUntil(keepMine(url.pathname, served.clone()));
  if (served && served.status < 500) return served;
  const cache = await caches.open(MINE);
  const last = (await cache.match(url.pathname)) ?? (await cache.match("/me"));
  if (!last) return served ?? fetch(event.request);
  const page = (await last.text()).replace("data-offline hidden", "data-offline");
  return new Response(page, { headers: last.headers });
}

async function keepMine(path, page) {
  const cache = await caches.open(MINE);
  await cache.put(path, page.clone());
  if (path !== "/me") return;
  const gates = [...(await page.text()).matchAll(/\/me\/certificates\/([\w-]+)\/show/g)].slice(0, MOST_CODES);
  for (const [gate, code] of gates) {
    await cache.add(gate).catch(() => null); // its state may have changed; the picture of the code has not
    const picture = `/v/${code}/qr.svg`;
    if (!(await cache.match(picture))) await cache.add(picture).catch(() => null);
  }
}

/** The picture of a code, on line from the server; else as a worker's own page kept it. */
async function answerCode(request, url) {
  const served = await soon(fetch(request));
  return served ?? (await (await caches.open(MINE)).match(url.pathname)) ?? fetch(request);
}

async function kept(path) {
  return (await (await caches.open(CACHE)).match(path)) ?? fetch(path);
}

async function soon(answer) {
  const late = new Promise((done) => setTimeout(done, PATIENCE, null));
  return Promise.race([answer.catch(() => null), late]);
}

async function readLanguage(url) {
  const wish = url.searchParams.get("lang");
  if (wish === "zh" || wish === "en") return wish;
  const remembered = await (await caches.open("skills-settings")).match("/app/language");
  return remembered ? remembered.text() : "zh";
}
