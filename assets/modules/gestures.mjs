/**
 * What a hand does over the stage, told as intents: turn, pan, zoom, point, choose. Mouse, pen and touch.
 *
 * A drag turns; with shift, the right or the middle button it pans. One finger turns, two pan and zoom. The
 * wheel zooms towards the pointer. While `tool()` says "box" or "lasso" a drag draws an outline instead. A
 * press that doesn't move is a tap, told at once; a second one soon after at the same place is a double tap
 * (and no second tap). A finger that rests is a tap that adds, as shift does with a mouse.
 */

const STILL_PX = { mouse: 4, pen: 6, touch: 10 };
const DOUBLE_MS = 400;
const DOUBLE_PX = 14;
const REST_MS = 500;
const WHEEL_ENDS_MS = 200;
const WHEEL_RATE = 0.0014; // of the logarithm of zoom per px of the wheel
const PINCH_RATE = 0.01; // a trackpad's pinch comes as a wheel with ctrl
const LINE_PX = 32;
const LASSO_STEP_PX = 3;

/**
 * Listen on `element`. `told` has any of: turn(dx, dy), pan(dx, dy), zoom(factor, x, y), began(), ended() (of a
 * change of the view), tap(x, y, {adds, touch}), doubleTap(x, y, {adds, touch, last: what tap returned}),
 * hover(x, y), left(), outlining(kind, outline, adds), outlined(kind, outline or null, adds), tool() and
 * resting(x, y). All places are CSS px of the element.
 */
export class Gestures {
  #pointers = new Map(); // id -> {x, y}
  #press = null;
  #mode = null; // "turn", "pan", "pinch", "box" or "lasso" once it moved
  #lastTap = null;
  #wheelTimer = null;
  #restTimer = null;
  #spread = 0;
  #outline = [];
  #ends = [];

  constructor(element, told, { now = () => performance.now(), place = null } = {}) {
    Object.assign(this, { element, told, now });
    this.place = place ?? ((event) => {
      const box = element.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    });
    const on = (type, heard, options) => {
      element.addEventListener(type, heard, options);
      this.#ends.push(() => element.removeEventListener(type, heard, options));
    };
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event, true));
    on("pointercancel", (event) => this.#up(event, false));
    on("lostpointercapture", (event) => this.#up(event, false));
    on("pointerleave", (event) => {
      if (this.#pointers.size === 0 && event.pointerType !== "touch") told.left?.(); // a finger that lifts leaves, too
    });
    on("wheel", (event) => this.#wheel(event), { passive: false });
    on("contextmenu", (event) => event.preventDefault());
  }

  /** Whether a hand is at work. */
  get busy() { return this.#mode !== null || this.#wheelTimer !== null; }

  /** Give up what is being drawn or dragged. True when there was something. */
  cancel() {
    const was = this.#mode;
    this.#finish(false);
    this.#press = null;
    return was !== null;
  }

  end() {
    clearTimeout(this.#wheelTimer);
    clearTimeout(this.#restTimer);
    for (const end of this.#ends.splice(0)) end();
  }

  #down(event) {
    if (event.target?.closest?.("button, a, input, select, summary")) return;
    if (this.#pointers.size >= 2) return;
    const { x, y } = this.place(event);
    this.element.setPointerCapture?.(event.pointerId);
    this.#pointers.set(event.pointerId, { x, y });
    const touch = event.pointerType === "touch";
    if (this.#pointers.size === 2) {
      this.#finish(false);
      this.#press = null;
      clearTimeout(this.#restTimer);
      this.#start("pinch");
      this.#spread = this.#apart();
      return;
    }
    this.#press = {
      x, y, touch, id: event.pointerId, button: event.button, adds: event.shiftKey === true,
      tool: event.button === 0 ? this.told.tool?.() ?? null : null, still: STILL_PX[event.pointerType] ?? STILL_PX.mouse,
    };
    if (event.button === 1) event.preventDefault(); // no scrolling by the middle button
    clearTimeout(this.#restTimer);
    if (touch) this.#restTimer = setTimeout(() => this.#rested(), REST_MS);
  }

  #rested() {
    const press = this.#press;
    if (!press || this.#mode) return;
    this.#press = null;
    this.told.tap?.(press.x, press.y, { adds: true, touch: true });
  }

  #move(event) {
    const { x, y } = this.place(event);
    const last = this.#pointers.get(event.pointerId);
    if (!last) {
      if (event.pointerType !== "touch") this.told.hover?.(x, y);
      return;
    }
    const [dx, dy] = [x - last.x, y - last.y];
    if (this.#mode === "pinch") {
      this.#pinch(event.pointerId, x, y);
      return;
    }
    const press = this.#press;
    if (!press || press.id !== event.pointerId) return;
    if (!this.#mode) {
      if (Math.hypot(x - press.x, y - press.y) < press.still) return;
      clearTimeout(this.#restTimer);
      this.#start(press.tool ?? (press.button !== 0 || event.shiftKey ? "pan" : "turn"));
    }
    [last.x, last.y] = [x, y];
    if (this.#mode === "turn") this.told.turn?.(dx, dy);
    else if (this.#mode === "pan") this.told.pan?.(dx, dy);
    else this.#draw(x, y, event.shiftKey);
  }

  #start(mode) {
    this.#mode = mode;
    if (mode === "box" || mode === "lasso") this.#outline = [this.#press.x, this.#press.y];
    else this.told.began?.();
  }

  #draw(x, y, adds) {
    const { x: fromX, y: fromY } = this.#press;
    this.#press.adds ||= adds;
    if (this.#mode === "box") this.#outline = [fromX, fromY, x, fromY, x, y, fromX, y];
    else if (Math.hypot(x - this.#outline.at(-2), y - this.#outline.at(-1)) >= LASSO_STEP_PX) this.#outline.push(x, y);
    this.told.outlining?.(this.#mode, this.#outline, this.#press.adds);
  }

  #middle() {
    const [a, b] = this.#pointers.values();
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  }

  #apart() {
    const [a, b] = this.#pointers.values();
    return Math.max(Math.hypot(a.x - b.x, a.y - b.y), 1);
  }

  #pinch(id, x, y) {
    const before = this.#middle();
    Object.assign(this.#pointers.get(id), { x, y });
    const [middle, spread] = [this.#middle(), this.#apart()];
    this.told.pan?.(middle.x - before.x, middle.y - before.y);
    this.told.zoom?.(spread / this.#spread, middle.x, middle.y);
    this.#spread = spread;
  }

  #up(event, whole) {
    if (!this.#pointers.delete(event.pointerId)) return;
    clearTimeout(this.#restTimer);
    const press = this.#press;
    const moved = this.#mode !== null;
    if (this.#mode === "pinch" && this.#pointers.size === 1) {
      this.#finish(true); // the finger that stays does nothing more
      return;
    }
    this.#finish(whole);
    if (press?.id === event.pointerId) this.#press = null;
    if (!moved && whole && press?.id === event.pointerId && press.button === 0) this.#tapped(press, event.shiftKey);
  }

  #tapped({ x, y, touch }, adds) {
    const now = this.now();
    const last = this.#lastTap;
    if (last && now - last.at < DOUBLE_MS && Math.hypot(x - last.x, y - last.y) < DOUBLE_PX) {
      this.#lastTap = null;
      this.told.doubleTap?.(x, y, { adds, touch, last: last.what });
      return;
    }
    this.#lastTap = { x, y, at: now, what: this.told.tap?.(x, y, { adds, touch }) };
  }

  /** The drag is over; `whole` when it wasn't broken off. */
  #finish(whole) {
    const mode = this.#mode;
    this.#mode = null;
    if (mode === "box" || mode === "lasso") this.told.outlined?.(mode, whole ? this.#outline : null, this.#press?.adds ?? false);
    else if (mode) this.told.ended?.();
  }

  #wheel(event) {
    event.preventDefault();
    const { x, y } = this.place(event);
    const px = event.deltaY * (event.deltaMode === 1 ? LINE_PX : event.deltaMode === 2 ? 10 * LINE_PX : 1);
    const held = Math.min(Math.max(px, -300), 300);
    if (this.#wheelTimer === null) this.told.began?.();
    clearTimeout(this.#wheelTimer);
    this.#wheelTimer = setTimeout(() => {
      this.#wheelTimer = null;
      this.told.ended?.();
    }, WHEEL_ENDS_MS);
    this.told.zoom?.(Math.exp(-held * (event.ctrlKey ? PINCH_RATE : WHEEL_RATE)), x, y);
  }
}
