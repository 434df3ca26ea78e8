// Puts what stands after # in the address into the field that waits for it, and takes it out of the address bar.
// Without this file it is typed or pasted; either way it reaches the server in the form only, never in an address.
"use strict";
(() => {
  const field = document.querySelector("[data-from-fragment]");
  const word = location.hash.slice(1);
  if (!field || !word) return;
  field.value = word;
  history.replaceState(null, "", location.pathname + location.search);
})();
