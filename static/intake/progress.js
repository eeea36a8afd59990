// While days are being fetched, show how far it is without loading the page (and what was typed) again.
(() => {
  "use strict";
  const EVERY_MS = 2000;
  const MOST_TIMES = 1800;
  const place = document.querySelector("[data-progress]");
  if (!place) return;
  let times = 0;

  const look = async () => {
    try {
      const answer = await fetch(place.dataset.progress, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) {
        const had = place.contains(document.activeElement) ? document.activeElement.type : "";
        place.innerHTML = await answer.text();
        if (had === "submit") place.querySelector("button")?.focus();
      }
    } catch {
      // no network for a moment: the next look tells
    }
    wait();
  };
  const wait = () => {
    times += 1;
    if (place.querySelector("[data-busy]") && times < MOST_TIMES) setTimeout(look, EVERY_MS);
  };
  wait();
})();
