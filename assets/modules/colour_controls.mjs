/** What nuclei are coloured by: the choice, what belongs to it (characters, range, rules), and tables to open. */

import { element } from "./dom.mjs";
import { MEASURES } from "./tracks.mjs";
import { resultOf } from "./colours.mjs";
import { rangeForm } from "./legend.mjs";
import { openTable } from "./result_table.mjs";
import { ruleEditor } from "./rule_editor.mjs";

const OPEN = "open"; // an entry that opens a table instead of colouring by something
const MOST_CHARACTERS = 12;
const GROUPS = [
  ["Founder", [["safe", "Founder"], ["acetree", "Founder, AceTree's colours"]]],
  ["Label", [["compact", "Compact name"]]],
  ["Expression", ["blot", ...MEASURES.filter((each) => each !== "blot")].map((each) => [each, each])],
  ["Measured", [["size", "Size"], ["speed", "Speed"], ["age", "Cell age"], ["generation", "Generation"]]],
  ["Painted", [["rules", "Your rules"]]],
];

/** The controls as an element with `show()`, `tick()` and `end()`, as parts of the page (watch.mjs) have them. */
export function colourControls(watch) {
  const results = element("optgroup", { label: "Results" });
  const option = ([value, words]) => element("option", { value, text: words });
  const colour = element(
    "select", { class: "watch-select", "aria-label": "Colours", title: "What nuclei are coloured by", onchange: () => taken(colour.value) },
    ...GROUPS.map(([label, options]) => element("optgroup", { label }, ...options.map(option))), results,
  );
  const slider = element("input", {
    type: "range", min: "1", max: String(MOST_CHARACTERS), step: "1", "aria-label": "Characters of the compact name",
    oninput: () => watch.change({ k: Number(slider.value) }),
  });
  const characters = element("output", { class: "k-told" });
  const k = element("label", { class: "k-slider", title: "Characters of the compact name" }, slider, characters);
  const range = element("button", { type: "button", class: "quiet-button", text: "Range", title: "Where the colours begin and end", onclick: () => popover.toggle("range") });
  const rules = element("button", { type: "button", class: "quiet-button", text: "Rules", title: "Paint sublineages by rules", onclick: () => popover.toggle("rules") });
  const file = element("input", {
    type: "file", accept: ".csv,.tsv,.txt", hidden: true, "aria-label": "A table to colour by", onchange: () => {
      if (file.files[0]) openTable(watch, file.files[0]);
      file.value = "";
    },
  });
  const box = element("div", { class: "colour-controls" }, colour, k, range, rules, file);
  const popover = popoverOf(watch, { range, rules });
  const drops = receiveTables(watch);
  let shownResults = null;

  function taken(value) {
    if (value === OPEN) {
      colour.value = watch.view.colour;
      file.click();
      return;
    }
    watch.change({ colour: value, range: null });
    if (value === "rules" && !watch.view.rules) popover.open("rules");
  }

  function tellResults() {
    const here = [...watch.results].map(([name, { title }]) => [`result:${name}`, title]);
    const asked = resultOf(watch.view.colour);
    if (asked !== null && !watch.results.has(asked)) here.push([watch.view.colour, `${asked} (not here)`]);
    const key = JSON.stringify(here);
    if (key === shownResults) return;
    shownResults = key;
    results.replaceChildren(...[...here, [OPEN, "Open a table…"]].map(option));
  }

  box.show = () => {
    const { view, painter } = watch;
    tellResults();
    colour.value = view.colour;
    k.hidden = view.colour !== "compact";
    slider.value = view.k;
    characters.textContent = view.k;
    range.hidden = !painter.legend.stops;
    rules.hidden = view.colour !== "rules";
    popover.show();
  };
  box.tick = popover.tick;
  box.end = () => {
    drops();
    popover.end();
  };
  return box;
}

/** What the controls open under themselves (a sheet on a phone); the stage stays in use beside it. */
function popoverOf(watch, buttons) {
  const title = element("h2", { class: "popover-title" });
  const room = element("div", { class: "popover-room" });
  const close = element("button", { type: "button", class: "rule-remove", text: "×", "aria-label": "Close", title: "Close (Escape)", onclick: () => shut(true) });
  const box = element("div", { class: "popover-box colour-popover", role: "dialog", hidden: true }, element("div", { class: "popover-head" }, title, close), room);
  let kind = null;
  let editor = null;
  let shownLegend = null;

  function fill() {
    if (kind === "rules") {
      editor ??= ruleEditor(watch);
      if (room.firstChild !== editor) room.replaceChildren(editor);
      editor.show();
      return;
    }
    const { legend } = watch.painter;
    if (legend === shownLegend) return;
    shownLegend = legend;
    room.replaceChildren(rangeForm(legend, (range) => watch.change({ range })));
    room.firstChild.hidden = false;
  }

  function open(next) {
    kind = next;
    const words = { rules: "Painted by rules", range: `Range of ${watch.painter.legend.title}` }[kind];
    title.textContent = words;
    box.setAttribute("aria-label", words);
    box.hidden = false;
    shownLegend = null;
    fill();
    place();
    for (const [name, button] of Object.entries(buttons)) button.setAttribute("aria-expanded", String(name === kind));
    box.querySelector("input:not([type=color]), button:not(.rule-remove)")?.focus();
  }

  function shut(returns) {
    if (box.hidden) return;
    box.hidden = true;
    for (const button of Object.values(buttons)) button.setAttribute("aria-expanded", "false");
    if (returns && !buttons[kind].hidden) buttons[kind].focus();
    kind = null;
  }

  function place() {
    const at = buttons[kind].getBoundingClientRect();
    const from = watch.root.getBoundingClientRect();
    box.style.setProperty("--left", `${Math.max(8, Math.min(at.left - from.left, from.width - box.offsetWidth - 8))}px`);
    box.style.setProperty("--top", `${at.bottom - from.top + 4}px`);
  }

  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    shut(true);
  });
  watch.root.append(box);
  return {
    open,
    toggle: (next) => (kind === next ? shut(true) : open(next)),
    show() {
      if (box.hidden) return;
      if (buttons[kind].hidden) shut(box.contains(document.activeElement));
      else fill();
    },
    tick: () => kind === "rules" && editor.tick(),
    end: () => box.remove(),
  };
}

/** Tables that are dropped on the page; returns what ends that. */
function receiveTables(watch) {
  const { root } = watch;
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const over = (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    root.classList.add("table-over");
  };
  const left = (event) => { if (!root.contains(event.relatedTarget)) root.classList.remove("table-over"); };
  const dropped = (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    root.classList.remove("table-over");
    openTable(watch, event.dataTransfer.files[0]);
  };
  const listened = { dragover: over, dragleave: left, drop: dropped };
  for (const [type, told] of Object.entries(listened)) root.addEventListener(type, told);
  return () => { for (const [type, told] of Object.entries(listened)) root.removeEventListener(type, told); };
}
