/** The editor of rules (rules.mjs): whatever is changed is seen on the embryo at once, and can be undone. */

import { element } from "./dom.mjs";
import { along, countsAt, painter, VIRIDIS } from "./colours.mjs";
import {
  cellsAllowed, conditionsOf, fits, formatRules, MOST_RULES, parseRules, REST, SAFE, textOf, textOfRules, UnreadRule,
} from "./rules.mjs";

const TYPED_MS = 250; // after the last key
const COUNTS_EVERY_MS = 250;

const depth = (n, most) => `gen.eq.${n}~${along(VIRIDIS, (n - 2) / (most - 2)).slice(1)}`;
/** Rules to begin with. */
export const PRESETS = [
  ["Founders", "1!ABa*~56b4e9~ABa!ABp*~0072b2~ABp!MS*~009e73~MS!E*~e69f00~E!C*~cc79a7~C!D*~d55e00~D!P4*~f0e442~P4"],
  ["ABa, ABp left and right", "1!ABal*~56b4e9~ABa left!ABar*~009e73~ABa right!ABpl*~e69f00~ABp left!ABpr*~d55e00~ABp right"],
  ["Germ line", "1!P0,P1,P2,P3~b9bec5~P0 to P3!P4*~f0e442~P4, Z2, Z3"],
  ["Depth", ["1!gen.le.2~440154", ...[3, 4, 5, 6, 7, 8, 9].map((n) => depth(n, 10)), "gen.ge.10~fde725"].join("!")],
];
const KINDS = [
  ["Sublineage", "ABpla*", "A cell and all that descends from it"],
  ["Cells", "MSxp", "A cell, or several by a pattern: x is either daughter"],
  ["Depth", "gen >= 8", "By the number of divisions since P0; or by the letters of the name: letters = 5"],
  ["Expression", "blot > 2000", "At the moments when it is above or below a level; with cells: E* and blot > 2000"],
];

const copyOf = ({ rules, rest }) => ({ rules: rules.map((rule) => ({ ...rule })), rest: { ...rest } });

/**
 * The editor as an element with `show()` (the view changed) and `tick()` (the time changed), as parts of the page
 * have them.
 */
export function ruleEditor(watch) {
  let text = null; // the rules that the rows show
  let model = parseRules("");
  let rows = [];
  let typing = null;
  let counted = { key: "", when: 0 };

  const said = element("p", { class: "visually-hidden", role: "status" });
  const problems = element("div", { class: "rule-problems", role: "alert" });
  const list = element("ol", { class: "rule-list", "aria-label": "Rules; the first that a nucleus meets gives its colour" });
  const last = element("div", { class: "rule-last" });
  const button = (words, title, onclick, attributes = {}) => (
    element("button", { type: "button", class: "quiet-button", text: words, title, onclick, ...attributes }));
  const chosen = button("Paint chosen cells", "A rule for the cells that are chosen now, before the others", paintChosen);
  const paste = pasteBox();
  const box = element(
    "div", { class: "rule-editor" },
    problems,
    list,
    last,
    element("div", { class: "rule-line", role: "group", "aria-label": "Add a rule" }, element("span", { class: "quiet", text: "Add" }), ...KINDS.map(([words, condition, title]) => (
      button(words, `${title}. For example: ${condition}`, () => add(condition)))), chosen),
    element("div", { class: "rule-line", role: "group", "aria-label": "Begin with" }, element("span", { class: "quiet", text: "Begin with" }), ...PRESETS.map(([words, preset]) => (
      button(words, "Replaces these rules; can be undone", () => replace(preset, words))))),
    element(
      "div", { class: "rule-line" },
      button("Copy as text", "All rules as lines, to keep or send", copyText), button("Paste text", "Rules that somebody wrote or sent", paste.open),
      button("Copy link", "The address of this view, rules included", copyLink),
    ),
    paste.element,
    said,
  );

  // Changes

  /** Take `next` as the rules; false where they are too many for an address. */
  function apply(next, rebuilt = true) {
    const written = formatRules(next);
    if (next.rules.length > MOST_RULES || !fits(written)) {
      tell(`There is no room for more: at most ${MOST_RULES} rules that together fit in an address.`);
      return false;
    }
    tell("");
    model = next;
    text = written;
    if (rebuilt) build();
    watch.change({ rules: written, colour: "rules" });
    return true;
  }

  function tell(problem) {
    const words = [...(problem ? [problem] : []), ...(model.problems ?? [])];
    if (words.join() === problems.textContent) return;
    problems.replaceChildren(...words.map((each) => element("p", { text: each })));
  }

  const unusedColour = () => (
    SAFE.find(([colour]) => !model.rules.some((rule) => rule.colour === colour)) ?? SAFE[model.rules.length % SAFE.length])[0];

  function add(condition) {
    const next = copyOf(model);
    next.rules.unshift({ text: condition, when: conditionsOf(condition), colour: unusedColour(), label: "", error: null });
    if (!apply(next)) return;
    rows[0].condition.focus();
    rows[0].condition.select();
  }

  function paintChosen() {
    const next = copyOf(model);
    const when = [{ kind: "cells", terms: watch.view.cells.slice() }];
    next.rules.unshift({ text: textOf(when), when, colour: unusedColour(), label: "", error: null });
    if (apply(next)) said.textContent = "The chosen cells are painted by rule 1.";
  }

  function replace(preset, words) {
    const had = model.rules.length > 0;
    if (apply(parseRules(preset)) && had) watch.toast(`Rules “${words}” took the place of yours.`, { label: "Undo", run: () => watch.undo() });
  }

  function remove(i) {
    const next = copyOf(model);
    next.rules.splice(i, 1);
    if (!apply(next)) return;
    (rows[Math.min(i, rows.length - 1)]?.remove ?? box.querySelector("button")).focus();
    said.textContent = `Rule ${i + 1} is removed.`;
  }

  function move(from, to) {
    if (to < 0 || to >= model.rules.length || to === from) return;
    const next = copyOf(model);
    next.rules.splice(to, 0, ...next.rules.splice(from, 1));
    if (!apply(next)) return;
    rows[to].handle.focus();
    said.textContent = `Now rule ${to + 1} of ${model.rules.length}.`;
  }

  function recolour(i, colour) {
    const next = copyOf(model);
    if (i === null) next.rest.colour = colour;
    else {
      next.rules[i].colour = colour;
      delete next.rules[i].colourText;
      Object.assign(next.rules[i], readCondition(next.rules[i].text));
    }
    apply(next, false);
    tellRow(i);
  }

  function relabel(i, label) {
    const next = copyOf(model);
    (i === null ? next.rest : next.rules[i]).label = label.trim().slice(0, 40);
    apply(next, false);
  }

  function retype(i, typed) {
    const next = copyOf(model);
    Object.assign(next.rules[i], readCondition(typed));
    apply(next, false);
    tellRow(i);
  }

  // Rows

  function build() {
    rows = model.rules.map((_, i) => rowOf(i));
    list.replaceChildren(...rows.map((row) => row.element));
    last.replaceChildren(rowOfRest());
    model.rules.forEach((_, i) => tellRow(i));
    counted.key = "";
  }

  function rowOf(i) {
    const rule = model.rules[i];
    const handle = element("button", {
      type: "button", class: "rule-handle", text: "⠿", "aria-label": `Move rule ${i + 1}, with the arrow keys or by dragging`, title: "Drag, or press ↑ ↓",
    });
    const error = element("p", { class: "rule-error", id: `rule-error-${i}` });
    const condition = element("input", {
      type: "text", class: "rule-condition", value: rule.text, maxlength: "400", spellcheck: "false", autocomplete: "off",
      "aria-label": `Which cells, rule ${i + 1}`, "aria-describedby": error.id, placeholder: "ABpla*, MSxp, gen >= 8, blot > 2000",
      oninput: () => {
        clearTimeout(typing);
        typing = setTimeout(() => retype(i, condition.value), TYPED_MS);
      },
      onchange: () => {
        clearTimeout(typing);
        if (condition.value !== model.rules[i].text) retype(i, condition.value);
        condition.value = model.rules[i].text;
      },
    });
    const label = labelField(`Label of rule ${i + 1}`, rule.label, (value) => relabel(i, value));
    const count = element("span", { class: "rule-count" });
    const removes = element("button", { type: "button", class: "rule-remove", text: "×", "aria-label": `Remove rule ${i + 1}`, title: "Remove", onclick: () => remove(i) });
    const well = wellOf(`Colour of rule ${i + 1}`, rule.colour, (colour) => recolour(i, colour));
    const made = element("li", { class: "rule" }, handle, well.button, condition, label, count, removes, well.palette, error);
    draggable(handle, made, i);
    handle.addEventListener("keydown", (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      move(i, i + by);
    });
    return { element: made, handle, condition, count, error, remove: removes, well };
  }

  function rowOfRest() {
    const well = wellOf("Colour of everything else", model.rest.colour, (colour) => recolour(null, colour));
    const label = labelField("Label of everything else", model.rest.label, (value) => relabel(null, value));
    const count = element("span", { class: "rule-count" });
    last.count = count;
    last.well = well;
    return element("div", { class: "rule" }, element("span"), well.button, element("span", { class: "rule-rest", text: "everything else" }), label, count, element("span"), well.palette);
  }

  function labelField(words, value, changed) {
    return element("input", {
      type: "text", class: "rule-label", value, maxlength: "40", placeholder: "label", "aria-label": words, autocomplete: "off",
      onchange: (event) => changed(event.target.value),
    });
  }

  /** What is wrong with a rule, and its colour, without touching the field that somebody types in. */
  function tellRow(i) {
    if (i === null) {
      last.well.paint(model.rest.colour);
      return;
    }
    const { error, condition, element: made, well } = rows[i];
    const rule = model.rules[i];
    const none = rule.when && !cellsAllowed(rule.when, watch.tracks.names).includes(1);
    error.textContent = rule.error ?? (none ? "This embryo follows no such cell." : "");
    made.classList.toggle("unread", rule.error !== null);
    condition.setAttribute("aria-invalid", String(rule.error !== null));
    well.paint(rule.colour);
  }

  function draggable(handle, row, i) {
    let to = null;
    const mark = (place) => rows.forEach(({ element: each }, k) => {
      each.classList.toggle("drop-before", place !== null && k === place && place <= i && place !== i);
      each.classList.toggle("drop-after", place !== null && k === place && place > i);
    });
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      handle.setPointerCapture(event.pointerId);
      row.classList.add("dragged");
      to = i;
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const boxes = rows.map(({ element: each }) => each.getBoundingClientRect());
      const under = boxes.findIndex(({ bottom }) => event.clientY < bottom);
      to = under < 0 ? rows.length - 1 : under;
      mark(to);
    });
    const drop = (event) => {
      if (!row.classList.contains("dragged")) return;
      row.classList.remove("dragged");
      mark(null);
      if (event.type === "pointerup" && to !== null && to !== i) move(i, to);
      to = null;
    };
    handle.addEventListener("pointerup", drop);
    handle.addEventListener("pointercancel", drop);
  }

  // Text

  async function copyText() {
    await copied(textOfRules(model), "The rules are copied as text.");
  }

  async function copyLink() {
    watch.writeAddress();
    await copied(location.href, "The address of this view is copied.");
  }

  async function copied(words, done) {
    try {
      await navigator.clipboard.writeText(words);
      watch.toast(done);
    } catch {
      paste.open(words);
    }
  }

  function pasteBox() {
    const area = element("textarea", { rows: "6", maxlength: "20000", spellcheck: "false", "aria-label": "Rules as text, one a line", placeholder: "ABpla* : #d55e00 : label\nMSxp : orange\ngen >= 8 and blot > 2000 : red\n* : grey" });
    const error = element("p", { class: "rule-error", role: "alert" });
    const take = (adds) => {
      const read = parseRules(area.value);
      const bad = read.rules.filter((rule) => rule.error);
      if (read.rules.length === 0 && read.rest.colour === REST) {
        error.textContent = "There is no rule in this text.";
        return;
      }
      const next = adds ? { rules: [...read.rules, ...copyOf(model).rules], rest: model.rest } : read;
      if (!apply(next)) {
        error.textContent = `These are too many: at most ${MOST_RULES} rules that together fit in an address.`;
        return;
      }
      if (read.problems.length) tell(read.problems.join(" "));
      close();
      said.textContent = `${read.rules.length} rules are read${bad.length ? `, ${bad.length} of them can't be` : ""}.`;
    };
    const close = () => {
      made.hidden = true;
      error.textContent = "";
    };
    const made = element(
      "div", { class: "rule-paste", hidden: true }, area,
      element(
        "div", { class: "rule-line" },
        element("button", { type: "button", class: "quiet-button", text: "Replace rules", onclick: () => take(false) }),
        element("button", { type: "button", class: "quiet-button", text: "Add before", title: "Before the rules that are there", onclick: () => take(true) }),
        element("button", { type: "button", class: "quiet-button", text: "Not now", onclick: close }),
      ),
      error,
    );
    const open = (words) => {
      made.hidden = false;
      if (typeof words === "string") area.value = words;
      area.focus();
      area.select();
    };
    return { element: made, open };
  }

  // Being told

  function count() {
    const { clock, tracks } = watch;
    const key = `${text}|${clock.frame}`;
    if (key === counted.key || !box.isConnected || box.closest("[hidden]")) return;
    const now = performance.now();
    if (clock.playing && now - counted.when < COUNTS_EVERY_MS) return;
    counted = { key, when: now };
    const counts = countsAt(tracks, painter(tracks, { colour: "rules", rules: text }, {}), clock.frame);
    const words = (n) => `${n.toLocaleString("en")} now`;
    rows.forEach((row, i) => { row.count.textContent = model.rules[i].when ? words(counts[i]) : ""; });
    last.count.textContent = words(counts[rows.length]);
  }

  box.show = () => {
    const now = watch.view.rules ?? "";
    if (now !== text) {
      const isTyping = typing !== null && box.contains(document.activeElement);
      clearTimeout(typing);
      text = now;
      model = parseRules(now);
      if (!isTyping || rows.length !== model.rules.length) build();
      else rows.forEach((row, i) => { row.condition.value = model.rules[i].text; tellRow(i); });
      tell("");
    }
    chosen.disabled = watch.view.cells.length === 0;
    count();
  };
  box.tick = count;
  box.show();
  return box;
}

function readCondition(typed) {
  try {
    const when = conditionsOf(typed);
    return { text: textOf(when), when, error: null };
  } catch (error) {
    if (!(error instanceof UnreadRule)) throw error;
    return { text: typed.trim(), when: null, error: error.message };
  }
}

/** A button of a colour, and what it opens: the safe palette first, then any colour. */
function wellOf(words, colour, changed) {
  const pick = (next) => {
    changed(next);
    close();
  };
  const other = element("input", { type: "color", value: colour, "aria-label": `${words}: any other`, title: "Any other colour", oninput: (event) => changed(event.target.value) });
  const swatch = ([value, word]) => element("button", { type: "button", class: "rule-swatch", style: `background: ${value}`, "aria-label": word, title: word, onclick: () => pick(value) });
  const palette = element("div", { class: "rule-palette", role: "group", "aria-label": words, hidden: true }, ...[...SAFE, [REST, "grey"]].map(swatch), other);
  const button = element("button", {
    type: "button", class: "rule-well", "aria-expanded": "false", onclick: () => (palette.hidden ? open() : close()),
  });
  const open = () => {
    palette.hidden = false;
    button.setAttribute("aria-expanded", "true");
    palette.firstChild.focus();
  };
  const close = () => {
    palette.hidden = true;
    button.setAttribute("aria-expanded", "false");
    button.focus();
  };
  palette.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  const paint = (value) => {
    button.style.background = value;
    const word = [...SAFE, [REST, "grey"]].find(([safe]) => safe === value)?.[1] ?? value;
    button.setAttribute("aria-label", `${words}: ${word}`);
    button.title = word;
    if (document.activeElement !== other) other.value = value;
  };
  paint(colour);
  return { button, palette, paint };
}
