// The page /v/CODE#PAYLOAD, on line and off. On line the server's answer stands there already: this checks the payload
// too and says so, or shows the negative answer. Off line the shell stands there: this is the answer.

import { Lists, addHolder, judge, keepApp, loadTables, show } from "./answer.js";
import { Unsupported } from "./proof.js";
import { make, maskName, part, reasonWords, say } from "./view.js";

/** @typedef {import("./check.js").Verdict} Verdict */
/** @typedef {import("./answer.js").Tables} Tables */

const AGAINST = new Set(["broken", "untrusted", "revoked", "suspended", "expired", "not_yet_valid"]);

/** Whether the server's page shows the certificate that the payload tells of. @param {Element} main @param {Verdict} verdict */
function agrees(main, { claims }) {
  const told = [...main.querySelectorAll(".facts dd")].map((one) => one.textContent?.trim());
  return claims && [claims.number, maskName(claims.name), claims.masked].every((text) => told.includes(text));
}

/** @param {Element} main @param {string} text @param {Lists} lists @param {Tables} tables */
async function besideServer(main, text, lists, tables) {
  const served = main.querySelector(".answer")?.getAttribute("data-outcome");
  await lists.refresh(tables);
  let { verdict, when } = await judge(text, lists, tables);
  if (served === "valid" && AGAINST.has(verdict.outcome) && (await lists.refresh(tables, { force: true }))) {
    ({ verdict, when } = await judge(text, lists, tables));
  }
  if (served !== "valid") return;
  if (verdict.outcome === "valid" && !agrees(main, verdict)) {
    const reason = { name: "record", result: /** @type {const} */ ("failed"), code: "record.differs", params: {} };
    verdict = { ...verdict, outcome: "broken", reason, claims: null, checks: [...verdict.checks.slice(0, 5), reason] };
  }
  if (AGAINST.has(verdict.outcome)) return show(main, verdict, tables, when, say("contradiction"));
  const good = verdict.outcome === "valid";
  const line = good ? `${say("also")} ${when}` : say("not_here", { reason: reasonWords(tables, verdict.reason ?? { code: "", params: {} }) });
  main.querySelector(".answer > div")?.append(Object.assign(make("p", line, "when"), { id: "on-phone" }));
  if (good) addHolder(main, verdict, tables);
}

/** @param {Element} main @param {string} text @param {Lists} lists @param {Tables} tables */
async function alone(main, text, lists, tables) {
  await lists.open(tables);
  const answer = async () => {
    const { verdict, when } = await judge(text, lists, tables);
    show(main, verdict, tables, when);
  };
  await answer();
  if (await lists.refresh(tables)) await answer();
}

/** @param {Element} main */
async function start(main) {
  const text = location.origin + location.pathname + location.hash;
  const onShell = main.querySelector("[data-shell]") !== null;
  const tables = await loadTables();
  const lists = new Lists();
  try {
    if (onShell) await alone(main, text, lists, tables);
    else if (location.hash) await besideServer(main, text, lists, tables);
    else await lists.refresh(tables);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    if (onShell) main.replaceChildren(part("unsupported"));
    else main.querySelector(".answer > div")?.append(make("p", say("unsupported"), "when"));
  }
}

addEventListener("hashchange", () => location.reload());
await Promise.all([start(/** @type {Element} */ (document.querySelector("main"))), keepApp()]);
document.documentElement.dataset.ready = "yes";
