/**
 * One or more embryos in space, in an element: a Scene (scene.mjs) on a canvas, the camera under the reader's
 * hands, and over it names, scale bar, axes and what is told of the nucleus under the pointer.
 *
 * It draws when something changed and when the clock says so, at most once an animation frame, and asks for
 * none while all rests. What lies over the canvas is written only where it changed.
 */

import { NoWebGL, Scene } from "./scene.mjs";
import { Camera } from "./camera.mjs";
import { element } from "./dom.mjs";
import { Gestures } from "./gestures.mjs";
import { Placed } from "./placed.mjs";
import { Flight, isCanonical, isSameView } from "./stage_flight.mjs";
import { actOf, keyUp } from "./stage_keys.mjs";
import { AxesMark, ScaleBar } from "./stage_marks.mjs";
import { Names } from "./stage_names.mjs";
import { Pace } from "./stage_pace.mjs";
import { pictureOf } from "./stage_picture.mjs";
import { Pointing } from "./stage_pointing.mjs";
import { fittedRadius, reachOf, shellReach } from "./stage_reach.mjs";

export { isCanonical };

const REST_MS = 140; // so long after the last change it is drawn as at rest
const GIVE_UP_MS = 8000; // for a lost graphics card to come back
export const STYLE = { hidden: 0, plain: 1, dim: 2, chosen: 3 };

const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class StageView {
  #placed = new Placed();
  #stale = true; // the nuclei's places on the screen are of before
  #asked = 0; // the animation frame that was asked for
  #restTimer = null;
  #movedAt = 0;
  #isFine = false;
  #pace = new Pace();
  #flight = null;
  #fits; // the camera is this view's own
  #lostTimer = null;
  #options = { ground: "#0e1116", tails: null, shell: false, names: true, cellNames: {} };
  #drawing = { camera: null, width: 0, height: 0, pixels: 1, ground: "", tails: null, shell: false, fine: true };
  /** The embryos that are there: [{body, tracks, calibration, pose, styles, hasChosen, painter, its key, reach}]. */
  shown = [];
  /** "box" or "lasso" while a tool is taken, and while its key is held; else null. */
  tool = null;
  heldTool = null;
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
    this.surface.addEventListener("keydown", (event) => this.key(event) && event.preventDefault());
    this.surface.addEventListener("keyup", (event) => this.keyUp(event));
    this.surface.addEventListener("blur", () => this.heldTool && this.holdTool(null)); // its key goes up elsewhere
    this.scene.onlost = () => this.#lost();
    this.scene.onrestored = () => this.#restored();
    this.resize();
  }

  get bodies() { return this.shown.map(({ body }) => body); }

  // What is there

  /** Show an embryo: its tracks, calibration and pose. Its body (scene.mjs) takes frame, paint and offset. */
  add(tracks, calibration, pose) {
    const body = this.scene.add(tracks, calibration, pose);
    const styles = new Uint8Array(tracks.names.length).fill(STYLE.plain);
    this.shown.push({ body, tracks, calibration, pose, styles, hasChosen: false, painter: null, key: null });
    body.style(styles);
    this.marks?.axes.pose(this.shown[0].pose);
    this.fit();
    this.invalidate();
    return body;
  }

  remove(body) {
    this.scene.remove(body);
    this.shown = this.shown.filter((each) => each.body !== body);
    this.pointing.clear();
    if (this.shown.length) this.fit();
    this.invalidate();
  }

  /** Another calibration or pose for a body. */
  place(body, calibration, pose) {
    const shown = this.#of(body);
    Object.assign(shown, { calibration, pose, reach: null });
    body.place(calibration, pose);
    this.marks?.axes.pose(this.shown[0].pose);
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
    this.names.forget();
    this.invalidate();
  }

  #of(body) { return this.shown.find((each) => each.body === body); }

  /**
   * What is shown beside the nuclei: {ground, tails: {behind, ahead (frames), width (px), colour, of}, null, or
   * a function of the frame that gives them, shell, names (of chosen cells), cellNames: {cell: functional name}}.
   * What is left out stays.
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
    const reaches = this.shown.flatMap((each) => [
      each.reach ??= reachOf(each.tracks, each.calibration, each.pose),
      ...(this.#options.shell && each.pose.shell ? [shellReach(each.pose.shell)] : []),
    ]);
    return fittedRadius(reaches, width, height);
  }

  /** Fit the camera to what is there; zoom and pan stay. */
  fit() { if (this.#fits && this.shown.length) this.camera.fit(this.radiusFor()); }

  /** Take a camera's state (null: the canonical view) without a flight. Does nothing where it is the same. */
  setCamera(state) {
    this.#flight = null;
    if (state === null ? isCanonical(this.camera) : isSameView(this.camera.state(), state)) return;
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
  flat(flat) { this.moveCamera(() => { this.camera.flat = flat; }); }

  /** Change the camera by `move()`, once and for good (a key, a button). */
  moveCamera(move) {
    this.#flight = null;
    move();
    this.#changed();
    this.told.settled?.(this.camera);
  }

  /** Go to a camera's state in a quarter of a second; at once for readers who want no motion. */
  fly(to) {
    if (isCalm() || !this.isVisible) {
      this.moveCamera(() => this.camera.set(to));
      return;
    }
    this.#flight = new Flight(this.camera.state(), to);
    this.invalidate();
  }

  #fly(now) {
    const isThere = this.#flight.steer(this.camera, now);
    this.#stale = true;
    this.told.moved?.(this.camera);
    if (!isThere) return;
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
    if (typeof frame === "number") for (const { body } of this.shown) body.frame = frame;
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
    drawing.tails = typeof tails === "function" ? tails(this.shown[0]?.body.frame) : tails;
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
    this.names = new Names(this.surface, (which, cell) => this.nameOf(which, cell));
    this.pointing = new Pointing(this);
    this.outline = element("path", { class: "outline-path" });
    this.surface.append(element("svg", { class: "stage-outline", "aria-hidden": "true" }, this.outline));
    this.said = element("div", { class: "visually-hidden", "aria-live": "polite" });
    this.note = element("div", { class: "stage-note", role: "status", hidden: true });
    this.more = element("div", { class: "stage-more", hidden: true });
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
    this.pointing.follow(now);
  }

  /** The nuclei as they lie on the screen now. */
  placed() {
    if (this.#stale) this.#placed.fill(this.shown, this.camera, this.width, this.height);
    this.#stale = false;
    return this.#placed;
  }

  #name() {
    const some = this.#options.names && this.shown.some(({ hasChosen }) => hasChosen);
    const { shown, of } = this.names.show(some ? this.placed() : null, this.width, this.height);
    const words = shown < of ? `names of ${shown} of ${of} chosen nuclei` : "";
    if (this.more.textContent === words) return;
    this.more.textContent = words;
    this.more.hidden = words === "";
  }

  /** A cell's name, with its functional name where it is known. */
  nameOf(which, cell) {
    const name = this.shown[which].tracks.names[cell];
    const functional = this.#options.cellNames?.[name];
    return functional ? `${name} · ${functional}` : name;
  }

  /** Put the ring round a cell of a body that is pointed at elsewhere (-1: none); nothing is told of it. */
  highlight(body, cell) { this.pointing.highlight(this.shown.findIndex((each) => each.body === body), cell); }

  // Hands

  #hands() {
    const { camera } = this;
    const moved = (move) => (...how) => {
      camera[move](...how, this.width, this.height);
      this.#changed();
    };
    return {
      tool: () => this.heldTool ?? this.tool,
      began: () => { this.#flight = null; },
      ended: () => this.told.settled?.(camera),
      turn: moved("rotate"), pan: moved("panBy"), zoom: moved("zoomBy"),
      hover: (x, y) => this.pointing.hover(x, y),
      left: () => this.pointing.left(),
      tap: (x, y, how) => this.#tap(x, y, how),
      doubleTap: (x, y, how) => this.#doubleTap(how),
      outlining: (_kind, outline) => this.#outlining(outline),
      outlined: (_kind, outline, adds) => this.#outlined(outline, adds),
    };
  }

  /** Take a tool ("box" or "lasso"), or lay it down where it is taken. */
  takeTool(tool) {
    this.tool = this.tool === tool ? null : tool;
    this.#showTool();
  }

  /** A tool while its key is held (null: it is let go). */
  holdTool(tool) {
    this.heldTool = tool;
    this.#showTool();
  }

  #showTool() {
    const tool = this.heldTool ?? this.tool;
    this.surface.classList.toggle("draws-outline", tool !== null);
    this.told.tool?.(tool);
  }

  #tap(x, y, { adds, touch }) {
    const placed = this.placed();
    const i = placed.at(x, y, touch ? 12 : 4);
    if (touch) this.pointing.tapped(i);
    if (i < 0) return null;
    const target = { body: placed.body[i], cell: placed.cell[i] };
    this.pointing.focusOn(null);
    this.told.picked?.(this.shown[target.body].body, target.cell, adds ? "toggle" : "only");
    return target;
  }

  #doubleTap({ adds, last }) {
    if (!last) this.reset();
    else this.told.picked?.(this.shown[last.body].body, last.cell, adds ? "add sublineage" : "sublineage");
  }

  #outlining(outline) {
    let path = "";
    for (let i = 0; i < outline.length; i += 2) path += `${i ? "L" : "M"}${outline[i].toFixed(1)} ${outline[i + 1].toFixed(1)}`;
    this.outline.setAttribute("d", `${path}Z`);
  }

  #outlined(outline, adds) {
    this.outline.setAttribute("d", "");
    if (!outline || outline.length < 6) return;
    const placed = this.placed();
    const found = placed.within(outline).map((i) => ({ body: this.shown[placed.body[i]].body, cell: placed.cell[i] }));
    this.told.pickedMany?.(found, adds);
    this.say(`${found.length} ${found.length === 1 ? "nucleus" : "nuclei"} chosen`);
  }

  // Keys

  /** Do what a key does here; true when it was one of the stage's. */
  key(event) {
    const act = actOf(this, event);
    act?.();
    return Boolean(act);
  }

  keyUp(event) { keyUp(this, event); }

  /** Choose the nucleus with the keyboard's ring. */
  pickFocused(how) {
    const { body, cell } = this.pointing.focused;
    this.told.picked?.(this.shown[body].body, cell, how);
    this.say(this.told.chosen?.() ?? `${this.nameOf(body, cell)} chosen`);
  }

  /** Say something to who listens instead of looking. */
  say(words) { this.said.textContent = words; }

  // The rest

  resize() {
    const { clientWidth: width, clientHeight: height } = this.root;
    if (width === this.width && height === this.height) return;
    Object.assign(this, { width, height });
    this.fit();
    this.names.forget();
    if (width && height) this.invalidate();
  }

  #lost() {
    this.note.textContent = "The graphics card was lost; one moment";
    this.note.hidden = false;
    this.pointing.hide();
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
      const { tracks, body, painter } = this.shown[placed.body[i]];
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
      shown: this.shown, names: this.#options.names, fits: this.#fits,
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
