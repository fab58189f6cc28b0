/**
 * All embryos laid over each other, as one cloud in motion: one clock of developmental minutes, one choice of cell
 * names, one colour for each name.
 *
 * The list of embryos comes first (pages/collection.py), then the tracks of each, a few at a time; drawing begins
 * with the first. Each is a body of one StageView, at its own frame of its own recording.
 */

import { Clock, Timeline } from "./clock.mjs";
import { Camera } from "./camera.mjs";
import { NoWebGL } from "./scene.mjs";
import { STYLE, StageView, isCanonical } from "./stage_view.mjs";
import { chosenCells, toggled } from "./choice.mjs";
import { element, typesInto } from "./dom.mjs";
import { timebar } from "./timebar.mjs";
import { collectionPainter } from "./collection_colours.mjs";
import { Loading, listed } from "./collection_load.mjs";
import { collectionPanel } from "./collection_panel.mjs";
import { developmentalRange, frameAt, laid, median, middlingShell, NOWHERE, nucleiAbout, timelineOf, whyLeftOut } from "./collection_places.mjs";
import { collectionTools } from "./collection_tools.mjs";
import { searchOf, viewOf } from "./collection_view.mjs";
import { gatherNames } from "./collection_names.mjs";

const ADDRESS_AFTER_MS = 150;
const PANEL_EVERY_MS = 250; // while it plays
const FEWEST = 2;
const FULL_MINUTE = 100; // developmental: about 100 cells, most recordings there
const app = () => window.blastoscope;
const isNarrow = () => matchMedia("(max-width: 800px)").matches;
let current = null;

/** A clientside callback on the page's data. */
export function mount(data) {
  const root = document.getElementById("collection");
  if (!data || !root) return "";
  current?.end();
  current = new Collection(root, data);
  app().collection = current;
  current.open();
  return "";
}

class Collection {
  #ends = [];
  #addressTimer = null;
  #panelTimer = null;
  #toldAt = 0;
  #stop = null;
  #styled = "";
  #painted = "";
  #laidAs = "";
  /** What is laid over each other: {told, tracks, calibration, pose, timeline, body, styles}. */
  entries = [];
  /** Names of all cells, in lineage order. */
  names = [];
  loading = null;
  unloaded = [];
  clock = null;

  constructor(root, data) {
    Object.assign(this, { root, data });
    this.view = viewOf(location.search);
    if (isNarrow() && !/[?&]panel=/.test(location.search)) this.view.panel = false;
    this.stage = root.querySelector(".stage");
    this.tools = collectionTools(root, this);
    this.panel = collectionPanel(root.querySelector(".collection-panel"), this);
    this.#listen();
  }

  // What there is

  /** Ask for the list, then for the tracks. */
  async open() {
    this.#close();
    const stop = (this.#stop = new AbortController());
    const { embryos, real } = this.view;
    const query = (from) => app().address(`/collection.json?${new URLSearchParams({ embryos, real: Number(real), from })}`);
    try {
      const list = await listed(query, (have, total) => this.tools.listing(have, total), stop.signal);
      if (stop.signal.aborted) return;
      this.#take(list);
    } catch (error) {
      if (!stop.signal.aborted) this.#message("The embryos couldn't be listed", `${error.message}.`, this.#again());
    }
  }

  #again() { return element("button", { type: "button", class: "btn btn-secondary", text: "Try again", onclick: () => this.open() }); }

  #take({ embryos, total, shown }) {
    const reasons = embryos.map((told) => ({ told, why: whyLeftOut(told) }));
    this.leftOut = reasons.filter(({ why }) => why);
    this.told = reasons.filter(({ why }) => !why).map(({ told }) => told);
    this.cut = total > shown ? { total, shown } : null;
    if (this.told.length < FEWEST) {
      this.#tooFew();
      return;
    }
    this.shell = middlingShell(this.told);
    this.planned = this.told.map((told) => {
      const timeline = timelineOf(told);
      return { told, timeline, range: developmentalRange(told, timeline) };
    });
    if (!this.#makeStage()) return;
    this.#makeClock();
    this.#load(this.told);
    this.show();
  }

  #tooFew() {
    const some = this.told.length === 1 ? "Only one of them can" : "None of them can";
    const words = this.told.length + this.leftOut.length < FEWEST
      ? "There are fewer than two embryos in this choice."
      : `${some} be laid over others: ${this.leftOut.map(({ told, why }) => `${told.name} is left out, ${why}`).slice(0, 3).join("; ")}.`;
    this.#message("It takes two embryos", words, element("a", { class: "btn btn-primary", href: app().address("/"), text: "All embryos" }));
    this.tools.show();
  }

  #message(title, text, ...actions) {
    this.stage.querySelector(".message")?.remove();
    this.stage.append(element(
      "div", { class: "message", role: "alert" },
      element("h2", { text: title }), element("p", { text }), element("div", { class: "actions" }, ...actions),
    ));
  }

  #makeStage() {
    try {
      this.space = new StageView(this.stage.querySelector(".space-view"), {
        describe: (shown, cell, _frame, world) => this.#describe(shown, cell, world),
        picked: (body, cell, how) => this.#picked(body, cell, how),
        pickedMany: (found, adds) => this.choose([...new Set(found.map(({ body, cell }) => this.entryOf(body).tracks.names[cell]))], adds ? "add" : "only"),
        settled: (camera) => this.change({ camera: isCanonical(camera) ? null : camera.state() }),
        failed: () => this.#message("The graphics card didn't come back", "Load the page again to see the embryos.", this.#again()),
        chosen: () => `${this.view.cells.join(", ")} chosen`,
      }, { camera: Camera.canonical(), label: "All embryos in space" });
    } catch (error) {
      if (!(error instanceof NoWebGL)) throw error;
      this.#message("This browser can't draw the embryos together", "It has no WebGL2. The page of each embryo shows it in the plane.",
        element("a", { class: "btn btn-primary", href: app().address("/"), text: "All embryos" }));
      return false;
    }
    this.space.marks?.axes.pose(this.told[0].pose); // it is drawn before the first embryo has come
    this.#fit();
    return true;
  }

  /** So that the middling shell fits, however few have come. */
  #fit() {
    const [x, y, z] = this.shell;
    const [across, up] = [1.12 * Math.max(x, z), 1.12 * Math.max(y, z)];
    const { width, height } = this.space;
    if (width && height) this.space.camera.fit(Math.min(width, height) / Math.min(width / across, height / up));
  }

  #makeClock() {
    const begins = this.planned.map(({ range }) => range[0]);
    const [first, last] = [Math.floor(Math.min(...begins)), Math.ceil(Math.max(...this.planned.map(({ range }) => range[1])))];
    this.timeline = new Timeline(first, Array.from({ length: last - first + 1 }, (_, i) => first + i));
    this.clock = new Clock(this.timeline);
    this.start = Math.max(Math.ceil(median(begins)), Math.min(FULL_MINUTE, last)); // a moment with much to see
    this.clock.seek(this.view.minute ?? this.start);
    const about = (minute) => Math.round(this.planned.reduce((sum, { told, range }) => sum + nucleiAbout(told, range, minute), 0));
    const counted = { startFrame: first, lastFrame: last, names: [], countAt: about };
    this.timebar = timebar(this.root.querySelector(".time-bar"), this.clock, counted, () => null, {
      readout: () => `${Math.round(this.clock.minutes)} min · ${this.nuclei.toLocaleString("en")} nuclei`,
      more: () => `of ${this.present} embryo${this.present === 1 ? "" : "s"} · minutes after ABal's birth`,
    });
    let playing = false;
    this.clock.subscribe(() => {
      if (!this.root.isConnected) {
        this.end();
        return;
      }
      if (this.clock.playing !== playing) {
        playing = this.clock.playing;
        app().playing = playing;
        if (!playing) app().countRuns?.();
      }
      this.tick();
      this.#keepAddress();
    });
  }

  /** Nuclei at this moment, and the embryos that have any. */
  nuclei = 0;
  present = 0;

  #load(embryos) {
    const waiting = new Map(this.planned.map((planned) => [planned.told, planned]));
    this.loading = new Loading(embryos, {
      address: (path) => app().address(path),
      took: (told, tracks) => this.#took(waiting.get(told), tracks),
      failed: (told, error) => { this.unloaded.push({ told, error }); this.tools.progress(); },
      ended: () => { this.#gathered(); this.show(); },
    });
    this.tools.progress();
  }

  #took({ told, timeline }, tracks) {
    const entry = { told, tracks, timeline, nth: this.told.indexOf(told), styles: new Uint8Array(tracks.names.length).fill(STYLE.plain), ...this.#laid(told) };
    try {
      entry.body = this.space.add(tracks, entry.calibration, entry.pose);
    } catch (error) { // more cells or frames than the stage can number
      this.unloaded.push({ told, error });
      return;
    }
    this.entries.push(entry);
    if (this.entries.length === 1) this.stage.dataset.firstDrawn = String(Math.round(performance.now()));
    this.#paint(entry);
    entry.body.frame = NOWHERE;
    clearTimeout(this.gathering);
    if (this.entries.length < 4 || this.entries.length % 16 === 0) this.#gathered();
    else this.#style(entry);
    this.tools.progress();
    this.tick();
  }

  /** Names of the embryos that have come, for the search and the choice. */
  #gathered() {
    this.names = gatherNames(this.names, this.entries.map(({ tracks }) => tracks.names));
    this.#styled = "";
    this.#styles();
    this.tools.show();
    this.panel.show();
  }

  #laid(told) {
    const { size, scale } = this.view;
    return laid(told, size, scale === "same" ? this.shell : null);
  }

  /** Load what was cancelled or failed. */
  resume() {
    const rest = [...this.loading.left, ...this.unloaded.map(({ told }) => told)];
    this.unloaded = [];
    this.#load(rest);
    this.tools.show();
  }

  entryOf(body) { return this.entries.find((entry) => entry.body === body); }

  // What is shown

  change(part) {
    const before = this.view;
    this.view = { ...before, ...part };
    this.#keepAddress();
    if (this.view.embryos !== before.embryos || this.view.real !== before.real) this.open();
    else this.show();
  }

  choose(names, how = "only") {
    const { cells } = this.view;
    const next = {
      only: () => names,
      add: () => [...new Set([...cells, ...names])],
      toggle: () => names.reduce((terms, name) => toggled(terms, name, this.names), cells),
    }[how]();
    this.change({ cells: next });
  }

  show() {
    const { view, root, space } = this;
    root.classList.toggle("panel-folded", !view.panel);
    this.tools.show();
    if (!space) return;
    const as = `${view.size}|${view.scale}`;
    if (as !== this.#laidAs) {
      this.#laidAs = as;
      for (const entry of this.entries) {
        Object.assign(entry, this.#laid(entry.told));
        entry.body.place(entry.calibration, entry.pose);
      }
    }
    const paint = `${view.colour}|${view.k}`;
    if (paint !== this.#painted) {
      this.#painted = paint;
      for (const entry of this.entries) this.#paint(entry);
    }
    this.#styles();
    space.setCamera(view.camera);
    space.show({ ground: this.data.ground, names: false, shell: false, tails: null });
    this.panel.show();
    this.tick();
  }

  #paint(entry) { this.space.paint(entry.body, collectionPainter(entry.tracks, this.view, this.data.palettes, entry.nth), entry.timeline); }

  #styles() {
    const { view } = this;
    const key = `${view.others}|${view.cells.join()}|${this.names.length}`;
    if (key === this.#styled) return;
    this.#styled = key;
    this.cells = chosenCells(view.cells, this.names).map((cell) => this.names[cell]);
    this.chosen = new Set(this.cells);
    for (const entry of this.entries) this.#style(entry);
  }

  #style(entry) {
    const rest = this.chosen.size ? { dim: STYLE.dim, hide: STYLE.hidden, show: STYLE.plain }[this.view.others] : STYLE.plain;
    let changed = false;
    entry.tracks.names.forEach((name, cell) => {
      const style = this.chosen.has(name) ? STYLE.chosen : rest;
      if (entry.styles[cell] !== style) [entry.styles[cell], changed] = [style, true];
    });
    if (changed) this.space.style(entry.body, entry.styles);
  }

  /** Each embryo goes to its own frame of this minute. */
  tick() {
    const began = performance.now();
    const minute = this.clock.minutes;
    let [nuclei, present] = [0, 0];
    for (const entry of this.entries) {
      const frame = frameAt(entry, minute);
      entry.body.frame = frame;
      if (frame === NOWHERE) continue;
      present += 1;
      nuclei += entry.tracks.countAt(Math.floor(frame));
    }
    this.nuclei = nuclei;
    this.present = present;
    if (this.clock.playing) this.space.drawNow();
    else this.space.draw();
    this.timebar.show();
    this.scriptMs = performance.now() - began;
    this.#tellSoon();
  }

  #tellSoon() {
    const wait = this.clock.playing ? PANEL_EVERY_MS - (performance.now() - this.#toldAt) : 0;
    if (this.#panelTimer !== null) return;
    this.#panelTimer = setTimeout(() => {
      this.#panelTimer = null;
      this.#toldAt = performance.now();
      this.panel.tick();
    }, Math.max(wait, 0));
  }

  #describe({ body, tracks }, cell, world) {
    const { told } = this.entryOf(body);
    const place = world.map((value) => value.toFixed(1));
    return [tracks.names[cell], told.name, `A–P ${place[0]}, D–V ${place[1]}, L–R ${place[2]} µm`];
  }

  #picked(body, cell, how) {
    const name = this.entryOf(body).tracks.names[cell];
    const [terms, way] = {
      only: [[name], "only"], toggle: [[name], "toggle"], sublineage: [[`${name}*`], "only"], "add sublineage": [[`${name}*`], "add"],
    }[how];
    this.choose(terms, way);
  }

  // What happens

  #listen() {
    const on = (target, type, told, capture = false) => {
      target.addEventListener(type, told, capture);
      this.#ends.push(() => target.removeEventListener(type, told, capture));
    };
    on(document, "keydown", (event) => this.#key(event));
    on(document, "click", (event) => { if (event.target.closest?.("#share-link")) this.writeAddress(); }, true);
    const resized = new ResizeObserver(() => {
      if (!this.space) return;
      this.space.resize();
      this.#fit();
    });
    resized.observe(this.stage);
    this.#ends.push(() => resized.disconnect());
    // Who goes to another page of the program gets the memory of all embryos back.
    const left = new MutationObserver(() => { if (!this.root.isConnected) this.end(); });
    left.observe(document.getElementById("page"), { childList: true, subtree: true });
    this.#ends.push(() => left.disconnect());
  }

  #key(event) {
    const { clock } = this;
    if (!this.root.isConnected || !clock || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (typesInto(event.target)) return;
    const pressed = event.target instanceof Element ? event.target.closest("button, a, summary") : null;
    const acts = {
      ArrowRight: () => clock.step(1),
      ArrowLeft: () => clock.step(-1),
      Home: () => clock.seek(clock.range[0]),
      End: () => clock.seek(clock.range[1]),
      Escape: () => this.change({ cells: [] }),
      " ": () => clock.toggle(),
    };
    const act = acts[event.key];
    if (act ? event.key === " " && pressed : !this.space?.key(event)) return;
    event.preventDefault();
    act?.();
  }

  #keepAddress() {
    clearTimeout(this.#addressTimer);
    if (this.clock?.playing) return;
    this.#addressTimer = setTimeout(() => this.root.isConnected && this.writeAddress(), ADDRESS_AFTER_MS);
  }

  writeAddress() {
    const minute = this.clock && this.clock.frame !== this.start ? this.clock.frame : this.clock ? null : this.view.minute;
    const search = searchOf({ ...this.view, minute });
    if (search !== location.search) history.replaceState(history.state, "", search + location.hash);
  }

  #close() {
    this.#stop?.abort();
    this.loading?.cancel();
    if (this.clock) {
      this.clock.pause();
      this.view.minute = this.clock.frame === this.start ? null : this.clock.frame;
    }
    this.space?.end();
    this.space = this.clock = this.loading = null;
    this.stage.querySelector(".message")?.remove();
    this.stage.querySelector(".space-view").replaceChildren();
    this.root.querySelector(".time-bar").replaceChildren();
    Object.assign(this, { entries: [], unloaded: [], told: [], leftOut: [], planned: [], cut: null, cells: [], chosen: new Set() });
    this.names = [];
    this.#styled = this.#painted = this.#laidAs = "";
    this.tools.show();
    this.panel.show();
  }

  end() {
    this.#close();
    app().playing = false;
    clearTimeout(this.#addressTimer);
    clearTimeout(this.#panelTimer);
    for (const end of this.#ends.splice(0)) end();
    if (app().collection === this) delete app().collection;
    if (current === this) current = null;
  }
}
