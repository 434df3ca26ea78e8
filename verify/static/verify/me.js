// The worker's own pages: keep the app for the way without a network, and keep the screen on while a code is shown.

if ("serviceWorker" in navigator && isSecureContext) navigator.serviceWorker.register("/sw.js", { scope: "/" });

const shown = document.querySelector("[data-keep-awake]");

/** The screen goes dark again when the page is left, and is kept on anew when it comes back. */
async function keepAwake() {
  if (!("wakeLock" in navigator) || document.visibilityState !== "visible") return;
  try {
    await navigator.wakeLock.request("screen");
    shown?.querySelector("[data-awake]")?.removeAttribute("hidden");
  } catch {
    // a flat battery, or the browser's own reasons: the page works without
  }
}

if (shown) {
  await keepAwake();
  addEventListener("visibilitychange", keepAwake);
}
document.documentElement.dataset.ready = "yes";

export {};
