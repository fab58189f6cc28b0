/**
 * The embryo's page: one view, one clock and one choice, and the parts that show them (stage, plane, tree,
 * panel, time line). A part is made with its element and the page (`watch`), and is told by
 *
 *   show()     the view or the data changed    tick()    the clock's time changed, each frame while it plays
 *   hovered()  another cell is under the pointer         resize(), end()
 *
 * The server says once what it knows (`data`, see pages/embryo.py); from then on the browser asks nothing.
 */

import { load } from "./tracks.mjs";
import { Clock, Timeline } from "./clock.mjs";
import { chosenCells, MOST_TERMS, toggled } from "./choice.mjs";
import { tellKeys } from "./keys.mjs";
import { element, typesInto } from "./dom.mjs";
import { mixed, painter } from "./colours.mjs";
import { timebar } from "./timebar.mjs";
import { makeCells } from "./cells_part.mjs";
import { makePlane } from "./plane_part.mjs";
import { makeStage } from "./stage.mjs";
import { makeTree } from "./tree.mjs";
import { makeTools } from "./watch_tools.mjs";
import { makeRoom } from "./watch_room.mjs";
import { lazyPart } from "./lazy_part.mjs";
import { makeLegend } from "./legend.mjs";
import { History } from "./watch_history.mjs";
import { isNewer, searchOf, viewOf } from "./watch_view.mjs";

const ADDRESS_AFTER_MS = 150;
const KEYS = [
  [["Space"], "play and pause"],
  [["←", "→"], "one frame back, one frame on"],
  [["Home", "End"], "the first, the last frame"],
  [["Ctrl", "Z"], "undo what was chosen, coloured or folded; with Shift do it again"],
];
const app = () => window.blastoscope;
const isNarrow = () => matchMedia("(max-width: 800px)").matches;
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
  if (!data.tracks) return ""; // a deleted one
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

/** When what is seen first has been drawn. */
const resting = () => new Promise((resolve) => (window.requestIdleCallback ?? setTimeout)(() => resolve(), { timeout: 1500 }));

class Watch {
  #addressTimer = null;
  #ends = [];
  #history = new History();
  #parts = [];
  #painted = { key: null };
  /** Columns of models' results to colour by, see colours.mjs. */
  results = new Map();
  /** The range of a scale of colours that embryos side by side share; null for that of the page's own. */
  range = null;
  /** Raised whenever the data changed: calibration, pose, a result's values. */
  version = 0;
  hoveredCell = -1;
  cells = [];

  constructor(root, data, tracks) {
    this.root = root;
    this.tracks = tracks;
    this.view = viewOf(location.search);
    if (isNewer(location.search)) this.toast("This address was made by a newer Blastoscope; some of its view may be missing here.");
    if (isNarrow()) { // tree and panel are sheets over the stage
      for (const sheet of ["panel", "tree"]) if (!new RegExp(`[?&]${sheet}=`).test(location.search)) this.view[sheet] = false;
    }
    this.chosen = new Uint8Array(tracks.names.length);
    this.#take(data);
    this.clock = new Clock(this.timeline, { range: [tracks.startFrame, tracks.lastFrame] });
    if (this.view.frame !== null) this.clock.seek(this.view.frame);
    this.timebar = timebar(root.querySelector(".time-bar"), this.clock, tracks, (minutes) => this.developmental(minutes));
    const find = (selector) => root.querySelector(selector);
    const legend = makeLegend(this);
    find(".stage").append(legend.element);
    this.#parts = [
      makeRoom(root, this),
      makeTools(find(".watch-tools"), this),
      legend,
      makeStage(find(".space-view"), this),
      makePlane(find(".plane-view"), this),
      makeTree(find(".tree-box"), this),
      makeCells(find(".tab-cells"), this),
      this.#later(() => this.view.beside.length > 0, () => import("./beside.mjs"), ({ makeBeside }) => makeBeside(find(".beside-view"), this)),
      this.#later(() => this.view.panel && this.view.tab === "neighbours", () => import("./neighbours_panel.mjs"),
        ({ makeNeighbours }) => makeNeighbours(find(".tab-neighbours"), this)),
      this.#later(() => true, () => resting().then(() => import("./notes.mjs")), ({ makeNotes }) => makeNotes(find(".tab-notes"), this)),
    ];
    this.#listen();
    this.show();
    Object.assign(app(), { watching: this });
    this.#readySoon();
  }

  /** The page says so when there is something to see; the plane does that itself when its axes are drawn. */
  #readySoon() {
    if (this.view.stage === "plane" && this.view.beside.length === 0) return;
    if (this.space?.draws > 0 || this.beside || this.noSpace) this.root.dataset.ready = "true";
    else if (this.root.isConnected) requestAnimationFrame(() => this.#readySoon());
  }

  /** A part that is fetched when it is first wanted. */
  #later(wanted, fetched, make) { return lazyPart(this, wanted, fetched, make); }

  // What the page says

  #take(data) {
    this.data = data;
    this.timeline = new Timeline(data.first_frame, data.minutes);
    this.version += 1;
  }

  correct(data) {
    this.#take(data);
    this.clock.retime(this.timeline, [this.tracks.startFrame, this.tracks.lastFrame]);
    this.timebar.retimed();
    this.show();
  }

  /** Another way in which the embryo lies (see services/pose.py): seen at once, saved by who sets it. */
  setPose(pose) { this.correct({ ...this.data, pose }); }

  /** Minutes after the birth of ABal, or null where they aren't known. */
  developmental(minutes) {
    const { zero, rate } = this.data.pose.clock;
    return zero === null ? null : (minutes - zero) * rate;
  }

  // What is shown

  /** Set fields of the view (see watch_view.mjs), show it and keep it in the address. */
  change(part) {
    this.#history.note(this.view, part);
    this.#set(part);
  }

  /** Take back the last change of what is chosen, coloured or folded; `redo` does it again. */
  undo() { this.#return(this.#history.undo(this.view), "There is nothing more to undo."); }

  redo() { this.#return(this.#history.redo(this.view), "There is nothing more to redo."); }

  /** Show the view that a query string holds, time included. A story that plays leaves nothing to undo. */
  go(search, { undoable = true } = {}) {
    const view = viewOf(search);
    if (undoable) this.#history.note(this.view, view);
    this.#set(view);
    this.clock.seek(view.frame ?? this.clock.range[0]);
  }

  #set(part) {
    this.view = { ...this.view, ...part };
    this.show();
    this.#keepAddress();
  }

  #return(part, words) {
    if (part) this.#set(part);
    else this.toast(words);
  }

  /** Choose cells by their names: these "only", each "toggle"d, or "add"ed. Names may be terms, see choice.mjs. */
  choose(names, how = "only") {
    const { cells } = this.view;
    const next = {
      only: () => names,
      add: () => [...new Set([...cells, ...names])],
      toggle: () => names.reduce((terms, name) => toggled(terms, name, this.tracks.names), cells),
    }[how]();
    if (next.length > MOST_TERMS) this.toast(`${next.length} names are too many for an address: the first ${MOST_TERMS} are chosen. A sublineage such as ABpl* counts as one.`);
    this.change({ cells: next.slice(0, MOST_TERMS) });
  }

  /** The cell under the pointer, in whichever part; -1 for none. */
  hover(cell) {
    if (cell === this.hoveredCell) return;
    this.hoveredCell = cell;
    for (const part of this.#parts) part.hovered?.();
  }

  show() {
    const { view, tracks } = this;
    if (this.shownTerms !== view.cells) {
      this.shownTerms = view.cells;
      this.cells = chosenCells(view.cells, tracks.names);
      this.chosen.fill(0);
      for (const cell of this.cells) this.chosen[cell] = 1;
    }
    this.#paint();
    for (const part of this.#parts) part.show?.();
  }

  #paint() {
    const { view, tracks, data } = this;
    const key = [view.colour, view.k, view.range, view.rules, this.range, this.version, this.results.size].join("|");
    if (key === this.#painted.key) return;
    this.#painted.key = key;
    this.painter = painter(tracks, view, data.palettes, this);
    // A line stands for a whole life, a colour of a scale only for a moment of it.
    this.linePainter = this.painter.scale ? painter(tracks, { ...view, colour: "safe" }, data.palettes, this) : this.painter;
    this.lineKey = key;
  }

  /** The colour of a cell's line: that of its first row. */
  lineColour = (cell) => {
    const row = this.tracks.firstRow[cell];
    const colour = this.linePainter.colours[this.linePainter.of(cell, row, row, 0)];
    return this.theme() === "light" ? mixed(colour, "#1b1f24", 0.3) : colour; // on a white page darker
  };

  // What parts use of the program

  address(path) { return app().address(path); }

  toast(text, action) { app().toast(text, action); }

  theme() { return app().theme(); }

  isNarrow() { return isNarrow(); }

  /** Plotly is large: it is loaded when something needs it. Dash's own graphs use the same one. */
  plotly() {
    this.plotlyLoading ??= window.Plotly ? Promise.resolve(window.Plotly) : new Promise((resolve, reject) => {
      const failed = () => reject(new Error("Plotly didn't load"));
      document.head.append(element("script", { src: this.address(this.data.plotly), onload: () => resolve(window.Plotly), onerror: failed }));
    });
    return this.plotlyLoading;
  }

  // What happens

  #listen() {
    const { clock, root } = this;
    tellKeys("Time and the page", KEYS);
    const on = (target, type, told, capture = false) => {
      target.addEventListener(type, told, capture);
      this.#ends.push(() => target.removeEventListener(type, told, capture));
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
      for (const part of this.#parts) part.tick?.();
      this.timebar.show();
      this.#keepAddress();
    });
    on(document, "keydown", (event) => this.#key(event));
    // The address that is shared is that of now, also while it plays.
    on(document, "click", (event) => { if (event.target.closest?.("#share-link")) this.writeAddress(); }, true);
    on(window, "themechange", () => this.show());
    const resized = new ResizeObserver(() => { for (const part of this.#parts) part.resize?.(); });
    for (const selector of [".stage", ".tree-box", ".cells-panel"]) resized.observe(root.querySelector(selector));
    this.#ends.push(() => resized.disconnect());
  }

  #key(event) {
    const { clock } = this;
    if (!this.root.isConnected || event.defaultPrevented || event.altKey) return;
    if (typesInto(event.target) || document.querySelector(".modal.show, .offcanvas.show, dialog[open]")) return;
    if (event.ctrlKey || event.metaKey) {
      const act = { z: () => (event.shiftKey ? this.redo() : this.undo()), y: () => this.redo() }[event.key.toLowerCase()];
      if (act) { event.preventDefault(); act(); }
      return;
    }
    const pressed = event.target instanceof Element ? event.target.closest("button, a, summary, [role=separator], [role=tab]") : null;
    const acts = {
      ArrowRight: () => clock.step(1),
      ArrowLeft: () => clock.step(-1),
      Home: () => clock.seek(clock.range[0]),
      End: () => clock.seek(clock.range[1]),
      Escape: () => this.change({ cells: [] }),
      " ": () => clock.toggle(),
    };
    const act = acts[event.key];
    if (!act || (event.key === " " && pressed) || /separator|tab/.test(pressed?.getAttribute("role") ?? "")) return;
    if (event.target instanceof Element && event.target.closest("[role=dialog], [role=menu], .dropdown-menu, .popover-box")) return;
    event.preventDefault();
    act();
  }

  /** Soon, but not while it plays: browsers ask for the page's icon again when its address changes. */
  #keepAddress() {
    clearTimeout(this.#addressTimer);
    if (this.clock.playing) return;
    this.#addressTimer = setTimeout(() => this.root.isConnected && this.writeAddress(), ADDRESS_AFTER_MS);
  }

  /** The query string of what is seen now. */
  search() {
    const atStart = this.clock.frame === this.clock.range[0];
    return searchOf({ ...this.view, frame: atStart ? null : this.clock.frame });
  }

  writeAddress() {
    const search = this.search();
    if (search !== location.search) history.replaceState(history.state, "", search + location.hash);
  }

  end() {
    this.clock.pause();
    app().playing = false;
    clearTimeout(this.#addressTimer);
    for (const end of this.#ends.splice(0)) end();
    for (const part of this.#parts.splice(0)) part.end?.();
    if (app().watching === this) delete app().watching;
    if (current === this) current = null;
  }
}
