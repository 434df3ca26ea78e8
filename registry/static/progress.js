// Long work without a page load: asks every second how far it is and writes it into the page. When the state changes
// the page is loaded anew. Without this file the page renews itself.
"use strict";
(() => {
  const place = document.getElementById("progress");
  if (!place) return;
  const bar = place.querySelector("progress");
  const show = (told) => {
    for (const shown of place.querySelectorAll("[data-show]")) {
      const value = told[shown.dataset.show];
      shown.textContent = value === null ? "–" : Math.round(value).toLocaleString();
    }
    if (bar && bar.hasAttribute("max")) bar.value = told.issued + told.failed;
  };
  const ask = async () => {
    const answer = await fetch(place.dataset.source);
    if (!answer.ok || answer.redirected) return location.reload();
    const told = await answer.json();
    if (told.state !== place.dataset.state) return location.reload();
    show(told);
    setTimeout(next, 1000);
  };
  const next = () => ask().catch(() => setTimeout(next, 3000)); // the network or the service is away: try again
  setTimeout(next, 1000);
})();
