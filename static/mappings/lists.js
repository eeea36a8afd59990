// While the CRM's lists are being read, show how far it is without loading the page (and what was typed) again.
(() => {
  "use strict";
  const EVERY_MS = 2000;
  const MOST_TIMES = 300;
  const place = document.querySelector("[data-state]");
  if (!place) return;
  let times = 0;

  const look = async () => {
    const wasOpen = place.querySelector("details")?.open;
    try {
      const answer = await fetch(place.dataset.state, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) {
        place.innerHTML = await answer.text();
        if (wasOpen) place.querySelector("details").open = true;
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
