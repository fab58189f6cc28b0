/** The row of tools over the stage: what is chosen, how it is coloured and seen, what is kept of it. */

import { element, select } from "./dom.mjs";
import { chosenCells, firstFive } from "./choice.mjs";
import { chips } from "./panel.mjs";
import { searchField } from "./search.mjs";
import { TAILS } from "./plane.mjs";
import { colourControls } from "./colour_controls.mjs";
import { stageControls } from "./stage_controls.mjs";
import { embryoField, foundEmbryos } from "./embryo_field.mjs";
import { MOST_BESIDE } from "./watch_view.mjs";
import { orientControls } from "./orient.mjs";
import { sheetUnder } from "./sheet.mjs";
import { saveMenu } from "./save.mjs";

/** A part of the page, see watch.mjs. */
export function makeTools(root, watch) {
  const choice = choiceTools(watch);
  const stages = switchOf("Stage", [["space", "Space"], ["plane", "Plane"]], (stage) => watch.change({ stage }));
  const colours = colourControls(watch);
  const stage = stageControls(watch);
  const orient = orientControls(watch);
  stage.elements[0].querySelector(".stage-sheet").append(element(
    "details", { class: "sheet-more" }, element("summary", { text: "Orientation" }), orient.element,
  ));
  const plane = planeTools(watch);
  const beside = besideTool(watch);
  const save = saveMenu(watch);
  const folds = foldButtons(watch);
  root.replaceChildren(
    element("div", { class: "tools-choice" }, ...choice.elements),
    element("div", { class: "tools-view" }, stages.element, ...stage.elements, ...plane.elements, colours, beside.element, save),
    element("div", { class: "tools-folds" }, ...folds.elements),
  );
  const hint = stageHint(watch);
  watch.root.querySelector(".stage").append(hint.element);
  const shown = [choice, colours, stage, orient, plane, beside, folds, hint];
  return {
    show() {
      stages.show(watch.view.stage, watch.noSpace);
      for (const tool of shown) tool.show();
    },
    tick() {
      colours.tick();
      hint.tick();
    },
    end() {
      colours.end();
      stage.end();
      beside.end();
    },
  };
}

const button = (text, title, onclick, attributes = {}) => (
  element("button", { type: "button", class: "quiet-button", text, title, onclick, ...attributes }));

const isThere = (tracks, cell, frame) => frame >= tracks.time[tracks.firstRow[cell]] && frame <= tracks.time[tracks.firstRow[cell + 1] - 1];

/** A line over the stage: how to choose, or where in time the chosen cells are when none of them is there now. */
function stageHint(watch) {
  const words = element("span");
  const go = button("", "Go to a moment at which it is there", () => watch.clock.seek(moment), { class: "quiet-button hint-go" });
  const below = button("", "Choose what descends from it as well", () => (
    watch.choose(watch.cells.map((cell) => `${watch.tracks.names[cell]}*`), "only")), { class: "quiet-button hint-go" });
  const box = element("div", { class: "stage-hint" }, words, go, below);
  let moment = 0;

  function tick() {
    const { cells, tracks, clock, timeline } = watch;
    if (clock.playing || cells.length === 0) {
      box.hidden = watch.view.cells.length > 0;
      return;
    }
    box.hidden = cells.some((cell) => isThere(tracks, cell, clock.frame));
    if (box.hidden) return;
    const [first, last] = [tracks.time[tracks.firstRow[cells[0]]], tracks.time[tracks.firstRow[cells[0] + 1] - 1]];
    moment = Math.round((first + last) / 2);
    words.textContent = cells.length === 1 ? `${tracks.names[cells[0]]} isn't there at this moment.` : "None of the chosen cells is there at this moment.";
    const [only] = cells;
    below.hidden = cells.length > 1 || clock.frame < first || tracks.daughters[only].length === 0;
    below.textContent = "Follow its daughters";
    go.textContent = `Go to ${tracks.names[cells[0]]}, ${Math.round(timeline.minutes(moment))} min`;
  }
  return {
    element: box,
    tick,
    show() {
      const isEmpty = watch.view.cells.length === 0;
      go.hidden = isEmpty;
      if (isEmpty) below.hidden = true;
      if (isEmpty) words.textContent = "Click a nucleus to choose its cell, shift-click for more";
      tick();
    },
  };
}

/** Search, first five, clear, and a chip for each term that is chosen. */
function choiceTools(watch) {
  const { tracks } = watch;
  const clear = button("Clear", "Choose nothing (Escape)", () => watch.change({ cells: [] }));
  const list = element("div", { class: "chips", role: "list", "aria-label": "Chosen cells" });
  const five = button("First five", "Choose the five cells that are seen first", () => watch.change({ cells: firstFive(tracks) }));
  let shown = null;

  /** What was searched for is chosen; where it isn't there now, the clock goes to its first moment. */
  function found(terms) {
    watch.choose(terms, "add");
    const cells = chosenCells(terms, tracks.names);
    if (cells.length === 0 || watch.clock.playing || cells.some((cell) => isThere(tracks, cell, watch.clock.frame))) return;
    watch.clock.seek(Math.min(...cells.map((cell) => Math.max(tracks.time[tracks.firstRow[cell]], tracks.startFrame))));
  }

  return {
    elements: [searchField(tracks.names, (terms) => found(terms), undefined, watch.data.cell_names), five, clear, list],
    show() {
      const { view } = watch;
      clear.hidden = view.cells.length === 0;
      const key = [view.cells.join(), watch.lineKey, watch.theme()].join("|");
      if (key === shown) return;
      shown = key;
      chips(list, view.cells, tracks.names, watch.lineColour, (term) => (
        watch.change({ cells: view.cells.filter((each) => each !== term) })));
    },
  };
}

/** What only the plane has: axes, units, tails and paths. */
function planeTools(watch) {
  const set = (name, read = (value) => value) => (value) => watch.change({ [name]: read(value) });
  const controls = {
    axes: select("Axes", ["xy", "xz", "yz", "yx", "zx", "zy"].map((pair) => [pair, `${pair[0]} → ${pair[1]} ↓`]), "", set("axes")),
    units: select("Units", [["um", "µm"], ["file", "pixels, planes"]], "", set("units")),
    tail: select("Tails of chosen cells", TAILS.map((each) => [each, each ? `tail ${each} min` : "no tail"]), "", set("tail", Number)),
    paths: select("Paths of chosen cells", [["1", "whole paths"], ["0", "no paths"]], "", set("paths", (value) => value === "1")),
  };
  return {
    elements: Object.values(controls),
    show() {
      const { view } = watch;
      const isPlane = view.stage === "plane";
      for (const [name, control] of Object.entries(controls)) {
        control.value = name === "paths" ? String(Number(view.paths)) : view[name];
        const ofCells = name === "tail" || name === "paths";
        control.hidden = !isPlane || (ofCells && watch.cells.length === 0);
      }
    },
  };
}

/** Another embryo beside this one: the first is found here, further ones in the row over them. */
function besideTool(watch) {
  const field = embryoField({
    search: (words) => foundEmbryos(watch.address, words),
    leaves: (id) => id === watch.data.id || watch.view.beside.includes(id),
    chosen: (embryo) => {
      sheet.open(false);
      watch.change({ beside: [...watch.view.beside, embryo.id].slice(0, MOST_BESIDE) });
    },
    label: "Embryo to show beside this one",
  });
  const sheet = sheetUnder(
    element("button", { type: "button", class: "quiet-button", text: "Beside", title: "Show another embryo beside this one, at the same moment" }),
    element("div", { class: "stage-sheet beside-sheet", role: "group", "aria-label": "Show another embryo beside this one" }, field),
    field.focusField,
  );
  return {
    element: sheet.element,
    show() { sheet.element.hidden = watch.view.beside.length > 0; },
    end: sheet.end,
  };
}

/** What is open beside the stage; on a phone one sheet at a time. */
function foldButtons(watch) {
  const fold = (name, words, attributes = {}) => button(words, `Show or hide the ${words.toLowerCase()}`, () => watch.change(
    watch.isNarrow() ? { tree: false, panel: false, [name]: !watch.view[name] } : { [name]: !watch.view[name] },
  ), { class: "quiet-button fold", ...attributes });
  const folds = { tree: fold("tree", "Tree"), panel: fold("panel", "Cells", { "aria-controls": "cells-panel" }) };
  return {
    elements: Object.values(folds),
    show() { for (const [name, each] of Object.entries(folds)) each.setAttribute("aria-expanded", String(watch.view[name])); },
  };
}

/** Buttons of which one is pressed. */
function switchOf(label, options, chosen) {
  const buttons = options.map(([value, words]) => element("button", { type: "button", text: words, onclick: () => chosen(value) }));
  return {
    element: element("div", { class: "switch", role: "group", "aria-label": label }, ...buttons),
    show(value, noSpace) {
      options.forEach(([key], i) => buttons[i].setAttribute("aria-pressed", String(key === value)));
      buttons[0].disabled = Boolean(noSpace);
      buttons[0].title = noSpace ? watchless : "";
    },
  };
}

const watchless = "This browser shows no 3D graphics (WebGL 2)";
