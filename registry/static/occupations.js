// Occupation search without a page load: asks for the same page and takes its result list. Without this file the
// search button does the same. Only the search text travels; nothing else that was typed leaves the form.
"use strict";
(() => {
  const form = document.getElementById("occupation-search");
  const input = document.getElementById("occupation_q");
  const results = () => document.getElementById("occupation-results");
  if (!form || !input || !results()) return;
  let wait, running;
  const search = async () => {
    running?.abort();
    running = new AbortController();
    const url = new URL(form.action);
    url.searchParams.set("occupation_q", input.value);
    const answer = await fetch(url, { signal: running.signal });
    if (!answer.ok || answer.redirected) return form.submit();
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    results().replaceWith(found.getElementById("occupation-results"));
  };
  const ask = () => search().catch((error) => { if (error.name !== "AbortError") throw error; });
  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  input.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(ask, 200); });
})();
