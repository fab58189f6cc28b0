/** The row of tools over the stage: what is chosen, how it is coloured and seen, what is kept of it. */

import { element, select } from "./dom.mjs";
import { MEASURES } from "./tracks.mjs";
import { firstFive } from "./choice.mjs";
import { chips } from "./panel.mjs";
import { searchField } from "./search.mjs";
import { TAILS } from "./plane.mjs";

/** A part of the page, see watch.mjs. */
export function makeTools(root, watch) {
  const { tracks } = watch;
  const change = (name, read = (value) => value) => (value) => watch.change({ [name]: read(value) });
  const button = (text, title, onclick, attributes = {}) => (
    element("button", { type: "button", class: "quiet-button", text, title, onclick, ...attributes }));

  const five = button("First five", "Choose the five cells that are seen first", () => watch.change({ cells: firstFive(tracks) }));
  const clear = button("Clear", "Choose nothing (Escape)", () => watch.change({ cells: [] }));
  const chipList = element("div", { class: "chips", role: "list", "aria-label": "Chosen cells" });
  const stages = switchOf("Stage", [["space", "Space"], ["plane", "Plane"]], (value) => watch.change({ stage: value }));
  const controls = {
    axes: select("Axes", ["xy", "xz", "yz", "yx", "zx", "zy"].map((pair) => [pair, `${pair[0]} → ${pair[1]} ↓`]), "", change("axes")),
    units: select("Units", [["um", "µm"], ["file", "pixels, planes"]], "", change("units")),
    colour: select("Colours", [
      { group: "Founder", options: [["safe", "Founder"], ["acetree", "Founder, AceTree's colours"]] },
      { group: "Label", options: [["compact", "Compact name"]] },
      { group: "Expression", options: ["blot", ...MEASURES.filter((each) => each !== "blot")].map((each) => [each, each]) },
    ], "", change("colour")),
    k: select("Characters of the compact name", Array.from({ length: 12 }, (_, i) => [i + 1, `${i + 1}`]), "", change("k", Number)),
    tail: select("Tails of chosen cells", TAILS.map((each) => [each, each ? `tail ${each} min` : "no tail"]), "", change("tail", Number)),
    paths: select("Paths of chosen cells", [["1", "whole paths"], ["0", "no paths"]], "", change("paths", (value) => value === "1")),
  };
  const save = button("Save figure", "Save the plane as an SVG figure on white ground", () => watch.savePlaneFigure());
  const sheet = (name, words) => button(words, `Show or hide the ${words.toLowerCase()}`, () => watch.change(
    watch.isNarrow() ? { tree: false, panel: false, [name]: !watch.view[name] } : { [name]: !watch.view[name] },
  ), { class: "quiet-button fold", "aria-controls": name === "panel" ? "cells-panel" : null });
  const folds = { tree: sheet("tree", "Tree"), panel: sheet("panel", "Cells") };
  root.replaceChildren(
    element("div", { class: "tools-choice" }, searchField(tracks.names, (terms) => watch.choose(terms, "add")), five, clear, chipList),
    element("div", { class: "tools-view" }, stages.element, ...Object.values(controls), save),
    element("div", { class: "tools-folds" }, ...Object.values(folds)),
  );
  const hint = element("div", { class: "stage-hint", text: "Click a nucleus to choose its cell, shift-click for more" });
  watch.root.querySelector(".stage").append(hint);

  let shownChoice = null;
  return {
    show() {
      const { view, cells } = watch;
      for (const [name, control] of Object.entries(controls)) control.value = name === "paths" ? String(Number(view.paths)) : view[name];
      const plane = view.stage === "plane";
      controls.axes.hidden = controls.units.hidden = save.hidden = !plane;
      controls.k.hidden = view.colour !== "compact";
      controls.tail.hidden = cells.length === 0;
      controls.paths.hidden = cells.length === 0 || !plane;
      clear.hidden = view.cells.length === 0;
      hint.hidden = view.cells.length > 0;
      stages.show(view.stage, watch.noSpace);
      for (const [name, fold] of Object.entries(folds)) fold.setAttribute("aria-expanded", String(view[name]));
      const key = [view.cells.join(), watch.lineKey, watch.theme()].join("|");
      if (key === shownChoice) return;
      shownChoice = key;
      chips(chipList, view.cells, tracks.names, watch.lineColour, (term) => (
        watch.change({ cells: view.cells.filter((each) => each !== term) })));
    },
  };
}

/** Buttons of which one is pressed. */
function switchOf(label, options, chosen) {
  const buttons = options.map(([value, words]) => element("button", { type: "button", text: words, onclick: () => chosen(value) }));
  const box = element("div", { class: "switch", role: "group", "aria-label": label }, ...buttons);
  return {
    element: box,
    show(value, noSpace) {
      options.forEach(([key], i) => buttons[i].setAttribute("aria-pressed", String(key === value)));
      buttons[0].disabled = Boolean(noSpace);
    },
  };
}
