// The page /scan: a QR from the camera, a picture or PDF, or pasted text. One of our own addresses is opened, and that
// page answers; anything else is answered here. Without this file the forms do the same on the server.

import { Lists, judge, keepApp, loadTables, show } from "./answer.js";
import { Unsupported } from "./proof.js";
import { part, say } from "./view.js";

const EVERY = 400; // milliseconds between looks at the camera
const ASK_EVERY = 1200; // milliseconds between pictures sent to the server, where this browser reads no codes
const WIDTH = 800; // pixels of a picture sent

const page = /** @type {HTMLElement} */ (document.querySelector("main"));
const video = /** @type {HTMLVideoElement} */ (page.querySelector("video"));
const status = /** @type {HTMLElement} */ (page.querySelector("#camera-status"));
let looking = false;

/** @param {string} text */
async function open(text) {
  looking = false;
  const own = text.trim().startsWith(`${location.origin}/v/`);
  if (own) return location.assign(text.trim());
  const tables = await loadTables(), lists = await new Lists().open(tables);
  await lists.refresh(tables);
  try {
    const { verdict, when } = await judge(text, lists, tables);
    show(page, verdict, tables, when);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    page.replaceChildren(part("unsupported"));
  }
}

/** What reads a frame: the browser where it can, else the server. @returns {Promise<{ read: (from: HTMLVideoElement) => Promise<string[]>, every: number }>} */
async function findReader() {
  const Detector = /** @type {any} */ (globalThis).BarcodeDetector;
  if (Detector && (await Detector.getSupportedFormats()).includes("qr_code")) {
    const detector = new Detector({ formats: ["qr_code"] });
    return { every: EVERY, read: async (from) => (await detector.detect(from)).map((/** @type {{ rawValue: string }} */ code) => code.rawValue) };
  }
  return { every: ASK_EVERY, read: async (from) => askServer(await takeFrame(from)) };
}

/** @param {HTMLVideoElement} from @returns {Promise<Blob>} */
function takeFrame(from) {
  const canvas = document.createElement("canvas");
  const scale = Math.min(1, WIDTH / from.videoWidth);
  canvas.width = from.videoWidth * scale;
  canvas.height = from.videoHeight * scale;
  canvas.getContext("2d")?.drawImage(from, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob((blob) => done(/** @type {Blob} */ (blob)), "image/jpeg", 0.8));
}

/** The texts in a picture or PDF, read by the server. @param {Blob} file @returns {Promise<string[]>} */
async function askServer(file) {
  if (!navigator.onLine) throw new TypeError("no network");
  const body = new FormData();
  body.append("file", file);
  const answer = await fetch("/app/picture", { method: "POST", body, credentials: "omit" });
  return answer.ok ? (await answer.json()).texts : [];
}

async function look() {
  const { read, every } = await findReader();
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    status.textContent = say("no_camera");
    return;
  }
  video.hidden = false;
  await video.play();
  status.textContent = say("point");
  looking = true;
  while (looking) {
    const found = await read(video).catch(() => []);
    if (found.length) await open(found[0]);
    await new Promise((done) => setTimeout(done, every));
  }
  for (const track of /** @type {MediaStream} */ (video.srcObject).getTracks()) track.stop();
}

const camera = /** @type {HTMLButtonElement} */ (page.querySelector("#camera"));
camera.hidden = !navigator.mediaDevices?.getUserMedia;
camera.addEventListener("click", () => {
  camera.hidden = true;
  look();
});

page.querySelector("#text-form")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  open(/** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text")).value);
});

page.querySelector("#file-form")?.addEventListener("submit", (event) => {
  if (navigator.onLine) return; // the server reads it and answers
  event.preventDefault();
  /** @type {HTMLElement} */ (page.querySelector("#file-status")).textContent = say("file_needs_network");
});

const tables = await loadTables();
const lists = await new Lists().open(tables);
await Promise.all([lists.refresh(tables), keepApp()]);
const state = /** @type {HTMLElement} */ (page.querySelector("#lists-status"));
state.textContent = lists.held ? say("ready") : lists.problem || say("no_lists");
document.documentElement.dataset.ready = "yes";
