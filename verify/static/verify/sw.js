// The service worker. The server puts VERSION and FILES before this text; another version makes another cache.
/* global VERSION, FILES, SHELLS */

const CACHE = `skills-app-${VERSION}`;
const PATIENCE = 3000; // milliseconds: at a gate a slow network is no network
const PAGES = /^\/(scan$|v\/)/;

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
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
