// Comforts only: every page works without this file.
(() => {
  "use strict";
  const REFRESH_MS = 15000;
  const two = (number) => String(number).padStart(2, "0");
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

  // Times in the reader's own zone, in the form the server writes them; UTC stays in the title.
  function localise(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const seconds = time.dataset.precision === "second" ? `:${two(at.getSeconds())}` : "";
      const year = at.getFullYear() === new Date().getFullYear() ? "" : ` ${at.getFullYear()}`;
      const day = `${at.getDate()} ${months[at.getMonth()]}${year}`;
      time.textContent = `${day}, ${two(at.getHours())}:${two(at.getMinutes())}${seconds}`;
    }
  }

  function nameZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    for (const place of document.querySelectorAll("[data-zone]")) if (zone) place.textContent = zone;
  }

  // "/" goes to the search, unless somebody is typing.
  function onKey(event) {
    const search = document.getElementById("filter-q");
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || !search || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search.focus();
    search.select();
  }

  // A click anywhere on a row opens it; links, marked text and other buttons keep their meaning.
  function onClick(event) {
    const row = event.target.closest("[data-href]");
    if (!row || event.target.closest("a, button, summary") || String(window.getSelection())) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) window.open(row.dataset.href, "_blank", "noopener");
    else window.location.assign(row.dataset.href);
  }

  // Empty filters stay out of the address.
  function onSubmit(event) {
    for (const field of event.target.elements) if (field.name && !field.value) field.disabled = true;
  }

  async function refresh() {
    const live = document.getElementById("live");
    if (document.hidden || !live || live.contains(document.activeElement) || String(window.getSelection())) return;
    const response = await fetch(window.location.href, { credentials: "same-origin" });
    if (!response.ok || response.redirected) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById("live");
    if (!fresh) return;
    localise(fresh);
    live.replaceChildren(...fresh.childNodes);
  }

  function offerRefresh(button) {
    let timer = 0;
    const show = (on) => {
      button.setAttribute("aria-pressed", String(on));
      button.textContent = on ? "Auto-refresh is on" : "Auto-refresh";
      window.clearInterval(timer);
      if (on) timer = window.setInterval(() => refresh().catch(() => {}), REFRESH_MS);
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      window.sessionStorage.setItem("auto-refresh", on ? "1" : "");
      show(on);
    });
    show(window.sessionStorage.getItem("auto-refresh") === "1");
  }

  localise(document);
  nameZone();
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.getElementById("filters")?.addEventListener("submit", onSubmit);
  const button = document.getElementById("auto-refresh");
  if (button) offerRefresh(button);
  // Coming back by the history must find the form usable.
  window.addEventListener("pageshow", () => {
    for (const field of document.querySelectorAll("#filters [name]:disabled")) field.disabled = false;
  });
})();
