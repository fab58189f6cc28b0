/** A field that finds embryos of the lab by words of their name, gene, strain or tag, or by a cell that they follow. */

import { element } from "./dom.mjs";

const WAIT_MS = 180; // after the last letter
const MOST = 12;
const LISTED = 100;
let made = 0;

/**
 * The field as an element. `search(words)` gives a promise of [{id, name, cells, minutes, …}], `leaves(id)` says
 * what isn't offered, `chosen(embryo)` is told. Without words it offers the first ones.
 */
export function embryoField({ search, leaves, chosen, label = "Add embryo" }) {
  const id = `embryo-field-${(made += 1)}`;
  let offered = [];
  let active = -1;
  let timer = null;
  let asked = 0;
  let isAwaited = false; // letters were typed and their answer isn't there yet
  let takesFirst = false; // Enter was pressed meanwhile
  const list = element("ul", { id, role: "listbox", class: "suggestions", hidden: true, "aria-label": "Embryos found" });
  const note = element("p", { class: "suggestions nothing", role: "status", hidden: true });
  const input = element("input", {
    type: "text", class: "cell-search", role: "combobox", placeholder: `${label}…`, "aria-label": label, "aria-controls": id,
    "aria-expanded": "false", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", maxlength: "120",
    title: "Words of its name, gene, strain or tag, or the name of a cell that it follows",
  });

  const close = () => {
    asked += 1; // answers that still come are late
    clearTimeout(timer);
    isAwaited = takesFirst = false;
    list.hidden = note.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const take = (embryo) => {
    input.value = "";
    close();
    chosen(embryo);
  };
  const highlight = (index) => {
    active = index;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === index)));
    if (index >= 0) {
      input.setAttribute("aria-activedescendant", `${id}-${index}`);
      list.children[index].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const offer = async () => {
    const mine = (asked += 1);
    const words = input.value.trim();
    let found = null;
    try {
      found = await search(words);
    } catch {
      // told below
    }
    if (mine !== asked || document.activeElement !== input) return;
    offered = (found ?? []).filter((embryo) => !leaves(embryo.id)).slice(0, MOST);
    list.replaceChildren(...offered.map((embryo, i) => element(
      "li",
      { role: "option", id: `${id}-${i}`, "aria-selected": "false", onpointerdown: (event) => { event.preventDefault(); take(embryo); } },
      element("b", { text: embryo.name }), " ",
      element("span", { class: "quiet", text: [embryo.gene, `${embryo.cells} cells`, `${Math.round(embryo.minutes)} min`].filter(Boolean).join(" · ") }),
    )));
    list.hidden = offered.length === 0;
    note.hidden = offered.length > 0;
    note.textContent = found === null ? "The embryos couldn't be asked for. Is there a network?"
      : words ? `No other embryo is found by “${words}”.` : "There are no other embryos.";
    input.setAttribute("aria-expanded", String(!list.hidden));
    highlight(offered.length && words ? 0 : -1);
    isAwaited = false;
    if (takesFirst && offered.length) take(offered[0]);
    takesFirst = false;
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    asked += 1;
    isAwaited = input.value.trim() !== "";
    timer = setTimeout(offer, WAIT_MS);
  });
  input.addEventListener("focus", offer);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && offered.length) highlight(active < 0 && by < 0 ? offered.length - 1 : (active + by + offered.length) % offered.length);
    else if (event.key === "Enter") {
      if (isAwaited) takesFirst = true;
      else if (active >= 0) take(offered[active]);
    }
    else if (event.key === "Escape" && (input.value || !list.hidden)) { input.value = ""; close(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const box = element("div", { class: "cell-search-box embryo-field" }, input, list, note);
  return Object.assign(box, { focusField: () => input.focus() });
}

/** Embryos of the lab by words (see the API's list), for `search` of an `embryoField`. */
export async function foundEmbryos(address, words) {
  // Without words the API lists by id, which means nothing to people: a page of it is put in order of names.
  const query = new URLSearchParams(words ? { limit: String(MOST + 6), search: words } : { limit: String(LISTED) });
  const response = await fetch(address(`/api/v1/embryos?${query}`));
  if (!response.ok) throw new Error(`the list answered ${response.status}`);
  const found = await response.json();
  return words ? found : found.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}
