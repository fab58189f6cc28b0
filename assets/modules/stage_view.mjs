/**
 * One or more embryos in space, in an element: a Scene (scene.mjs) on a canvas, the camera under the reader's
 * hands, and over it names, scale bar, axes and what is told of the nucleus under the pointer.
 *
 * It draws when something changed and when the clock says so, at most once an animation frame, and asks for
 * none while all rests. What lies over the canvas is written only where it changed.
 */

import { NoWebGL, Scene } from "./scene.mjs";
import { Camera, between } from "./camera.mjs";
import { element } from "./dom.mjs";
import { Gestures } from "./gestures.mjs";
import { Placed } from "./placed.mjs";
import { Pace } from "./stage_pace.mjs";
import { LabelLayer, MOST_LABELS, Placing, namedOnes } from "./stage_labels.mjs";
import { AxesMark, KEY_OF, ScaleBar } from "./stage_marks.mjs";
import { Tooltip } from "./tooltip.mjs";
import { pictureOf } from "./stage_picture.mjs";

const REST_MS = 140; // so long after the last change it is drawn as at rest
const FLIGHT_MS = 250;
const GIVE_UP_MS = 8000; // for a lost graphics card to come back
const RETELL_MS = 200; // how often the words of the tooltip follow the clock
const TURN_KEY_PX = 40;
const PAN_KEY_PX = 40;
const ZOOM_KEY = 1.2;
const CROWD = 5000; // so many nuclei aren't searched for the one under the pointer at each frame
export const STYLE = { hidden: 0, plain: 1, dim: 2, chosen: 3 };

const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const eased = (share) => (share < 0.5 ? 2 * share * share : 1 - (2 - 2 * share) ** 2 / 2);

export class StageView {
  #shown = []; // {body, tracks, calibration, pose, styles, hasChosen, painter, its key, reach}
  #placed = new Placed();
  #stale = true; // the nuclei's places on the screen are of before
  #asked = 0; // the animation frame that was asked for
  #restTimer = null;
  #movedAt = 0;
  #isFine = false;
  #pace = new Pace();
  #placing = new Placing();
  #labels = [];
  #named = new Set();
  #pointer = null;
  #pointed = null; // {body, cell}
  #highlit = null;
  #focused = null;
  #walked = new Set();
  #toldAt = 0;
  #flight = null;
  #held = null; // the tool while its key is held
  #lostTimer = null;
  #options = { ground: "#0e1116", tails: null, shell: false, names: true, cellNames: {} };
  #drawing = { camera: null, width: 0, height: 0, pixels: 1, ground: "", tails: null, shell: false, fine: true };
  /** How often it was drawn, and the script time (ms) of the last time. */
  draws = 0;
  scriptMs = 0;
  /** Device px per CSS px of the last time. */
  pixels = 1;

  /**
   * Throws NoWebGL (scene.mjs) where the browser has none. `told` has any of
   *   describe({body, tracks, calibration, pose}, cell, frame, world) -> lines of text on a nucleus
   *   picked(body, cell, how)  how: "only", "toggle", "sublineage" or "add sublineage"
   *   pickedMany([{body, cell}], adds)     hovered(body, cell) (null, -1: none)
   *   moved(camera)  at each change of the view by hand      settled(camera)  when the hand is done
   *   lost(isLost)   failed()  the graphics card didn't come back     chosen()  what is chosen, to be said aloud
   * `camera` may be shared by several views; then who shares it fits it (see `radiusFor`). `label` names the view.
   */
  constructor(root, told = {}, { camera = null, label = "The embryo in space", marks = true } = {}) {
    Object.assign(this, { root, told });
    this.canvas = element("canvas", { class: "space-canvas", "aria-hidden": "true" });
    this.scene = new Scene(this.canvas);
    this.camera = camera ?? Camera.canonical();
    this.#fits = camera === null;
    this.surface = element("div", {
      class: "space-surface", tabindex: "0", role: "application", "aria-label": label, "aria-roledescription": "stage in space",
    }, this.canvas);
    root.append(this.surface);
    this.#overlays(marks);
    this.gestures = new Gestures(this.surface, this.#hands());
    const heard = (event) => this.key(event) && event.preventDefault();
    this.surface.addEventListener("keydown", heard);
    this.surface.addEventListener("keyup", (event) => this.keyUp(event));
    this.scene.onlost = () => this.#lost();
    this.scene.onrestored = () => this.#restored();
    this.resize();
  }

  #fits;

  get bodies() { return this.#shown.map(({ body }) => body); }

  // What is there

  /** Show an embryo: its tracks, calibration and pose. Its body (scene.mjs) takes frame, paint and offset. */
  add(tracks, calibration, pose) {
    const body = this.scene.add(tracks, calibration, pose);
    const styles = new Uint8Array(tracks.names.length).fill(STYLE.plain);
    this.#shown.push({ body, tracks, calibration, pose, styles, hasChosen: false, painter: null, key: null });
    body.style(styles);
    this.marks?.axes.pose(this.#shown[0].pose);
    this.fit();
    this.invalidate();
    return body;
  }

  remove(body) {
    this.scene.remove(body);
    this.#shown = this.#shown.filter((each) => each.body !== body);
    this.#pointed = this.#highlit = this.#focused = null;
    this.#hideTips();
    if (this.#shown.length) this.fit();
    this.invalidate();
  }

  /** Another calibration or pose for a body. */
  place(body, calibration, pose) {
    const shown = this.#of(body);
    Object.assign(shown, { calibration, pose, reach: null });
    body.place(calibration, pose);
    this.marks?.axes.pose(this.#shown[0].pose);
    this.fit();
    this.invalidate();
  }

  /** Colour a body's nuclei by a painter (colours.mjs); does nothing where it paints as before. */
  paint(body, painter, timeline) {
    const shown = this.#of(body);
    if (shown.painter === painter || (painter.key !== undefined && shown.key === painter.key)) return;
    Object.assign(shown, { painter, key: painter.key });
    body.paint(painter, timeline);
    this.invalidate();
  }

  /** How each cell of a body is drawn: a Uint8Array of STYLE. Kept, not copied. */
  style(body, styles) {
    Object.assign(this.#of(body), { styles, hasChosen: styles.includes(STYLE.chosen) });
    body.style(styles);
    this.#placing.forget();
    this.invalidate();
  }

  #of(body) { return this.#shown.find((each) => each.body === body); }

  /**
   * What is shown beside the nuclei: {ground, tails: {behind, ahead (frames), width (px), colour, of}, null, or
   * a function of the frame that gives them, shell, names (of chosen cells), cellNames: {cell: functional name}}. What is left out stays.
   */
  show(options) {
    Object.assign(this.#options, options);
    this.fit(); // the shell may be in it now
    this.surface.style.background = this.#options.ground;
    this.invalidate();
  }

  // The camera

  /** The µm around the centre that a camera must fit so that all bodies are seen in a view of this shape. */
  radiusFor(width = this.width, height = this.height) {
    let [across, up] = [1, 1];
    for (const shown of this.#shown) {
      const reach = shown.reach ??= reachOf(shown.tracks, shown.calibration, shown.pose);
      const shell = this.#options.shell && shown.pose.shell ? shellReach(shown.pose.shell) : reach;
      across = Math.max(across, reach.across, shell.across);
      up = Math.max(up, reach.up, shell.up);
    }
    if (!width || !height) return Math.max(across, up);
    return Math.min(width, height) / Math.min(width / across, height / up);
  }

  /** Fit the camera to what is there; zoom and pan stay. */
  fit() { if (this.#fits && this.#shown.length) this.camera.fit(this.radiusFor()); }

  /** Take a camera's state (null: the canonical view) without a flight. Does nothing where it is the same. */
  setCamera(state) {
    this.#flight = null;
    if (state === null ? isCanonical(this.camera) : isSame(this.camera.state(), state)) return;
    this.camera.set(state);
    this.#changed();
  }

  /** The named side ("A", "P", "L", "R", "D", "V") faces the viewer, by a short flight. */
  look(side) {
    const to = new Camera(this.camera.state()).look(side).state();
    this.fly({ ...to, pan: this.camera.pan });
  }

  /** Back to the canonical view. Perspective stays as it is. */
  reset() { this.fly({ ...Camera.canonical().state(), flat: this.camera.flat }); }

  /** Perspective, or with `flat` none. */
  flat(flat) {
    this.camera.flat = flat;
    this.#changed();
    this.told.settled?.(this.camera);
  }

  /** Go to a camera's state in a quarter of a second; at once for readers who want no motion. */
  fly(to) {
    if (isCalm() || !this.isVisible) {
      this.camera.set(to);
      this.#changed();
      this.told.settled?.(this.camera);
      return;
    }
    this.#flight = { from: this.camera.state(), to, began: null };
    this.invalidate();
  }

  #fly(now) {
    const flight = this.#flight;
    flight.began ??= now;
    const share = Math.min((now - flight.began) / FLIGHT_MS, 1);
    const part = eased(share);
    const { from, to } = flight;
    const at = (a, b) => a + part * (b - a);
    this.camera.set({
      turn: between(from.turn, to.turn, part), zoom: from.zoom * (to.zoom / from.zoom) ** part,
      pan: [at(from.pan[0], to.pan[0]), at(from.pan[1], to.pan[1])], flat: to.flat,
    });
    this.#stale = true;
    this.told.moved?.(this.camera);
    if (share < 1) return;
    this.camera.set(to);
    this.#flight = null;
    this.told.settled?.(this.camera);
  }

  #changed() {
    this.#stale = true;
    this.told.moved?.(this.camera);
    this.invalidate();
  }

  // Drawing

  /** Show a frame (with its fraction), in each body where `frame` is a number; drawn with the next animation frame. */
  draw(frame) {
    this.#frame(frame);
    this.invalidate();
  }

  /** The same, drawn at once: for who is in an animation frame already. */
  drawNow(frame) {
    this.#frame(frame);
    if (this.#asked) cancelAnimationFrame(this.#asked);
    this.#asked = 0;
    this.#draw(performance.now(), true);
  }

  #frame(frame) {
    if (typeof frame === "number") for (const { body } of this.#shown) body.frame = frame;
    this.#stale = true;
  }

  /** Something changed: draw with the next animation frame. */
  invalidate() {
    this.#stale = true;
    if (!this.#asked) this.#asked = requestAnimationFrame(this.#onFrame);
  }

  #onFrame = (now) => {
    this.#asked = 0;
    this.#draw(now, true);
    if (this.#flight) this.invalidate();
  };

  get isVisible() { return this.width > 0 && this.height > 0 && !this.root.hidden; }

  #draw(now, moving) {
    if (!this.isVisible || this.scene.lost) return;
    const began = performance.now();
    if (this.#flight) this.#fly(now);
    if (moving) this.#pace.moved(now);
    const sharpness = this.#pace.sharpness(moving, devicePixelRatio || 1);
    this.pixels = sharpness.pixels;
    try {
      this.scene.draw(this.#drawingOf(this.width, this.height, sharpness));
    } catch (error) {
      if (!(error instanceof NoWebGL)) throw error;
      this.told.failed?.(error);
      return;
    }
    this.#isFine = !moving;
    this.#overlay(began);
    this.draws += 1;
    if (moving) this.#restLater(now);
    this.scriptMs = performance.now() - began;
  }

  /** What the scene is told; the same object each time. */
  #drawingOf(width, height, { pixels, fine }, ground = this.#options.ground) {
    const drawing = this.#drawing;
    const { tails, shell } = this.#options;
    drawing.camera = this.camera;
    drawing.width = width;
    drawing.height = height;
    drawing.pixels = pixels;
    drawing.fine = fine;
    drawing.ground = ground;
    drawing.tails = typeof tails === "function" ? tails(this.#shown[0]?.body.frame) : tails;
    drawing.shell = shell;
    return drawing;
  }

  /** One timer for all frames: it looks whether the stage has come to rest, and then draws it at its best. */
  #restLater(now) {
    this.#movedAt = now;
    this.#restTimer ??= setTimeout(this.#rest, REST_MS);
  }

  #rest = () => {
    this.#restTimer = null;
    const left = REST_MS - (performance.now() - this.#movedAt);
    if (left > 1 || this.gestures.busy) {
      this.#restTimer = setTimeout(this.#rest, Math.max(left, REST_MS / 2));
      return;
    }
    if (!this.#asked) this.#asked = requestAnimationFrame((now) => { this.#asked = 0; this.#draw(now, false); });
  };

  /** Whether all that changed is on the screen, as it is drawn at rest. */
  get isAtRest() { return this.#isFine && !this.#asked && !this.gestures.busy; }

  // What lies over the canvas

  #overlays(marks) {
    this.labels = new LabelLayer(this.surface);
    this.outline = element("path", { class: "outline-path" });
    this.outlineSvg = element("svg", { class: "stage-outline", "aria-hidden": "true" }, this.outline);
    this.tip = new Tooltip(this.surface);
    this.focusTip = new Tooltip(this.surface, "stage-ring focus-ring");
    this.said = element("div", { class: "visually-hidden", "aria-live": "polite" });
    this.note = element("div", { class: "stage-note", role: "status", hidden: true });
    this.more = element("div", { class: "stage-more", hidden: true });
    this.surface.append(this.outlineSvg);
    this.root.append(this.said, this.note);
    if (!marks) return;
    const corner = element("div", { class: "stage-corner" });
    this.root.append(corner, this.more);
    this.marks = { axes: new AxesMark(corner, (side) => this.look(side)), bar: new ScaleBar(corner) };
  }

  #overlay(now) {
    if (this.marks) {
      this.marks.bar.show(this.camera.scale(this.width, this.height), this.camera.flat);
      this.marks.axes.show(this.camera);
    }
    this.#name();
    if (this.#pointer && (this.#placed.count < CROWD || now - this.#toldAt > RETELL_MS)) this.#point();
    this.#follow(now);
  }

  /** The nuclei as they lie on the screen now. */
  placed() {
    if (this.#stale) this.#placed.fill(this.#shown, this.camera, this.width, this.height);
    this.#stale = false;
    return this.#placed;
  }

  #name() {
    const some = this.#options.names && this.#shown.some(({ hasChosen }) => hasChosen);
    let count = 0;
    let left = 0;
    if (some) {
      const labels = this.#labelled();
      count = labels.length;
      this.#placing.place(labels, this.width, this.height);
      left = this.chosenHere - labels.reduce((sum, label) => sum + Number(label.shown), 0);
    }
    this.labels.show(this.#labels, count);
    const words = left > 0 ? `names of ${this.chosenHere - left} of ${this.chosenHere} chosen nuclei` : "";
    if (this.more.textContent !== words) {
      this.more.textContent = words;
      this.more.hidden = words === "";
    }
  }

  /** The nuclei that get a name, as labels (see Placing), always in one order so that names rest. */
  #labelled() {
    const placed = this.placed();
    const [keys, depths, where] = [[], [], []];
    for (let i = 0; i < placed.count; i += 1) {
      if (placed.style[i] !== STYLE.chosen || !this.#isInside(placed, i)) continue;
      keys.push(placed.body[i] * 1e6 + placed.cell[i]);
      depths.push(placed.depth[i]);
      where.push(i);
    }
    this.chosenHere = keys.length;
    namedOnes(keys, depths, this.#named);
    const labels = [];
    for (let n = 0; n < where.length && labels.length < MOST_LABELS; n += 1) {
      if (!this.#named.has(keys[n])) continue;
      const i = where[n];
      const label = this.#labels[labels.length] ??= { left: 0, top: 0, tied: false, shown: false };
      const text = this.nameOf(placed.body[i], placed.cell[i]);
      label.key = keys[n];
      label.text = text;
      label.across = this.labels.across(text);
      label.x = placed.x[i];
      label.y = placed.y[i];
      label.radius = placed.radius[i];
      labels.push(label);
    }
    return labels;
  }

  #isInside({ x, y }, i) { return x[i] > 0 && y[i] > 0 && x[i] < this.width && y[i] < this.height; }

  /** A cell's name, with its functional name where it is known. */
  nameOf(which, cell) {
    const name = this.#shown[which].tracks.names[cell];
    const functional = this.#options.cellNames?.[name];
    return functional ? `${name} · ${functional}` : name;
  }

  #hideTips() {
    this.tip.hide();
    this.focusTip.hide();
  }

  /** Tips and rings stay with their nuclei while these move. */
  #follow(now) {
    const target = this.#pointed ?? this.#highlit;
    if (target) this.#followOne(this.tip, target, now);
    if (!this.#focused) return;
    this.#focused = this.#alive(this.#focused);
    this.#followOne(this.focusTip, this.#focused, now);
  }

  #followOne(tip, target, now) {
    const placed = this.placed();
    const i = placed.find(target.body, target.cell);
    if (i < 0) {
      tip.hide();
      return;
    }
    if (target.told !== null && now - (target.told ?? -Infinity) > RETELL_MS) {
      const lines = this.#lines(i);
      const words = lines.join("\n");
      if (words !== target.words) tip.tell(lines);
      Object.assign(target, { words, told: now });
    }
    tip.move(placed.x[i], placed.y[i], placed.radius[i], this.width, this.height);
  }

  /** A focused cell that divided is followed in its first daughter. */
  #alive(target) {
    const placed = this.placed();
    if (placed.find(target.body, target.cell) >= 0) return target;
    const { tracks } = this.#shown[target.body];
    const daughter = tracks.daughters[target.cell].find((cell) => placed.find(target.body, cell) >= 0);
    return daughter === undefined ? target : { body: target.body, cell: daughter };
  }

  #lines(i) {
    const placed = this.#placed;
    const shown = this.#shown[placed.body[i]];
    const { world } = shown.body.places(shown.body.frame);
    const at = 3 * placed.nth[i];
    const place = [world[at], world[at + 1], world[at + 2]];
    return this.told.describe?.(shown, placed.cell[i], shown.body.frame, place) ?? [this.nameOf(placed.body[i], placed.cell[i])];
  }

  // The pointer

  #point() {
    const placed = this.placed();
    const i = this.#pointer ? placed.at(this.#pointer.x, this.#pointer.y) : -1;
    if (placed.count >= CROWD) this.#toldAt = performance.now();
    const [body, cell] = i < 0 ? [-1, -1] : [placed.body[i], placed.cell[i]];
    if (body === (this.#pointed?.body ?? -1) && cell === (this.#pointed?.cell ?? -1)) return;
    this.#pointed = i < 0 ? null : { body, cell };
    this.surface.classList.toggle("on-nucleus", i >= 0);
    if (i < 0) this.tip.hide();
    this.told.hovered?.(i < 0 ? null : this.#shown[body].body, cell);
  }

  #hover(x, y) {
    this.#pointer = { x, y };
    this.#point();
    this.#follow(performance.now());
  }

  #left() {
    this.#pointer = null;
    this.#point();
  }

  /** Put the ring round a cell that is pointed at elsewhere (-1: none); nothing is told of it. */
  highlight(body, cell) {
    if (this.#pointed) return;
    this.#highlit = cell < 0 ? null : { body: this.#shown.findIndex((each) => each.body === body), cell, told: null };
    this.tip.hide();
    if (this.#highlit) this.#follow(performance.now());
  }

  // Hands

  #hands() {
    const began = () => { this.#flight = null; };
    return {
      tool: () => this.#held ?? this.tool,
      began,
      ended: () => this.told.settled?.(this.camera),
      turn: (dx, dy) => { this.camera.rotate(dx, dy, this.width, this.height); this.#changed(); },
      pan: (dx, dy) => { this.camera.panBy(dx, dy, this.width, this.height); this.#changed(); },
      zoom: (factor, x, y) => { this.camera.zoomBy(factor, x, y, this.width, this.height); this.#changed(); },
      hover: (x, y) => this.#hover(x, y),
      left: () => this.#left(),
      tap: (x, y, how) => this.#tap(x, y, how),
      doubleTap: (x, y, how) => this.#doubleTap(how),
      outlining: (kind, outline) => this.#outlining(kind, outline),
      outlined: (kind, outline, adds) => this.#outlined(outline, adds),
    };
  }

  /** "box" or "lasso" while a tool is taken, else null. */
  tool = null;

  takeTool(tool) {
    this.tool = this.tool === tool ? null : tool;
    this.#showTool();
    return this.tool;
  }

  #showTool() {
    this.surface.classList.toggle("draws-outline", (this.#held ?? this.tool) !== null);
    this.told.tool?.(this.#held ?? this.tool);
  }

  #tap(x, y, { adds, touch }) {
    const placed = this.placed();
    const i = placed.at(x, y, touch ? 12 : 4);
    if (touch) this.#tapTip(i);
    if (i < 0) return null;
    const target = { body: placed.body[i], cell: placed.cell[i] };
    this.#focused = null;
    this.focusTip.hide();
    this.told.picked?.(this.#shown[target.body].body, target.cell, adds ? "toggle" : "only");
    return target;
  }

  /** What was tapped by a finger is told of until the next tap. */
  #tapTip(i) {
    const placed = this.#placed;
    this.#pointed = i < 0 ? null : { body: placed.body[i], cell: placed.cell[i] };
    if (i < 0) this.tip.hide();
    else this.#follow(performance.now());
  }

  #doubleTap({ adds, last }) {
    if (!last) this.reset();
    else this.told.picked?.(this.#shown[last.body].body, last.cell, adds ? "add sublineage" : "sublineage");
  }

  #outlining(kind, outline) {
    let path = "";
    for (let i = 0; i < outline.length; i += 2) path += `${i ? "L" : "M"}${outline[i].toFixed(1)} ${outline[i + 1].toFixed(1)}`;
    this.outline.setAttribute("d", `${path}Z`);
  }

  #outlined(outline, adds) {
    this.outline.setAttribute("d", "");
    if (!outline || outline.length < 6) return;
    const placed = this.placed();
    const found = placed.within(outline).map((i) => ({ body: this.#shown[placed.body[i]].body, cell: placed.cell[i] }));
    this.told.pickedMany?.(found, adds);
    this.say(`${found.length} ${found.length === 1 ? "nucleus" : "nuclei"} chosen`);
  }

  // Keys

  /** What a key does here; true when it was one of the stage's. */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.defaultPrevented) return false;
    if (event.target !== this.surface && event.target?.closest?.("button, a, input, select, textarea, summary, [role=tab]")) {
      if (event.key === "Enter" || event.key === " ") return false;
    }
    const act = event.altKey ? this.#altKey(event) : this.#plainKey(event);
    act?.();
    return Boolean(act);
  }

  keyUp(event) {
    if (this.#held && event.key.toLowerCase() === { box: "b", lasso: "l" }[this.#held]) {
      this.#held = null;
      this.#showTool();
    }
  }

  #altKey({ key, shiftKey }) {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [];
    if (dx === undefined) return null;
    return () => {
      this.#flight = null;
      if (shiftKey) this.camera.panBy(dx * PAN_KEY_PX, dy * PAN_KEY_PX, this.width, this.height);
      else this.camera.rotate(dx * TURN_KEY_PX, dy * TURN_KEY_PX, this.width, this.height);
      this.#changed();
      this.told.settled?.(this.camera);
    };
  }

  #plainKey({ key, repeat, shiftKey }) {
    const side = Object.keys(KEY_OF).find((each) => String(KEY_OF[each]) === key);
    if (side) return () => this.look(side);
    const hold = (tool) => () => { if (!repeat) { this.#held = tool; this.#showTool(); } };
    const pick = (how) => (this.#focused ? () => this.#pickFocused(how) : null);
    return {
      0: () => this.reset(),
      "+": () => this.#zoomKey(ZOOM_KEY), "=": () => this.#zoomKey(ZOOM_KEY), "-": () => this.#zoomKey(1 / ZOOM_KEY), "−": () => this.#zoomKey(1 / ZOOM_KEY),
      b: hold("box"), B: hold("box"), l: hold("lasso"), L: hold("lasso"),
      "[": () => this.walk(-1), "]": () => this.walk(1), n: () => this.walkNear(),
      Enter: pick(shiftKey ? "toggle" : "only"), "*": pick("sublineage"),
      Escape: this.#escape(),
    }[key] ?? null;
  }

  #zoomKey(factor) {
    this.#flight = null;
    this.camera.zoomBy(factor, null, null, this.width, this.height);
    this.#changed();
    this.told.settled?.(this.camera);
  }

  /** First a drawn outline or a tool is given up, then the focus; only then the page clears the choice. */
  #escape() {
    if (this.gestures.cancel()) return () => {};
    if (this.tool) return () => this.takeTool(this.tool);
    if (!this.#focused) return null;
    return () => this.focusOn(null);
  }

  #pickFocused(how) {
    const { body, cell } = this.#focused;
    this.told.picked?.(this.#shown[body].body, cell, how);
    this.say(this.told.chosen?.() ?? `${this.nameOf(body, cell)} chosen`);
  }

  /** The focus goes to the next (or, with -1, the last) nucleus in lineage order. */
  walk(by) {
    const placed = this.placed();
    const order = Array.from({ length: placed.count }, (_, i) => i);
    order.sort((a, b) => placed.body[a] - placed.body[b] || placed.cell[a] - placed.cell[b]);
    if (order.length === 0) return;
    const at = this.#focused ? order.findIndex((i) => placed.body[i] === this.#focused.body && placed.cell[i] === this.#focused.cell) : -1;
    const next = at < 0 ? (by > 0 ? 0 : order.length - 1) : (at + by + order.length) % order.length;
    this.#walked.clear();
    this.#focusNth(order[next]);
  }

  /** The focus goes to the nearest nucleus that it hasn't been on since it was set. */
  walkNear() {
    const placed = this.placed();
    const from = this.#focused ? placed.find(this.#focused.body, this.#focused.cell) : -1;
    if (from < 0) {
      this.walk(1);
      return;
    }
    this.#walked.add(placed.cell[from]);
    const next = placed.nearest(from).find((i) => !this.#walked.has(placed.cell[i]));
    if (next === undefined) this.#walked.clear();
    else this.#focusNth(next);
  }

  #focusNth(i) {
    this.focusOn({ body: this.#placed.body[i], cell: this.#placed.cell[i] });
    this.say(this.#lines(i).join(". "));
  }

  /** Put the keyboard's ring on {body (its number), cell}, or take it away (null). */
  focusOn(target) {
    this.#focused = target;
    if (target) this.#follow(performance.now());
    else this.focusTip.hide();
  }

  get focused() { return this.#focused && { ...this.#focused }; }

  /** Say something to who listens instead of looking. */
  say(words) { this.said.textContent = words; }

  // The rest

  resize() {
    const { clientWidth: width, clientHeight: height } = this.root;
    if (width === this.width && height === this.height) return;
    Object.assign(this, { width, height });
    this.fit();
    this.#placing.forget();
    if (width && height) this.invalidate();
  }

  #lost() {
    this.note.textContent = "The graphics card was lost; one moment";
    this.note.hidden = false;
    this.#hideTips();
    this.told.lost?.(true);
    clearTimeout(this.#lostTimer);
    this.#lostTimer = setTimeout(() => this.told.failed?.(), GIVE_UP_MS);
  }

  #restored() {
    clearTimeout(this.#lostTimer);
    this.note.hidden = true;
    this.told.lost?.(false);
    this.invalidate();
  }

  /** What is drawn at this moment: [{name, cell, body, x, y, radius (CSS px), depth (µm), colour, style}]. */
  drawn() {
    const placed = this.placed();
    return Array.from({ length: placed.count }, (_, i) => {
      const { tracks, body, painter } = this.#shown[placed.body[i]];
      const cell = placed.cell[i];
      return {
        name: tracks.names[cell], cell, body: placed.body[i], x: placed.x[i], y: placed.y[i], radius: placed.radius[i],
        depth: placed.depth[i], style: placed.style[i], colour: colourAt(painter, tracks, cell, body.frame),
      };
    });
  }

  /** The colour [r, g, b, a] on the canvas at a place (CSS px); draws first, as at rest. */
  read(x, y) {
    this.scene.draw(this.#drawingOf(this.width, this.height, this.#pace.sharpness(false, devicePixelRatio || 1)));
    return this.scene.read(x, y);
  }

  /**
   * A picture as at rest, at any size, on a canvas: {width, height (CSS px), pixels (of the picture per CSS px),
   * ground, overlays (names, scale bar and axes too), frame (or that of now), over(context, {width, height,
   * ground}) (paints a legend on it), on (a canvas to use again)}. Throws a RangeError for a size that the
   * graphics driver doesn't have. What is on the screen stays as it is.
   */
  async snapshot(wanted = {}) {
    const asked = { width: this.width, height: this.height, pixels: 1, ground: this.#options.ground, overlays: true, ...wanted };
    return pictureOf(this, asked, {
      shown: this.#shown, names: this.#options.names, fits: this.#fits,
      picture: (width, height, pixels, ground) => this.scene.picture(this.#drawingOf(width, height, { pixels, fine: true }, ground)),
    });
  }

  end() {
    cancelAnimationFrame(this.#asked);
    clearTimeout(this.#restTimer);
    clearTimeout(this.#lostTimer);
    this.gestures.end();
    this.scene.end();
    this.root.replaceChildren();
  }
}

/** The colour that a painter gives a cell at a time between two frames. */
export function colourAt(painter, tracks, cell, frame) {
  if (!painter) return null;
  const low = Math.floor(frame);
  const to = tracks.rowOf(cell, Math.ceil(frame));
  if (to < 0) return painter.colours[painter.of(cell, tracks.firstRow[cell], tracks.firstRow[cell], 0)];
  const from = frame === low || tracks.previous[to] < 0 ? to : tracks.previous[to];
  return painter.colours[painter.of(cell, from, to, frame - low)];
}

/** How far an embryo's nuclei reach (µm): {across, up}, whichever way it is turned about the screen's axes. */
export function reachOf(tracks, calibration, { rotation: r, centre }) {
  const columns = ["x", "y", "z", "size"].map((name) => tracks.column(name));
  const um = [calibration.pixel_um, calibration.pixel_um, calibration.plane_um].map((each, i) => each / columns[i].scale);
  const reach = { across: 1, up: 1 };
  for (let row = 0; row < tracks.rows; row += 1) {
    if (tracks.time[row] < tracks.startFrame) continue;
    const [a, b, c] = [0, 1, 2].map((i) => columns[i].values[row] * um[i] - centre[i]);
    const [x, y, z] = [0, 3, 6].map((i) => r[i] * a + r[i + 1] * b + r[i + 2] * c);
    const radius = ((columns[3].values[row] / columns[3].scale) * calibration.pixel_um) / 2;
    reach.across = Math.max(reach.across, Math.hypot(x, z) + radius);
    reach.up = Math.max(reach.up, Math.hypot(y, z) + radius);
  }
  return reach;
}

function shellReach({ centre, semiaxes }) {
  const [x, y, z] = semiaxes.map((semiaxis, i) => Math.abs(centre[i]) + semiaxis);
  return { across: Math.max(x, z), up: Math.max(y, z) };
}

const near = (a, b) => Math.abs(a - b) < 1e-6;

function isSame(a, b) {
  return a.flat === b.flat && near(a.zoom, b.zoom) && a.pan.every((value, i) => near(value, b.pan[i]))
    && a.turn.every((value, i) => near(value, b.turn[i]));
}

/** Whether a camera stands at the canonical view, so that an address needn't hold it. */
export const isCanonical = (camera) => isSame(camera.state(), Camera.canonical().state());
