// Fields chosen from the CRM's lists by typing: a combobox as the WAI-ARIA practices describe it. What is typed
// stays possible. Works on every input with data-pick, also in rows that are added later.
(() => {
  "use strict";
  const DELAY_MS = 180;
  const url = document.querySelector("[data-picks]")?.dataset.picks;
  if (!url) return;

  const list = document.createElement("ul");
  list.id = "pick-list";
  list.className = "pick-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Records of the CRM");
  list.hidden = true;
  const said = document.createElement("p");
  said.className = "pick-said";
  said.setAttribute("role", "status");
  document.body.append(list, said);

  let input = null; // the field the list belongs to
  let page = 1;
  let active = -1;
  let timer = 0;
  let asked = 0; // only the answer to the latest question is shown

  // -- what a field is about ---------------------------------------------------------------------

  const rowField = (field, name) => document.getElementsByName(field.name.replace(/[^-]+$/, name))[0];
  const kindOf = (field) => {
    if (!field.dataset.pickBy) return field.dataset.pick;
    const kinds = JSON.parse(field.dataset.pickKinds);
    return kinds[rowField(field, field.dataset.pickBy)?.value] || "";
  };
  // A field whose row has no list for it is an ordinary input.
  const isPick = (element) =>
    element instanceof HTMLElement && element.matches("[data-pick]") && kindOf(element) !== "";
  const decidedBy = (chooser) =>
    chooser.name
      ? [...(chooser.closest(".form-row")?.querySelectorAll("[data-pick-by]") || [])].filter(
          (field) => rowField(field, field.dataset.pickBy) === chooser,
        )
      : [];
  const part = (field) => {
    const end = field.selectionStart ?? field.value.length;
    if (!field.dataset.pickMany) return { from: 0, to: field.value.length };
    const text = field.value;
    let from = 0;
    let quoted = false;
    for (let at = 0; at < text.length; at += 1) {
      const opens = text[at - 1] === '"' || text.slice(from, at).trim() === "";
      if (text[at] === '"' && (quoted || opens)) quoted = !quoted;
      if (text[at] !== "," || quoted) continue;
      if (at >= end) return { from, to: at };
      from = at + 1;
    }
    return { from, to: text.length };
  };
  const term = (field) => {
    const typed = field.value.slice(part(field).from, part(field).to).trim();
    return typed.startsWith('"') ? typed.slice(1).replace(/"$/, "").replaceAll('""', '"') : typed;
  };
  // A list is read like a line of CSV (mappings/names.py).
  const listed = (field, name) =>
    field.dataset.pickMany && /[,"]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;

  const ask = async (field, values) => {
    const query = new URLSearchParams({ kind: kindOf(field), ...values });
    const answer = await fetch(`${url}?${query}`, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error("refused");
    return answer.json();
  };

  // -- the list ----------------------------------------------------------------------------------

  const options = () => [...list.querySelectorAll("[role=option]")];
  const place = () => {
    const box = input.getBoundingClientRect();
    const below = window.innerHeight - box.bottom;
    const above = below < 220 && box.top > below;
    list.style.maxHeight = `${Math.max(120, Math.min(320, (above ? box.top : below) - 12))}px`;
    list.style.width = `${Math.min(Math.max(box.width, 260), window.innerWidth - 16)}px`;
    list.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - list.offsetWidth - 8))}px`;
    list.style.top = above ? `${box.top - list.offsetHeight - 4}px` : `${box.bottom + 4}px`;
  };
  const close = () => {
    clearTimeout(timer);
    asked += 1;
    list.hidden = true;
    active = -1;
    if (!input) return;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    const all = options();
    if (!all.length) return;
    active = (index + all.length) % all.length;
    all.forEach((option, number) => option.setAttribute("aria-selected", String(number === active)));
    all[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", all[active].id);
  };
  const line = (role, text, note) => {
    const row = document.createElement("li");
    row.setAttribute("role", role);
    row.id = `pick-option-${list.childElementCount}`;
    const name = document.createElement("span");
    name.textContent = text;
    row.append(name);
    if (note) {
      const small = document.createElement("small");
      small.textContent = note;
      row.append(small);
    }
    list.append(row);
    return row;
  };
  const show = (answer) => {
    list.querySelector("[data-more]")?.remove();
    if (page === 1) list.replaceChildren();
    for (const record of answer.results) {
      const note = [`id ${record.id}`, record.note];
      const row = line("option", record.name || "(no name)", note.filter(Boolean).join(" · "));
      row.pick = record;
    }
    if (answer.more) line("option", "More …", "").dataset.more = "yes";
    if (answer.empty && page === 1) line("presentation", answer.empty, "").className = "pick-empty";
    said.textContent = answer.empty || `${options().length} to choose from`;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    place();
  };
  const load = async (wanted) => {
    const mine = (asked += 1);
    const field = input;
    try {
      const answer = await ask(field, { q: term(field), page: wanted });
      if (mine !== asked || document.activeElement !== field) return;
      page = wanted;
      show(answer);
    } catch {
      if (mine !== asked) return;
      page = 1;
      show({ results: [], empty: "The list could not be loaded. Type it in, or load this page again." });
    }
  };
  const choose = (option) => {
    if (option.dataset.more) {
      const first = options().length - 1;
      load(page + 1).then(() => mark(first));
      return;
    }
    if (!option.pick) return;
    const value = input.dataset.pickId ? String(option.pick.id) : listed(input, option.pick.name);
    const { from, to } = part(input);
    const before = input.value.slice(0, from);
    const rest = input.value.slice(to);
    const start = before && !before.endsWith(" ") ? `${before} ` : before;
    input.value = start + value + rest;
    input.setSelectionRange(start.length + value.length, start.length + value.length);
    input.dispatchEvent(new Event("change", { bubbles: true }));
    label(input, option.pick.name, option.pick.note);
    close();
  };

  // -- which record an id is ---------------------------------------------------------------------

  const label = (field, name, note) => {
    let shown = field.nextElementSibling?.classList.contains("pick-label") ? field.nextElementSibling : null;
    if (!field.dataset.pickId) return;
    if (!shown) {
      shown = document.createElement("span");
      shown.className = "pick-label";
      shown.id = `${field.id}-picked`;
      field.after(shown);
      field.setAttribute(
        "aria-describedby",
        `${field.getAttribute("aria-describedby") || ""} ${shown.id}`.trim(),
      );
    }
    shown.textContent = [name, note].filter(Boolean).join(" · ");
  };
  const labelAll = async (fields) => {
    const filled = fields.filter((field) => /^\d{1,18}$/.test(field.value) && kindOf(field));
    const kinds = new Set(filled.map(kindOf));
    for (const kind of kinds) {
      const same = filled.filter((field) => kindOf(field) === kind);
      for (let start = 0; start < same.length; start += 100) {
        const some = same.slice(start, start + 100);
        try {
          const answer = await ask(some[0], { ids: some.map((field) => field.value).join(",") });
          const found = new Map(answer.results.map((record) => [String(record.id), record]));
          for (const field of some) {
            const record = found.get(String(Number(field.value)));
            if (record) label(field, record.name, record.note);
            else if (answer.read) label(field, "Not in the CRM's list as last read", "");
          }
        } catch {
          return; // the ids stand without names
        }
      }
    }
  };
  labelAll([...document.querySelectorAll("[data-pick-id]")].filter((field) => !field.name.includes("__prefix__")));

  // -- what a person does ------------------------------------------------------------------------

  document.addEventListener("focusin", (event) => {
    const combobox = {
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-controls": list.id,
      "aria-expanded": "false",
    };
    if (!isPick(event.target)) {
      if (event.target.matches?.("[data-pick]")) {
        for (const name of Object.keys(combobox)) event.target.removeAttribute(name);
      }
      return;
    }
    input = event.target;
    for (const [name, value] of Object.entries(combobox)) input.setAttribute(name, value);
  });
  document.addEventListener("focusout", (event) => {
    if (event.target === input) close();
  });
  document.addEventListener("input", (event) => {
    if (!isPick(event.target)) return;
    input = event.target;
    label(input, "", "");
    clearTimeout(timer);
    timer = setTimeout(load, DELAY_MS, 1);
  });
  document.addEventListener("change", (event) => {
    if (isPick(event.target) && event.target.dataset.pickId) labelAll([event.target]);
    for (const field of decidedBy(event.target)) {
      label(field, "", "");
      if (field.dataset.pickId) labelAll([field]);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (!isPick(event.target) || event.isComposing || event.ctrlKey || event.metaKey) return;
    input = event.target;
    const isOpen = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!isOpen && (event.key === "ArrowUp" || (input.tagName === "TEXTAREA" && !event.altKey))) return;
      event.preventDefault();
      if (isOpen) mark(active + (event.key === "ArrowDown" ? 1 : active < 0 ? 0 : -1));
      else load(1);
    } else if (event.key === "Enter" && isOpen && active >= 0) {
      event.preventDefault();
      choose(options()[active]);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the field keeps the focus
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
  for (const name of ["scroll", "resize"]) {
    window.addEventListener(name, (event) => {
      if (!list.hidden && event.target !== list) place();
    }, true);
  }
})();
