// The mapping tables of the settings page: what is typed to find a row is no unsaved change, and the link that
// adds a row works as the button it looks like.
(() => {
  "use strict";
  document.addEventListener(
    "input",
    (event) => {
      if (event.target.closest?.(".cs-find")) event.stopPropagation();
    },
    true,
  );
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || !event.target.matches?.(".add-row")) return;
    event.preventDefault();
    event.target.click();
  });
})();
