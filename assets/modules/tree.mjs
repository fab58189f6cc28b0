/**
 * The lineage tree: a part of the embryo's page (watch.mjs), with the same colours, choice and clock as the stage.
 *
 * What stands still is drawn once (tree_canvas.mjs, `drawTree`). The line of now is an element of its own that is
 * only moved; the cells alive now and the one under the pointer lie on a second canvas.
 */

import { element } from "./dom.mjs";
import { Gestures } from "./gestures.mjs";
import { tellKeys } from "./keys.mjs";
import { isSulston, mother } from "./lineage.mjs";
import { branchWidth, drawMoving, drawTree } from "./tree_canvas.mjs";
import { alongPainter, branchRuns, linesOn } from "./tree_branches.mjs";
import { saveTree } from "./tree_files.mjs";
import { branchAt, firstBranch, stepped, treeLayout } from "./tree_layout.mjs";
import { oddDivisions, oddWords } from "./tree_timing.mjs";
import { alongLegend, listOdd, treeTools } from "./tree_tools.mjs";
import { AXIS_PX, TreeView } from "./tree_view.mjs";

const MISS_PX = 6; // so far beside a branch is still on it
const ALIVE_MS = 83; // while it plays, cells alive are marked a dozen times a second
const KEY_ZOOM = 1.4;
const KEY_PAN = 60;
const WAYS = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };
const PANS = { ArrowUp: [0, KEY_PAN], ArrowDown: [0, -KEY_PAN], ArrowLeft: [KEY_PAN, 0], ArrowRight: [-KEY_PAN, 0] };
const KEYS = [
  [["↑", "↓"], "mother, first daughter"],
  [["←", "→"], "sister, or the next branch of as many divisions"],
  [["Enter"], "choose the cell; with Shift add it"],
  [["F"], "fold or unfold what descends from it"],
  [["R"], "see it and what descends from it alone"],
  [["Esc"], "back to the whole tree"],
  [["+", "−", "0"], "nearer, farther, the whole tree; Shift with arrows moves it"],
];

const round = (minutes) => Math.round(minutes);
const number = (value) => (Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(3)).toString());

/** The tree in `root`, told of by `watch`. */
export function makeTree(root, watch) {
  tellKeys("Lineage tree (when it has the focus)", KEYS);
  watch.tree = new Tree(root, watch);
  return watch.tree;
}

class Tree {
  #view = new TreeView();
  #keys = { layout: null, runs: null, drawn: null, odd: null };
  #cursor = null; // the branch that keys and tools act on, by name
  #terms = null; // of the choice that was last seen
  #isRinged = false; // reached by keys, so its place is shown
  #reference = null; // cell -> [division, sd], once fetched
  #request = { base: false, moving: false, handle: null };
  #aliveFrame = null;
  #aliveAt = 0;
  #now = { y: null, told: null };
  #isHovering = false;
  #ends = [];
  draws = { base: 0, moving: 0 };

  constructor(root, watch) {
    Object.assign(this, { root, watch });
    this.base = element("canvas", { class: "tree-canvas", "aria-hidden": "true" });
    this.moving = element("canvas", { class: "tree-canvas", "aria-hidden": "true" });
    this.nowHandle = element("b", { class: "tree-now-handle" });
    this.nowLine = element("div", { class: "tree-now", "aria-hidden": "true" }, this.nowHandle);
    this.axis = element("div", { class: "tree-axis", title: "Minutes of the recording; drag to move time" });
    this.tip = element("div", { class: "tree-tip", role: "tooltip", hidden: true });
    this.nothing = element("p", { class: "tree-nothing quiet", hidden: true });
    this.legend = element("div", { class: "tree-legend", hidden: true });
    this.field = element(
      "div",
      { class: "tree-field", tabindex: "0", role: "application", "aria-roledescription": "lineage tree", "aria-label": "" },
      this.base, this.moving, this.nowLine, this.axis, this.nothing, this.tip,
    );
    this.tools = element("div", { class: "tree-tools" });
    this.oddBox = element("details", { class: "tree-odd", hidden: true });
    this.voice = element("div", { class: "visually-hidden", role: "status" });
    root.replaceChildren(this.tools, this.field, this.legend, this.oddBox, this.voice);
    // Drawn by the CPU: thin upright lines cost it little, and a graphics card isn't needed.
    [this.baseContext, this.movingContext] = [this.base, this.moving].map((canvas) => canvas.getContext("2d", { willReadFrequently: true }));
    this.toolRow = treeTools(this.tools, {
      along: (along) => watch.change({ along }),
      odd: () => watch.change({ odd: !watch.view.odd }),
      fold: () => this.#fold(this.#current),
      unfold: () => watch.change({ folded: [] }),
      rootAt: (name) => watch.change({ root: name }),
      rootHere: () => this.#rootAt(this.#current),
      fit: () => this.fit(),
      save: (form) => saveTree(form, watch, this),
    });
    this.#listen();
  }

  // What is shown

  /** After a change of the view or the data: only what differs is made anew. */
  show() {
    const { watch } = this;
    const { view } = watch;
    if (view.cells !== this.#terms) { // chosen elsewhere: what was looked at here is past
      this.#terms = view.cells;
      if (!watch.cells.some((cell) => watch.tracks.names[cell] === this.#cursor)) this.#cursor = null;
    }
    const layoutKey = [view.root, view.folded.join(), watch.version].join("|");
    if (layoutKey !== this.#keys.layout) this.#layOut(layoutKey);
    this.painter = view.along ? this.#alongPainter(view.along) : watch.painter;
    const theme = watch.theme();
    const runsKey = [layoutKey, this.painter.key ?? watch.lineKey, theme].join("|");
    if (runsKey !== this.#keys.runs) this.#paint(runsKey);
    this.#showOdd(view);
    const shown = [runsKey, view.cells.join(), view.others, view.odd, this.odd?.size ?? 0].join("|");
    if (shown !== this.#keys.drawn) {
      this.#keys.drawn = shown;
      this.#schedule("base");
    }
    this.#showTools(view);
    this.tick();
  }

  #layOut(key) {
    const { tracks, timeline, view } = this.watch;
    const before = this.layout;
    const anchor = before && !this.#view.isFitted ? before.nodes.find(({ name }) => name === this.#cursor) : null;
    const rootChanged = this.#keys.layout === null || view.root !== this.shownRoot;
    this.#keys.layout = key;
    this.shownRoot = view.root;
    this.layout = treeLayout(tracks, timeline, { root: view.root, folded: view.folded });
    if (rootChanged) this.#view.isFitted = true;
    this.#fitField();
    const stays = anchor && this.layout.nodes.find(({ name }) => name === anchor.name);
    if (stays && !rootChanged) this.#view.panBy((anchor.x - stays.x) * this.#view.perX, 0); // what is folded stays in place
    const some = this.layout.nodes.length > 0;
    this.nothing.hidden = some;
    if (!some) this.nothing.textContent = view.root ? `This embryo follows no cell of ${view.root}.` : "This embryo follows no cells.";
    const cells = this.layout.nodes.filter(({ parent }) => parent === null).reduce((sum, { cells: count }) => sum + count, 0);
    this.field.setAttribute("aria-label", `Lineage tree${view.root ? ` of ${view.root}` : ""}, ${cells} cells. Arrow keys walk it, Enter chooses.`);
  }

  #alongPainter(measure) {
    if (this.along?.measure !== measure) this.along = { measure, painter: alongPainter(this.watch.tracks, measure) };
    return this.along.painter;
  }

  #paint(key) {
    const { tracks, timeline, view } = this.watch;
    this.#keys.runs = key;
    // Black to red, or green to red, is told on paper: on the dark ground its black would be nothing.
    if (this.painter.scale) this.field.setAttribute("data-bs-theme", "light");
    else this.field.removeAttribute("data-bs-theme");
    const styles = getComputedStyle(this.field);
    const token = (name) => styles.getPropertyValue(`--${name}`).trim();
    this.ink = {
      text: token("text"), quiet: token("quiet"), line: token("line"), ground: token("surface"),
      warning: token("warning"), accent: token("accent"),
    };
    this.runs = branchRuns(tracks, timeline, this.layout, this.painter);
    this.colours = linesOn(this.painter, this.ink.ground, this.ink.text);
    this.legend.hidden = !view.along;
    if (view.along) this.legend.replaceChildren(...alongLegend(this.painter.legend));
  }

  #showTools(view) {
    const ancestors = [];
    for (let name = view.root && mother(view.root); name; name = mother(name)) ancestors.unshift(name);
    this.toolRow.fitted(this.#view.isFitted);
    this.toolRow.show({
      view, current: this.#current, isWhole: view.root === "", whyNoOdd: this.#whyNoOdd(),
      ancestors: ancestors.length > 3 ? ancestors.slice(-2) : ancestors,
    });
  }

  /** The branch that keys and tools act on: where one went last in the tree, else the first chosen cell's. */
  get #current() {
    const own = this.#cursor && this.layout.nodes.find(({ name, cell }) => cell >= 0 && name === this.#cursor);
    return own || (this.layout.of[this.watch.cells[0]] ?? null);
  }

  get #scene() {
    const { watch } = this;
    return {
      layout: this.layout, view: this.#view, runs: this.runs, colours: this.colours, isRamp: this.painter.scale === true,
      chosen: watch.chosen, some: watch.cells.length > 0, others: watch.view.others, odd: this.odd, ink: this.ink,
    };
  }

  // Odd divisions

  #whyNoOdd() {
    const { species, pose, reference } = this.watch.data;
    if (species && !/elegans/i.test(species)) return `The measured times are of C. elegans; this embryo is ${species}.`;
    if (!reference) return "The measured times aren't here.";
    const clock = this.#clock(pose);
    return clock ? "" : "The developmental clock of this embryo isn't known: its names don't tell it.";
  }

  #clock(pose) { return pose?.clock && pose.clock.zero !== null ? pose.clock : null; }

  #showOdd(view) {
    const isOn = view.odd && !this.#whyNoOdd();
    this.oddBox.hidden = !isOn;
    const { watch } = this;
    const clock = this.#clock(watch.data.pose);
    const key = isOn ? [this.#keys.layout, clock.zero, clock.rate, this.#reference !== null].join("|") : "";
    if (key === this.#keys.odd) return;
    this.#keys.odd = key;
    this.odd = null;
    if (!isOn) return;
    if (!this.#reference) {
      this.#fetchReference();
      return;
    }
    const found = oddDivisions(watch.tracks, watch.timeline, this.#reference, clock);
    const { of } = this.layout;
    this.odd = new Map(found.filter(({ cell }) => of[cell]?.cell === cell).map((each) => [of[each.cell], each]));
    const shown = found.filter(({ cell }) => of[cell]);
    listOdd(this.oddBox, shown, watch.tracks.names, (each) => this.#goTo(each.cell, each.at));
  }

  async #fetchReference() {
    const { watch } = this;
    try {
      const response = await fetch(watch.address(watch.data.reference));
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      this.#reference = await response.json();
    } catch (error) {
      watch.toast(`The measured times of division didn't come: ${error.message}`);
      watch.change({ odd: false });
      return;
    }
    if (this.root.isConnected) this.show();
  }

  // Drawing

  resize() {
    if (!this.layout || !this.#fitField()) return;
    this.#drawAll(); // at once: a canvas that was resized is empty
    this.toolRow.fitted(this.#view.isFitted);
    this.tick();
  }

  fit() {
    this.#view.fit();
    this.#viewed();
  }

  /** Take the field's size, and the layout into it; true when either is new. */
  #fitField() {
    const { clientWidth: width, clientHeight: height } = this.field;
    const pixels = Math.min(window.devicePixelRatio || 1, 2);
    if (!width || !height) return false;
    const isSame = this.size?.width === width && this.size.height === height && this.pixels === pixels;
    if (isSame && this.#view.layout === this.layout) return false;
    this.#view.set(this.layout, width, height);
    if (isSame) return true;
    Object.assign(this, { size: { width, height }, pixels });
    for (const canvas of [this.base, this.moving]) {
      canvas.width = Math.round(width * pixels);
      canvas.height = Math.round(height * pixels);
    }
    return true;
  }

  get #isSeen() { return this.field.clientWidth > 0 && this.field.clientHeight > 0 && this.size !== undefined; }

  #viewed() {
    this.#schedule("base");
    this.toolRow.fitted(this.#view.isFitted);
    this.tick();
  }

  #schedule(what) {
    this.#request[what] = true;
    this.#request.handle ??= requestAnimationFrame(() => {
      const { base } = this.#request;
      this.#request = { base: false, moving: false, handle: null };
      if (base) this.#drawAll();
      else this.#drawMoving();
    });
  }

  #drawAll() {
    if (!this.#isSeen) {
      this.#keys.drawn = null; // when it is seen again
      return;
    }
    drawTree(this.baseContext, this.#scene, this.pixels);
    this.draws.base += 1;
    this.#drawMoving();
  }

  #drawMoving() {
    if (!this.#isSeen) return;
    const { watch } = this;
    const { clock, tracks } = watch;
    this.#aliveFrame = Math.floor(clock.frame);
    this.#aliveAt = performance.now();
    drawMoving(this.movingContext, this.#scene, this.pixels, {
      alive: this.#alive(tracks), hovered: this.layout.of[watch.hoveredCell] ?? null, isTold: this.#isHovering,
      cursor: this.#isRinged ? this.#current : null, now: clock.playing ? null : clock.minutes,
    });
    this.draws.moving += 1;
  }

  #alive(tracks) {
    return Array.from(tracks.rowsAt(this.#aliveFrame), (row) => tracks.cells[row]);
  }

  /** The clock's time changed. */
  tick() {
    const { clock } = this.watch;
    if (!this.size) return;
    const y = Math.round(this.#view.yOf(clock.minutes) * 2) / 2;
    if (y !== this.#now.y) {
      this.#now.y = y;
      const isIn = y >= -1 && y <= this.size.height + 1;
      this.nowLine.style.transform = `translateY(${isIn ? y : -99}px)`;
    }
    const told = round(clock.minutes);
    if (told !== this.#now.told) this.nowHandle.textContent = this.#now.told = told;
    if (!clock.playing) this.#schedule("moving");
    else if (Math.floor(clock.frame) !== this.#aliveFrame && performance.now() - this.#aliveAt > ALIVE_MS) this.#schedule("moving");
  }

  /** Another cell is under the pointer, here or elsewhere. */
  hovered() {
    if (!this.#isHovering) this.tip.hidden = true;
    this.#schedule("moving");
  }

  /** What is drawn, for tests: [{name, x, from, until (CSS px), colour, chosen, alive, folded, odd}]. */
  drawn() {
    const { watch } = this;
    const alive = new Set(this.#alive(watch.tracks).map((cell) => this.layout.of[cell]));
    return this.layout.nodes.filter(({ cell }) => cell >= 0).map((node) => ({
      name: node.name, x: this.#view.xOf(node.x), from: this.#view.yOf(node.from), until: this.#view.yOf(node.until),
      width: branchWidth(this.#view.perX, this.painter.scale === true), colour: this.colours[this.runs.ends[node.index]],
      chosen: watch.chosen[node.cell] === 1, alive: alive.has(node), folded: node.folded, odd: this.odd?.get(node)?.kind ?? null,
    }));
  }

  // The hand

  #listen() {
    const { field, axis, watch } = this;
    const on = (target, type, told, options) => {
      target.addEventListener(type, told, options);
      this.#ends.push(() => target.removeEventListener(type, told, options));
    };
    on(field, "wheel", (event) => this.#wheel(event), { passive: false });
    const pan = (dx, dy) => {
      this.#view.panBy(dx, dy);
      this.#viewed();
    };
    // Places of the window, not of the field: to choose may open the panel, and the field moves under the hand.
    const at = (told) => (x, y, ...more) => {
      const box = field.getBoundingClientRect();
      return told(x - box.left, y - box.top, ...more);
    };
    const gestures = new Gestures(field, {
      turn: pan,
      pan,
      zoom: (factor, ...place) => at((x, y) => {
        // Branches are narrow long before they are short, so that width comes nearer faster than time.
        this.#view.zoomBy(factor, Math.sqrt(factor), x, y);
        this.#viewed();
      })(...place),
      tap: at((x, y, { adds }) => this.#tap(x, y, adds)),
      doubleTap: (_x, _y, { last }) => last && this.#chooseSublineage(last),
      hover: at((x, y) => this.#hover(x, y)),
      left: () => this.#hover(null),
    }, { place: ({ clientX: x, clientY: y }) => ({ x, y }) });
    this.#ends.push(() => gestures.end());
    const seek = (event) => {
      watch.clock.seekMinutes(this.#view.minuteAt(event.clientY - field.getBoundingClientRect().top));
    };
    on(axis, "pointerdown", (event) => {
      event.stopPropagation();
      event.preventDefault();
      axis.setPointerCapture(event.pointerId);
      seek(event);
    });
    on(axis, "pointermove", (event) => {
      event.stopPropagation();
      this.#hover(null);
      if (axis.hasPointerCapture(event.pointerId)) seek(event);
    });
    on(axis, "pointerup", () => { if (!watch.clock.playing) watch.clock.seek(Math.round(watch.clock.frame)); });
    const resized = new ResizeObserver(() => this.resize()); // also when the list or the row of tools grows
    resized.observe(field);
    this.#ends.push(() => resized.disconnect());
    on(field, "keydown", (event) => this.#key(event));
    on(field, "blur", () => {
      this.#isRinged = false;
      this.#schedule("moving");
    });
  }

  /** To the side it moves the tree; over the time axis it stretches time alone. The rest is zoom. */
  #wheel(event) {
    const overAxis = event.target === this.axis;
    if (!overAxis && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (overAxis) {
      const y = event.clientY - this.field.getBoundingClientRect().top;
      this.#view.zoomBy(1, Math.exp(-Math.min(Math.max(event.deltaY, -300), 300) * 0.0014), AXIS_PX, y);
    } else this.#view.panBy(-event.deltaX, -event.deltaY);
    this.#viewed();
  }

  #under(x, y) {
    if (x < AXIS_PX) return null;
    const { perX, perMinute } = this.#view;
    return branchAt(this.layout, this.#view.xAt(x), this.#view.minuteAt(y), MISS_PX / perX, MISS_PX / perMinute);
  }

  /** Choose what is at a place, and go there in time; returns the branch, null where there is none. */
  #tap(x, y, adds) {
    const found = this.#under(x, y);
    if (!found) return null;
    const { node, minute } = found;
    this.#cursor = node.name;
    this.#isRinged = false;
    const isFold = node.folded && this.#view.minuteAt(y) > node.until;
    if (isFold) this.#fold(node);
    else {
      this.watch.choose([node.name], adds ? "toggle" : "only");
      this.#seek(node, minute);
    }
    this.#showTools(this.watch.view);
    return isFold ? null : node;
  }

  #chooseSublineage({ name }) { this.watch.choose([isSulston(name) ? `${name}*` : name], "only"); }

  /** Go to a minute of a cell's life: to a frame in which she is there. */
  #seek({ cell }, minute) {
    const { tracks, timeline, clock } = this.watch;
    const [first, last] = [tracks.firstRow[cell], tracks.firstRow[cell + 1] - 1].map((row) => tracks.time[row]);
    clock.seek(Math.min(Math.max(Math.round(timeline.frame(minute)), first, tracks.startFrame), last));
  }

  #goTo(cell, minute) {
    const node = this.layout.of[cell];
    this.watch.choose([this.watch.tracks.names[cell]], "only");
    if (!node) return;
    this.#cursor = node.name;
    this.#seek({ cell }, minute);
    this.#reveal(node);
    this.#showTools(this.watch.view);
  }

  #reveal(node) {
    if (this.#view.reveal(node.x, node.x, node.from, node.until)) this.#viewed();
  }

  #hover(x, y) {
    const found = x === null ? null : this.#under(x, y);
    this.#isHovering = found !== null;
    this.field.classList.toggle("on-branch", this.#isHovering);
    if (!found) {
      this.tip.hidden = true;
      if (this.layout.of[this.watch.hoveredCell]) this.watch.hover(-1);
      return;
    }
    const { node, minute } = found;
    const inFold = node.folded && this.#view.minuteAt(y) > node.until;
    const lines = inFold
      ? [`${node.name}: ${node.cells - 1} cells folded`, "click to unfold"]
      : [node.name, ...this.#lines(node, minute)];
    this.tip.replaceChildren(element("b", { text: lines[0] }), ...lines.slice(1).map((text) => element("div", { text })));
    this.tip.hidden = false;
    const [wide, high] = [this.tip.offsetWidth, this.tip.offsetHeight];
    const left = x + 14 + wide > this.size.width ? Math.max(x - 14 - wide, 2) : x + 14;
    const top = y + 14 + high > this.size.height ? Math.max(y - 14 - high, 2) : y + 14;
    this.tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
    this.watch.hover(node.cell);
  }

  /** What is told of a branch, and of its expression at a minute (null: none). */
  #lines(node, minute) {
    const { tracks, timeline, data, view } = this.watch;
    const isBorn = tracks.previous[tracks.firstRow[node.cell]] >= 0;
    const life = node.until - node.seenFrom;
    const functional = data.cell_names?.[node.name];
    const lines = [
      `${isBorn ? "born" : "first seen"} at ${round(node.seenFrom)} min, ${node.divides
        ? `divides at ${round(node.until)} min` : `followed until ${round(node.seenUntil)} min`} (${isBorn && node.divides ? "" : "≥ "}${life.toFixed(0)} min)`,
    ];
    if (functional) lines.unshift(functional);
    if (minute !== null) {
      const measure = view.along || "blot";
      const row = tracks.rowOf(node.cell, Math.round(timeline.frame(minute)));
      if (row >= 0) lines.push(`${measure} ${number(tracks.value(measure, row))} at ${round(minute)} min`);
    }
    const odd = this.odd?.get(node);
    if (odd) lines.push(oddWords(odd));
    return lines;
  }

  // Keys

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.field) return;
    const act = this.#act(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  #act({ key, shiftKey }) {
    if (shiftKey && PANS[key]) {
      return () => {
        this.#view.panBy(...PANS[key]);
        this.#viewed();
      };
    }
    if (WAYS[key]) return () => this.#step(WAYS[key]);
    const zoom = (factor) => () => {
      this.#view.zoomBy(factor, Math.sqrt(factor), ...this.#middle());
      this.#viewed();
    };
    const node = this.#current;
    const acts = { "+": zoom(KEY_ZOOM), "=": zoom(KEY_ZOOM), "-": zoom(1 / KEY_ZOOM), 0: () => this.fit() };
    if (node) {
      acts.Enter = () => this.#enter(node, shiftKey);
      acts.f = acts.F = () => this.#fold(node);
      acts.r = acts.R = () => this.#rootAt(node);
    }
    if (this.watch.view.root) acts.Escape = () => this.watch.change({ root: "" });
    return acts[key];
  }

  #middle() {
    const node = this.#current;
    const { width, height } = this.size;
    return node ? [this.#view.xOf(node.x), this.#view.yOf(node.until)] : [width / 2, height / 2];
  }

  #step(way) {
    const from = this.#current;
    const to = from === null ? firstBranch(this.layout) : stepped(this.layout, from, way);
    if (!to) return;
    this.#cursor = to.name;
    this.#isRinged = true;
    this.#reveal(to);
    this.#schedule("moving");
    this.#showTools(this.watch.view);
    this.#say(to);
  }

  #say(node) {
    const daughters = node.folded
      ? `${node.cells - 1} cells folded`
      : node.children.filter(({ cell }) => cell >= 0).map(({ name }) => name).join(" and ");
    const chosen = this.watch.chosen[node.cell] ? "chosen" : "";
    this.voice.textContent = [node.name, ...this.#lines(node, null), daughters, chosen].filter(Boolean).join("; ");
  }

  #enter(node, adds) {
    const { watch } = this;
    watch.choose([node.name], adds ? "toggle" : "only");
    const { minutes } = watch.clock;
    if (minutes < node.seenFrom || minutes > node.seenUntil) this.#seek(node, node.seenFrom);
    this.#say(node);
  }

  #fold(node) {
    if (!node || (!node.folded && node.children.length === 0)) return;
    const { folded } = this.watch.view;
    this.#cursor = node.name;
    this.watch.change({ folded: node.folded ? folded.filter((name) => name !== node.name) : [...folded, node.name] });
    const now = this.#current;
    if (now) this.#say(now);
  }

  #rootAt(node) {
    if (!node || node.name === this.watch.view.root) return;
    this.#cursor = node.name;
    this.watch.change({ root: node.name });
    this.voice.textContent = `The tree of ${node.name} alone; Escape goes back.`;
  }

  end() {
    if (this.#request.handle !== null) cancelAnimationFrame(this.#request.handle);
    for (const end of this.#ends.splice(0)) end();
  }
}
