/**
 * The embryo's page: puts tracks, clock, plane, table and curves together around one view.
 *
 * The server says once what it knows (`data`, see pages/embryo.py); from then on the browser asks nothing.
 */

import { load, MEASURES } from "./tracks.mjs";
import { Clock, Timeline } from "./clock.mjs";
import { chosenCells, firstFive, toggled } from "./choice.mjs";
import { element, select, typesInto } from "./dom.mjs";
import { along, mixed, painter, VIRIDIS } from "./colours.mjs";
import { placeOf } from "./facts.mjs";
import { minutesOfPaths } from "./paths.mjs";
import { Plane } from "./plane.mjs";
import { timebar } from "./timebar.mjs";
import { searchField } from "./search.mjs";
import { chips, curvesFigure, lineKeys, MOST_CURVES, tellCells } from "./panel.mjs";
import { searchOf, TAILS, viewOf } from "./watch_view.mjs";

const ADDRESS_AFTER_MS = 150;
const app = () => window.blastoscope;
const narrow = () => matchMedia("(max-width: 800px)").matches;
let current = null;

/** A clientside callback on the page's data: shows the embryo, or takes in what was corrected. */
export async function mount(data) {
  if (!data) return "";
  const root = document.getElementById("watch");
  if (current && current.root === root && current.data.id === data.id) {
    current.correct(data);
    return "";
  }
  current?.end();
  current = null;
  try {
    const tracks = await load(app().address(data.tracks));
    if (root.isConnected) current = new Watch(root, data, tracks);
  } catch (error) {
    console.warn(error);
    root.querySelector(".stage").append(element(
      "div",
      { class: "message", role: "alert" },
      element("h2", { text: "The embryo couldn't be loaded" }),
      element("p", { text: `${navigator.onLine ? "The server gave no tracks" : "There is no network"} (${error.message}).` }),
      element("button", { type: "button", class: "btn btn-secondary", text: "Try again", onclick: () => location.reload() }),
    ));
  }
  return "";
}

class Watch {
  #addressTimer = null;
  #ends = [];

  constructor(root, data, tracks) {
    this.root = root;
    this.tracks = tracks;
    this.view = viewOf(location.search);
    if (narrow() && !/[?&]panel=/.test(location.search)) this.view.panel = false; // a sheet over the stage
    this.stage = root.querySelector(".stage");
    this.#take(data);
    this.clock = new Clock(this.timeline, { range: [tracks.startFrame, tracks.lastFrame] });
    if (this.view.frame !== null) this.clock.seek(this.view.frame);
    this.plane = new Plane(this.stage, tracks, {
      template: data.templates.dark, ground: data.ground,
      picked: (name, adds) => this.#pick(name, adds),
      describe: (...nucleus) => this.#describe(...nucleus),
    });
    this.timebar = timebar(root.querySelector(".time-bar"), this.clock, tracks, (minutes) => this.#developmental(minutes));
    this.#tools();
    this.#listen();
    this.show();
    this.#attachPlotly();
    Object.assign(app(), { watching: this });
  }

  // What the page says

  #take(data) {
    this.data = data;
    this.timeline = new Timeline(data.first_frame, data.minutes);
  }

  correct(data) {
    this.#take(data);
    this.clock.retime(this.timeline, [this.tracks.startFrame, this.tracks.lastFrame]);
    this.timebar.retimed();
    this.show();
  }

  // What is shown

  change(part) {
    this.view = { ...this.view, ...part };
    this.show();
    this.#keepAddress();
  }

  show() {
    const { view, tracks, data } = this;
    this.cells = chosenCells(view.cells, tracks.names);
    this.painter = painter(tracks, view, data.palettes);
    // A line stands for a whole life, expression only for a moment of it.
    this.linePainter = MEASURES.includes(view.colour) ? painter(tracks, { colour: "safe" }, data.palettes) : this.painter;
    this.keys = lineKeys(this.cells, (cell) => readable(this.#colourOf(cell)));
    this.plane.show({
      ...view, calibration: data.calibration, timeline: this.timeline, painter: this.painter, lineColour: this.#colourOf,
      chosen: this.cells, outline: MEASURES.includes(view.colour) ? "#8b95a3" : data.ground,
    });
    this.plane.draw(this.clock.frame);
    this.open = view.panel && view.cells.length > 0; // nothing to tell, no panel
    this.root.classList.toggle("panel-folded", !this.open);
    this.hint.hidden = view.cells.length > 0;
    this.#legend();
    this.#syncTools();
    this.#tellPanel();
  }

  #colourOf = (cell) => {
    const row = this.tracks.firstRow[cell];
    return this.linePainter.colours[this.linePainter.of(cell, row, row, 0)];
  };

  #pick(name, adds) {
    this.change({ cells: adds ? toggled(this.view.cells, name, this.tracks.names) : [name] });
  }

  #describe(cell, from, to, share) {
    const { tracks, data, timeline } = this;
    const between = (a, b) => a + share * (b - a);
    const [a, b] = [from, to].map((row) => placeOf(tracks, data.calibration, row));
    const place = a.map((value, i) => between(value, b[i]).toFixed(1));
    const born = timeline.minutes(tracks.time[tracks.firstRow[cell]]).toFixed(0);
    const mother = tracks.mothers[cell];
    const seen = tracks.previous[tracks.firstRow[cell]] >= 0 ? `born at ${born} min` : `first seen at ${born} min`;
    return [
      tracks.names[cell],
      mother >= 0 ? `${seen}, daughter of ${tracks.names[mother]}` : seen,
      `x ${place[0]}, y ${place[1]}, z ${place[2]} µm`,
      `blot ${Math.round(between(tracks.value("blot", from), tracks.value("blot", to)))}`,
    ];
  }

  /** Minutes after the birth of ABal, where the recording shows it. */
  #developmental(minutes) {
    const { tracks } = this;
    const cell = this.abal ??= tracks.names.indexOf("ABal");
    if (cell < 0 || tracks.previous[tracks.firstRow[cell]] < 0) return null;
    return minutes - this.timeline.minutes(tracks.time[tracks.firstRow[cell]]);
  }

  #tools() {
    const { root, tracks } = this;
    const choose = (terms) => this.change({ cells: [...new Set([...this.view.cells, ...terms])], panel: true });
    this.five = element("button", {
      type: "button", class: "quiet-button", text: "First five",
      title: "Choose the five cells that are seen first",
      onclick: () => this.change({ cells: firstFive(tracks) }),
    });
    this.clear = element("button", {
      type: "button", class: "quiet-button", text: "Clear", title: "Choose nothing (Escape)", onclick: () => this.change({ cells: [] }),
    });
    this.chipList = element("div", { class: "chips", role: "list", "aria-label": "Chosen cells" });
    const set = (name, read = (value) => value) => (value) => this.change({ [name]: read(value) });
    this.controls = {
      axes: select("Axes", ["xy", "xz", "yz", "yx", "zx", "zy"].map((pair) => [pair, `${pair[0]} → ${pair[1]} ↓`]), "", set("axes")),
      units: select("Units", [["um", "µm"], ["file", "pixels, planes"]], "", set("units")),
      colour: select("Colours", [
        { group: "Founder", options: [["safe", "Founder"], ["acetree", "Founder, AceTree's colours"]] },
        { group: "Label", options: [["compact", "Compact name"]] },
        { group: "Expression", options: ["blot", ...MEASURES.filter((each) => each !== "blot")].map((each) => [each, each]) },
      ], "", set("colour")),
      k: select("Characters of the compact name", Array.from({ length: 12 }, (_, i) => [i + 1, `${i + 1}`]), "", set("k", Number)),
      tail: select("Tails of chosen cells", TAILS.map((each) => [each, each ? `tail ${each} min` : "no tail"]), "", set("tail", Number)),
      paths: select("Paths of chosen cells", [["1", "whole paths"], ["0", "no paths"]], "", set("paths", (value) => value === "1")),
    };
    const save = element("button", {
      type: "button", class: "quiet-button", text: "Save figure", title: "Save the plane as an SVG figure on white ground",
      onclick: () => this.#saveFigure(),
    });
    this.fold = element("button", {
      type: "button", class: "quiet-button fold", "aria-controls": "cells-panel", onclick: () => this.change({ panel: !this.view.panel }),
    });
    root.querySelector(".watch-tools").replaceChildren(
      element("div", { class: "tools-choice" }, searchField(tracks.names, choose), this.five, this.clear, this.chipList),
      element("div", { class: "tools-view" }, ...Object.values(this.controls), save),
      this.fold,
    );
    this.legendTold = element("div");
    this.legendBox = element("details", { class: "stage-legend", open: !narrow() }, element("summary"), this.legendTold);
    this.hint = element("div", { class: "stage-hint", text: "Click a nucleus to choose its cell, shift-click for more" });
    this.stage.append(this.legendBox, this.hint);
  }

  #syncTools() {
    const { view, controls, cells } = this;
    for (const [name, control] of Object.entries(controls)) control.value = name === "paths" ? String(Number(view.paths)) : view[name];
    controls.k.hidden = view.colour !== "compact";
    controls.tail.hidden = controls.paths.hidden = cells.length === 0;
    this.clear.hidden = view.cells.length === 0;
    this.fold.hidden = view.cells.length === 0;
    this.fold.textContent = view.panel ? "Hide cells ▸" : "◂ Cells";
    this.fold.setAttribute("aria-expanded", String(view.panel));
    chips(this.chipList, view.cells, this.tracks.names, this.#colourOf, (term) => (
      this.change({ cells: view.cells.filter((each) => each !== term) })));
  }

  #legend() {
    const { legend } = this.painter;
    const parts = [];
    this.legendBox.firstChild.textContent = legend.unit ? `${legend.title}, ${legend.unit}` : legend.title;
    if (legend.swatches) {
      parts.push(element("ul", { class: "swatches" }, ...legend.swatches.map(({ label, colour }) => {
        const item = element("li", {}, element("i", { class: "dot" }), label);
        item.firstChild.style.background = colour;
        return item;
      })));
    } else {
      parts.push(gradient(legend.stops, legend.least, `${legend.most.toLocaleString("en")} and more`));
      if (legend.below) {
        const item = element("div", { class: "swatches" }, element("i", { class: "dot" }), "below zero");
        item.firstChild.style.background = legend.below;
        parts.push(item);
      }
    }
    if (this.cells.length && this.view.paths) {
      const [first, last] = minutesOfPaths(this.tracks, this.timeline, this.cells);
      parts.push(element("div", { class: "legend-title", text: "Time along the paths" }));
      parts.push(gradient(VIRIDIS, `${Math.round(first)}`, `${Math.round(last)} min`));
    }
    this.legendTold.replaceChildren(...parts);
  }

  // The panel

  #tellPanel() {
    const { root, cells, tracks, timeline, data } = this;
    const told = root.querySelector(".cells-told");
    const box = root.querySelector(".curves-box");
    box.hidden = cells.length === 0;
    if (!this.open) return;
    if (cells.length === 0) {
      root.querySelector(".curves-note").textContent = "";
      told.replaceChildren(element("p", { class: "quiet", text: "This embryo follows none of the chosen cells." }));
      return;
    }
    tellCells(told, {
      tracks, timeline, calibration: data.calibration, cells, keys: this.keys, name: data.name,
      go: (frame) => this.clock.seek(frame), toast: app().toast,
    });
    root.querySelector(".curves-note").textContent = cells.length > MOST_CURVES ? `Curves of the first ${MOST_CURVES} of ${cells.length} cells.` : "";
    clearTimeout(this.curvesTimer);
    this.curvesTimer = setTimeout(() => this.#curves()); // what was clicked is seen first
  }

  #curves() {
    if (!this.plotly || this.cells.length === 0 || !this.open) return;
    const graph = this.curvesGraph;
    const { data, layout } = curvesFigure(
      this.tracks, this.timeline, this.data.calibration, this.cells, this.keys, this.data.templates[app().theme()],
    );
    layout.width = graph.parentElement.clientWidth;
    layout.height = graph.parentElement.clientHeight;
    if (!layout.width || !layout.height) return;
    this.plotly.react(graph, data, layout, { displayModeBar: false, responsive: false });
    this.#moveCursor();
  }

  #moveCursor() {
    const axis = this.curvesGraph?._fullLayout?.xaxis;
    if (!axis?._length || this.cells.length === 0) return;
    const cursor = this.root.querySelector(".curves-cursor");
    const x = axis.l2p(this.clock.minutes);
    cursor.style.visibility = x >= 0 && x <= axis._length ? "visible" : "hidden";
    cursor.style.transform = `translateX(${(axis._offset + x).toFixed(1)}px)`;
  }

  // What happens

  #listen() {
    const { clock, root } = this;
    const on = (target, type, told) => {
      target.addEventListener(type, told);
      this.#ends.push(() => target.removeEventListener(type, told));
    };
    let playing = false;
    clock.subscribe(() => {
      if (!root.isConnected) {
        this.end();
        return;
      }
      if (clock.playing !== playing) {
        playing = clock.playing;
        app().playing = playing; // the mark of live runs in the frame rests meanwhile
        if (!playing) app().countRuns?.();
      }
      this.plane.draw(clock.frame, clock.playing);
      this.timebar.show();
      this.#moveCursor();
      this.#keepAddress();
    });
    on(document, "keydown", (event) => this.#key(event));
    document.addEventListener("click", this.#share, true);
    this.#ends.push(() => document.removeEventListener("click", this.#share, true));
    on(window, "themechange", () => this.show());
    const resized = new ResizeObserver(() => {
      this.plane.resize();
      this.#curves();
    });
    resized.observe(this.stage);
    resized.observe(root.querySelector(".cells-panel"));
    this.#ends.push(() => resized.disconnect());
    this.#splitter(root.querySelector(".panel-edge"));
  }

  /** The address that is shared is that of now, also while it plays. */
  #share = (event) => { if (event.target.closest?.("#share-link")) this.writeAddress(); };

  #key(event) {
    const { clock } = this;
    if (!this.root.isConnected || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typesInto(event.target) || document.querySelector(".modal.show, .offcanvas.show")) return;
    const pressed = event.target instanceof Element ? event.target.closest("button, a, summary, [role=separator]") : null;
    const acts = {
      ArrowRight: () => clock.step(1),
      ArrowLeft: () => clock.step(-1),
      Home: () => clock.seek(clock.range[0]),
      End: () => clock.seek(clock.range[1]),
      Escape: () => this.change({ cells: [] }),
      " ": () => clock.toggle(),
    };
    const act = acts[event.key];
    if (!act || (event.key === " " && pressed) || pressed?.getAttribute("role") === "separator") return;
    if (event.target instanceof Element && event.target.closest("[role=dialog], [role=menu], .dropdown-menu")) return;
    event.preventDefault();
    act();
  }

  #splitter(edge) {
    const width = (pixels) => {
      const most = Math.min(this.root.clientWidth * 0.6, 900);
      const kept = Math.round(Math.min(Math.max(pixels, 280), Math.max(most, 280)));
      this.root.style.setProperty("--panel-width", `${kept}px`);
      edge.setAttribute("aria-valuenow", kept);
    };
    const now = () => this.root.querySelector(".cells-panel").clientWidth;
    edge.onpointerdown = (event) => { edge.setPointerCapture(event.pointerId); event.preventDefault(); };
    edge.onpointermove = (event) => {
      if (edge.hasPointerCapture(event.pointerId)) width(this.root.getBoundingClientRect().right - event.clientX);
    };
    edge.onkeydown = (event) => {
      const by = { ArrowLeft: 24, ArrowRight: -24 }[event.key];
      if (by) { width(now() + by); event.preventDefault(); }
    };
  }

  /** Soon, but not while it plays: browsers ask for the page's icon again when its address changes. */
  #keepAddress() {
    clearTimeout(this.#addressTimer);
    if (this.clock.playing) return;
    this.#addressTimer = setTimeout(() => this.root.isConnected && this.writeAddress(), ADDRESS_AFTER_MS);
  }

  writeAddress() {
    const atStart = this.clock.frame === this.clock.range[0];
    const search = searchOf({ ...this.view, frame: atStart ? null : this.clock.frame });
    if (search !== location.search) history.replaceState(history.state, "", search + location.hash);
  }

  async #attachPlotly() {
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))); // first the nuclei
    await loadPlotly(app().address(this.data.plotly));
    if (!this.root.isConnected || current !== this) return;
    this.plotly = window.Plotly;
    this.curvesGraph = this.root.querySelector(".curves-graph");
    await this.plane.attach(this.plotly, this.root.querySelector(".plane-graph"));
    this.#curves();
    this.root.dataset.ready = "true";
  }

  async #saveFigure() {
    const { data } = this;
    const title = `${data.name} · ${Math.round(this.clock.minutes)} min · ${this.painter.legend.title}`;
    const figure = this.plane.figureToSave(
      data.templates.light, title,
      this.cells.length && this.view.paths ? minutesOfPaths(this.tracks, this.timeline, this.cells) : null,
    );
    const { width, height } = figure.layout;
    const image = await this.plotly.toImage(figure, { format: "svg", width, height });
    element("a", { href: image, download: `${data.name}_${this.view.axes}.svg` }).click();
  }

  end() {
    this.clock.pause();
    app().playing = false;
    clearTimeout(this.#addressTimer);
    clearTimeout(this.curvesTimer);
    for (const end of this.#ends.splice(0)) end();
    this.plane.end();
    this.plotly?.purge(this.curvesGraph);
    if (app().watching === this) delete app().watching;
    if (current === this) current = null;
  }
}

function gradient(stops, from, to) {
  const bar = element("i", { class: "gradient" });
  bar.style.background = `linear-gradient(to right, ${stops.map((_, i) => along(stops, i / (stops.length - 1))).join(",")})`;
  return element("div", { class: "scale" }, element("span", { text: from }), bar, element("span", { text: to }));
}

/** A colour of the dark stage as a line on the page's ground: darker where that is white. */
const readable = (colour) => (app().theme() === "light" ? mixed(colour, "#1b1f24", 0.3) : colour);

/** Plotly is large: it is loaded when there is something to see already. Dash's own graphs use the same one. */
function loadPlotly(address) {
  if (window.Plotly) return Promise.resolve();
  return new Promise((resolve, reject) => {
    document.head.append(element("script", { src: address, onload: resolve, onerror: () => reject(new Error("Plotly didn't load")) }));
  });
}
