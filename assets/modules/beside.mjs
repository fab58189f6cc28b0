/**
 * Two to six embryos side by side, as a part of the embryo's page (see watch.mjs): one clock (that of the page's
 * embryo, the others' moments matched to it by matching.mjs), one choice of cells by name, one camera, the same
 * colours. Each stands in its own StageView, all turned together.
 */

import { Camera } from "./camera.mjs";
import { Timeline } from "./clock.mjs";
import { painter, sharedRange } from "./colours.mjs";
import { toggled } from "./choice.mjs";
import { element, select } from "./dom.mjs";
import { embryoField, foundEmbryos } from "./embryo_field.mjs";
import { divisionFrame, matched, matchWords, MATCHES } from "./matching.mjs";
import { Pane, gridOf } from "./pane.mjs";
import { NoWebGL } from "./scene.mjs";
import { isCanonical, StageView } from "./stage_view.mjs";
import { nucleusLines } from "./tooltip.mjs";
import { MEASURES, load } from "./tracks.mjs";
import { MOST_BESIDE, searchOf } from "./watch_view.mjs";

const DIVISIONS = ["AB", "P1", "ABa", "ABp", "EMS", "P2", "ABal", "ABar", "ABpl", "ABpr", "MS", "E", "C", "P3"]; // that are offered
const ANOTHER = "…";
const UNLIKE = "#8b939e"; // a class that the first embryo hasn't got
const NAMES_FROM_PX = 260; // narrower panes have no room for names beside nuclei
const NOT_NOW = "Not recorded at this moment";

/** The part in `root`; while embryos are beside each other `watch.beside` is {shown(), camera, panes}. */
export function makeBeside(root, watch) {
  const camera = new Camera(watch.view.camera);
  let panes = []; // Place: the page's own embryo first
  let shownCamera = watch.view.camera;
  let hoveredName = null;
  let layoutKey = "";
  const grid = element("div", { class: "beside-grid" });
  const strip = makeStrip(watch, () => panes);
  root.append(strip.element, grid);

  const hands = {
    moved: (from) => { for (const pane of panes) if (pane !== from) pane.view?.invalidate(); },
    settled() {
      shownCamera = isCanonical(camera) ? null : camera.state();
      watch.change({ camera: shownCamera });
    },
    picked,
    hovered(name) {
      hoveredName = name;
      watch.hover(name === null ? -1 : watch.tracks.names.indexOf(name));
      highlight();
    },
  };

  function picked(names, how) {
    if (how === "sublineage" || how === "add sublineage") {
      watch.choose(names.map((name) => `${name}*`), how === "sublineage" ? "only" : "add");
    } else if (how === "toggle") {
      // A cell that only another embryo follows is a term of its own.
      const { cells } = watch.view;
      watch.change({ cells: names.reduce((terms, name) => (
        terms.includes(name) ? terms.filter((term) => term !== name) : toggled(terms, name, watch.tracks.names)), cells) });
    } else watch.choose(names, how);
  }

  function highlight() {
    for (const pane of panes) pane.highlight(hoveredName);
  }

  /** Panes as the view says: those that stay are kept as they are. */
  function arrange() {
    const ids = [watch.data.id, ...watch.view.beside.filter((id) => id !== watch.data.id)];
    if (ids.join() === panes.map(({ id }) => id).join()) return false;
    const before = new Map(panes.map((pane) => [pane.id, pane]));
    panes = ids.map((id, i) => before.get(id) ?? new Place(id, { watch, camera, hands, isFirst: i === 0, changed: dressAgain }));
    for (const [id, pane] of before) if (!ids.includes(id)) pane.end();
    grid.replaceChildren(...panes.map((pane) => pane.element));
    return true;
  }

  let again = 0;
  function dressAgain() {
    again += 1;
    show();
  }

  function layout(isOther) {
    const { columns, rows } = gridOf(panes.length, grid.clientWidth, grid.clientHeight);
    const key = [columns, rows, panes.length, grid.clientWidth, grid.clientHeight, watch.view.shell, again].join();
    if (key === layoutKey && !isOther) return;
    layoutKey = key;
    grid.style.gridTemplate = `repeat(${rows}, minmax(140px, 1fr)) / repeat(${columns}, minmax(0, 1fr))`;
    for (const pane of panes) {
      pane.view?.resize();
      pane.view?.show({ names: watch.view.names && pane.view.width >= NAMES_FROM_PX });
    }
    const radii = panes.filter(({ view }) => view?.width).map(({ view }) => view.radiusFor());
    if (radii.length) camera.fit(Math.max(...radii));
  }

  function show() {
    const { view } = watch;
    const isOpen = view.beside.length > 0;
    root.hidden = !isOpen;
    if (!isOpen) {
      close();
      return;
    }
    watch.beside = { shown, camera, get panes() { return panes; } };
    const isOther = arrange();
    const isNew = panes[0].take(ownEmbryo(watch), watch.version);
    if (shownCamera !== view.camera) {
      shownCamera = view.camera;
      camera.set(view.camera);
      for (const pane of panes) pane.view?.invalidate();
    }
    const ready = panes.filter((pane) => pane.pane);
    const painters = paintersOf(ready.map(({ embryo }) => embryo), watch);
    ready.forEach((pane, i) => pane.dress(view, painters[i], watch.data.ground));
    layout(isOther || isNew);
    for (const pane of ready) pane.match(panes[0].embryo, view.match);
    strip.show();
    tick();
    highlight();
  }

  function tick() {
    for (const pane of panes) pane.stand(watch.clock.frame, watch.clock.playing);
  }

  /** What is drawn, for pictures: see picture.mjs. */
  function shown() {
    return panes.filter(({ pane }) => pane).map(({ embryo, painter: paints, matching }) => ({
      embryo, painter: paints, frameOf: matching.frame, why: matching.why,
    }));
  }

  function close() {
    if (panes.length === 0) return;
    for (const pane of panes) pane.end();
    panes = [];
    grid.replaceChildren();
    delete watch.beside;
    shareRange(watch, null);
  }

  return {
    show,
    tick: () => panes.length && tick(),
    hovered() {
      const name = watch.hoveredCell < 0 ? null : watch.tracks.names[watch.hoveredCell];
      if (name !== null || hoveredName === null || watch.tracks.names.includes(hoveredName)) hoveredName = name;
      highlight();
    },
    resize: () => panes.length && layout(false),
    end: close,
  };
}

/** The page's own embryo, as panes take it. */
function ownEmbryo({ data, tracks, timeline }) {
  return {
    id: data.id, name: data.name, tracks, timeline, calibration: data.calibration, pose: data.pose, cellNames: data.cell_names,
    clock: data.pose.clock,
  };
}

/** Another embryo of the lab, from the server: see pages/embryo.py. Throws an Error in words. */
async function embryoOf(id, address) {
  const response = await fetch(address(`/embryos/${id}/data.json`)).catch(() => { throw new Error("The server can't be reached."); });
  if (response.status === 404) throw new Error(`There is no embryo with the id ${id}.`);
  if (!response.ok) throw new Error(`The server answered with status ${response.status}.`);
  const data = await response.json();
  const tracks = await load(address(data.tracks));
  return {
    id, name: data.name, tracks, timeline: new Timeline(data.first_frame, data.minutes), calibration: data.calibration,
    pose: data.pose, cellNames: data.cell_names, clock: data.pose.clock,
  };
}

/** Painters of embryos, alike: one range of numbers for all unless each is to have its own, and classes in the colours of the first. */
function paintersOf(embryos, watch) {
  const { view, data } = watch;
  const of = (range) => embryos.map(({ id, tracks, timeline, calibration }) => painter(tracks, view, data.palettes, {
    timeline, calibration, range, results: id === data.id ? watch.results : undefined,
  }));
  const own = of(null);
  const range = view.range || view.scales === "own" ? null : sharedRange(own);
  shareRange(watch, range);
  const [first, ...others] = range ? of(range) : own;
  const byName = view.colour === "compact" || view.colour === "generation";
  return [first, ...(byName ? others.map((each) => likeFirst(each, first)) : others)];
}

/** Classes in the colours that they have in the first embryo. */
function likeFirst(own, first) {
  const known = new Map(first.legend.swatches.map(({ label, colour }) => [label, colour]));
  const colours = own.legend.swatches.map(({ label }) => known.get(label) ?? UNLIKE);
  return { ...own, colours, key: `${own.key}|as in ${first.key}` };
}

/** The page's painter (legend, tree) takes the range that all embryos share. */
function shareRange(watch, range) {
  if (String(watch.range ?? null) === String(range)) return;
  watch.range = range;
  setTimeout(() => watch.root.isConnected && watch.show()); // not while parts are being shown
}

/** One embryo of the grid: its head, its StageView, or what is to be said in its stead. */
class Place {
  pane = null;
  view = null;
  embryo = null;
  painter = null;
  matching = { frame: () => null, why: "" };
  #version = null;
  #ended = false;
  #matchKey = "";
  #words = "";
  #at = undefined;

  constructor(id, { watch, camera, hands, isFirst, changed }) {
    Object.assign(this, { id, watch, camera, hands, isFirst, changed });
    this.link = element("a", { class: "pane-name", onclick: () => { this.link.href = this.#alone(); } });
    this.told = element("span", { class: "pane-told" });
    const remove = isFirst ? "" : element("button", {
      type: "button", class: "pane-remove", text: "×", title: "Take it away", "aria-label": `Take ${id} away`,
      onclick: () => watch.change({ beside: watch.view.beside.filter((each) => each !== id) }),
    });
    this.remove = remove;
    this.room = element("div", { class: "pane-room" });
    this.note = element("p", { class: "pane-note", role: "status", text: "Loading…" });
    this.element = element("section", { class: "pane", "aria-label": id, "data-embryo": id },
      element("div", { class: "pane-head" }, this.link, this.told, remove), this.room, this.note);
    if (!isFirst) this.#load();
  }

  async #load() {
    try {
      const embryo = await embryoOf(this.id, this.watch.address);
      if (!this.#ended) this.take(embryo, "loaded");
    } catch (error) {
      if (this.#ended) return;
      this.link.textContent = this.id;
      this.link.removeAttribute("href");
      this.#say(error.message);
      this.element.dataset.state = "failed";
    }
    if (!this.#ended) this.changed();
  }

  /** Show an embryo, once for each `version` of what is known of it; false where it is shown already. */
  take(embryo, version) {
    if (this.#version === version) return false;
    this.#version = version;
    this.embryo = embryo;
    this.link.textContent = embryo.name;
    this.link.title = `${embryo.name}: open it alone`;
    this.link.href = this.watch.address(`/embryos/${this.id}`);
    this.element.setAttribute("aria-label", embryo.name);
    if (this.remove) this.remove.setAttribute("aria-label", `Take ${embryo.name} away`);
    this.#matchKey = "";
    this.#at = undefined;
    try {
      this.view?.end();
      this.view = this.#stage();
      this.pane = new Pane(this.view, embryo);
      this.element.dataset.state = "ready";
      this.#say("");
    } catch (error) {
      if (!(error instanceof NoWebGL)) throw error;
      this.view = this.pane = null;
      this.#say("This browser shows no 3D graphics (WebGL 2), so embryos can't be shown side by side.");
    }
    return true;
  }

  #stage() {
    const { embryo, watch, hands, camera } = this;
    const { tracks, timeline, calibration, pose, cellNames } = embryo;
    const marks = this.isFirst || pose.axes !== "animal"; // the scale is one for all, axes are where they are known
    return new StageView(this.room, {
      describe: (_shown, cell, frame, world) => nucleusLines(cell, frame, world, {
        tracks, timeline, calibration, pose, names: cellNames, colour: watch.view.colour,
      }),
      picked: (_body, cell, how) => hands.picked([tracks.names[cell]], how),
      pickedMany: (found, adds) => hands.picked(found.map(({ cell }) => tracks.names[cell]), adds ? "add" : "only"),
      hovered: (_body, cell) => hands.hovered(cell < 0 ? null : tracks.names[cell]),
      moved: () => hands.moved(this),
      settled: () => hands.settled(),
      failed: () => this.#say("The graphics card was lost. Reload the page."),
      chosen: () => `${this.pane.cells.length} chosen in ${embryo.name}`,
    }, { camera, label: `${embryo.name} in space`, marks });
  }

  dress(look, paints, ground) {
    this.painter = paints;
    this.pane.dress(look, paints, ground);
    this.view.show({ names: look.names && this.view.width >= NAMES_FROM_PX });
    this.#at = undefined;
  }

  /** Find this embryo's moments by those of the page's. */
  match(first, how) {
    const key = [how, first.timeline.first, first.timeline.values.length, this.watch.version].join("|");
    if (key === this.#matchKey) return;
    this.#matchKey = key;
    this.matching = this.isFirst ? { frame: (frame) => frame, why: "" } : matched(first, this.embryo, how);
    this.#at = undefined;
  }

  /** Stand at the moment that is the page's `frame`. */
  stand(frame, playing) {
    if (!this.pane) return;
    const at = this.matching.frame(frame);
    if (at === this.#at && this.view.draws > 0) return;
    this.#at = at;
    this.pane.stand(at);
    if (playing) this.view.drawNow();
    else this.view.draw();
    const words = at === null ? "" : this.#moment(at);
    if (words !== this.#words) this.told.textContent = this.#words = words;
    this.#say(at === null ? this.matching.why || NOT_NOW : "");
  }

  /** The frame that is shown; null for none. */
  get at() { return this.#at ?? null; }

  #moment(at) {
    const { tracks, timeline } = this.embryo;
    const mirrored = this.embryo.pose.mirrored ? " · mirrored" : "";
    return `${Math.round(timeline.minutes(at))} min · ${tracks.countAt(Math.floor(at))} cells${this.#valueOf(at)}${mirrored}`;
  }

  /** Of one chosen cell how much of the expression that colours it has now (blot where another thing colours). */
  #valueOf(at) {
    if (this.pane?.cells?.length !== 1) return "";
    const { tracks } = this.embryo;
    const row = tracks.rowOf(this.pane.cells[0], Math.floor(at));
    if (row < 0) return "";
    const measure = MEASURES.includes(this.watch.view.colour) ? this.watch.view.colour : "blot";
    return ` · ${measure} ${Math.round(tracks.value(measure, row)).toLocaleString("en")}`;
  }

  #say(words) {
    if (this.note.textContent !== words) this.note.textContent = words;
    this.note.hidden = words === "";
  }

  /** The address of this embryo alone, at this moment, with the same choice and colours. */
  #alone() {
    const { view, address, clock } = this.watch;
    const frame = this.isFirst ? clock.frame : this.#at;
    return address(`/embryos/${this.id}`) + searchOf({ ...view, beside: [], frame: frame ?? null });
  }

  highlight(name) { this.pane && this.view.highlight(this.body, name === null ? -1 : this.embryo.tracks.names.indexOf(name)); }

  get body() { return this.pane.body; }

  end() {
    this.#ended = true;
    this.view?.end();
    this.view = this.pane = null;
    this.element.remove();
  }
}

/** The line over the grid: how moments are matched, one more embryo, and the way back. */
function makeStrip(watch, panes) {
  const match = select("Matched by", [], "", (value) => {
    if (value === ANOTHER) {
      other.hidden = false;
      other.focus();
    } else watch.change({ match: value });
  });
  const other = element("input", {
    type: "text", class: "cell-search beside-cell", hidden: true, "aria-label": "Cell whose division is zero", placeholder: "Cell, e.g. ABala",
    autocomplete: "off", spellcheck: "false", maxlength: "60",
    onchange: () => {
      const name = other.value.trim();
      other.hidden = true;
      other.value = "";
      if (name) watch.change({ match: name });
      else options();
    },
  });
  const field = embryoField({
    search: (words) => foundEmbryos(watch.address, words),
    leaves: (id) => id === watch.data.id || watch.view.beside.includes(id),
    chosen: ({ id }) => watch.change({ beside: [...watch.view.beside, id].slice(0, MOST_BESIDE) }),
  });
  const close = element("button", {
    type: "button", class: "quiet-button", text: "Close", title: "Back to one embryo", onclick: () => watch.change({ beside: [] }),
  });
  const own = element("input", { type: "checkbox", onchange: () => watch.change({ scales: own.checked ? "own" : "one" }) });
  const scales = element("label", { class: "beside-scales", title: "Colours of numbers: one scale for all embryos, or each from its own least to its own most" }, own, "each its own scale");
  const box = element("div", { class: "beside-strip" }, element("label", { class: "beside-match" }, element("span", { text: "Matched by" }), match), other, field, scales, element("span", { class: "grow" }), close);
  let shown = "";

  function options() {
    const { view: { match: now }, tracks, data } = watch;
    const seen = DIVISIONS.filter((name) => divisionFrame(tracks, name) !== null);
    const divisions = MATCHES.includes(now) || seen.includes(now) ? seen : [now, ...seen];
    const general = MATCHES.filter((each) => each !== "development" || now === each || Number.isFinite(data.pose.clock?.zero));
    const option = (value, words) => element("option", { value, text: words });
    match.replaceChildren(
      ...general.map((each) => option(each, matchWords(each))),
      element("optgroup", { label: "minutes since the division of" }, ...divisions.map((name) => option(name, name)), option(ANOTHER, "another cell…")),
    );
    match.value = now;
  }
  return {
    element: box,
    show() {
      own.checked = watch.view.scales === "own";
      scales.hidden = !watch.painter.legend.stops || watch.view.range !== null;
      const key = [watch.view.match, watch.version, panes().length].join("|");
      if (key === shown) return;
      shown = key;
      options();
      field.hidden = watch.view.beside.length >= MOST_BESIDE;
    },
  };
}
