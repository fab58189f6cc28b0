/**
 * Which part of the tree is seen, and what has room in it. Pure: pixels of the tree's field, units of the layout
 * across (tree_layout.mjs) and minutes down. Time and width are scaled apart: a tree of 360 branches has little
 * more than a pixel for each until one comes nearer.
 */

export const AXIS_PX = 42; // the time axis at the left
const TOP_PX = 10;
const BOTTOM_PX = 12;
const SIDE_PX = 10;
const NAME_GAP_PX = 3;
const LETTER_PX = 11; // height of a name, and what a branch needs beside it for one that is turned
const WIDEST_PX = 90; // of one branch: nearer than that nothing more is seen
const FITTED_WIDEST_PX = 46;
const TALLEST = 24; // times the fitted height
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

const held = (value, least, most) => Math.min(Math.max(value, least), Math.max(least, most));

export class TreeView {
  /** Left edge (units), top edge (minutes), pixels a unit and a minute. */
  x0 = 0;
  t0 = 0;
  perX = 1;
  perMinute = 1;
  isFitted = true;
  #fitted = { perX: 1, perMinute: 1 };

  /** Pixels of the field and the layout in it. What is fitted stays so, else the middle stays in the middle. */
  set(layout, width, height) {
    const middle = this.layout ? [this.xAt((AXIS_PX + this.width) / 2), this.minuteAt(this.height / 2)] : null;
    Object.assign(this, { layout, width, height });
    const room = Math.max(width - AXIS_PX - 2 * SIDE_PX, 20);
    const perX = Math.min(room / Math.max(layout.width, 1), FITTED_WIDEST_PX);
    const names = perX > LETTER_PX ? Math.min(longestName(layout) * 6.5, height / 4) : 0; // hang below the last branches
    const span = Math.max(layout.last - layout.first, 1e-3);
    this.#fitted = { perX, perMinute: Math.max(height - TOP_PX - BOTTOM_PX - names, 20) / span };
    if (this.isFitted || !middle) this.fit();
    else {
      this.perX = held(this.perX, perX, WIDEST_PX);
      this.perMinute = held(this.perMinute, this.#fitted.perMinute, TALLEST * this.#fitted.perMinute);
      this.x0 += middle[0] - this.xAt((AXIS_PX + width) / 2);
      this.t0 += middle[1] - this.minuteAt(height / 2);
      this.#hold();
    }
  }

  fit() {
    Object.assign(this, this.#fitted);
    const room = this.width - AXIS_PX;
    this.x0 = this.layout.width / 2 - room / 2 / this.perX;
    this.t0 = this.layout.first - TOP_PX / this.perMinute;
    this.isFitted = true;
  }

  xOf(x) { return AXIS_PX + (x - this.x0) * this.perX; }

  yOf(minute) { return (minute - this.t0) * this.perMinute; }

  xAt(pixel) { return this.x0 + (pixel - AXIS_PX) / this.perX; }

  minuteAt(pixel) { return this.t0 + pixel / this.perMinute; }

  panBy(dx, dy) {
    this.x0 -= dx / this.perX;
    this.t0 -= dy / this.perMinute;
    this.isFitted = false;
    this.#hold();
  }

  /** Come nearer by these factors; what lies at the pixel (x, y) stays there. */
  zoomBy(across, down, x, y) {
    const [unit, minute] = [this.xAt(x), this.minuteAt(y)];
    const { perX, perMinute } = this.#fitted;
    this.perX = held(this.perX * across, perX, WIDEST_PX);
    this.perMinute = held(this.perMinute * down, perMinute, TALLEST * perMinute);
    if (this.perX <= perX * 1.001 && this.perMinute <= perMinute * 1.001) {
      this.fit();
      return;
    }
    this.isFitted = false;
    this.x0 += unit - this.xAt(x);
    this.t0 += minute - this.minuteAt(y);
    this.#hold();
  }

  /** Move as little as brings the box (units, minutes) into view; true when it had to. */
  reveal(left, right, from, until, margin = 30) {
    const shift = (low, high, least, most) => {
      if (high - low > most - least || low < least) return least - low;
      return high > most ? most - high : 0;
    };
    const dx = shift(this.xOf(left), this.xOf(right), AXIS_PX + margin, this.width - margin);
    const dy = shift(this.yOf(from), this.yOf(until), margin, this.height - margin);
    if (!dx && !dy) return false;
    const wasFitted = this.isFitted;
    if (wasFitted && !this.#leavesField(left, right, from, until)) return false;
    this.panBy(dx, dy);
    return true;
  }

  #leavesField(left, right, from, until) {
    return this.xOf(left) < AXIS_PX || this.xOf(right) > this.width || this.yOf(from) < 0 || this.yOf(until) > this.height;
  }

  /** Half of the field at most is empty on any side. */
  #hold() {
    const { layout } = this;
    const across = (this.width - AXIS_PX) / this.perX;
    const down = this.height / this.perMinute;
    this.x0 = held(this.x0, Math.min(-across / 2, 0), Math.max(layout.width - across / 2, -across / 2));
    this.t0 = held(this.t0, layout.first - down / 2, Math.max(layout.last - down / 2, layout.first - down / 2));
  }

  /** Minutes at which the axis is marked, within what is seen and the recording: {step, minutes}. */
  ticks(apart = 34) {
    const step = STEPS.find((each) => each * this.perMinute >= apart) ?? STEPS.at(-1);
    const [top, bottom] = [Math.max(this.minuteAt(0), 0), Math.min(this.minuteAt(this.height), this.layout.last)];
    const minutes = [];
    for (let i = Math.ceil(top / step - 1e-9) || 0; i * step <= bottom + 1e-9; i += 1) minutes.push(i * step);
    return { step, minutes };
  }
}

const longestName = ({ nodes }) => nodes.reduce((most, { name, children }) => (children.length ? most : Math.max(most, name.length)), 0);

/**
 * How a branch's name stands, for a text of `width` at `perX` and `perMinute` (any unit of length, all the same):
 * "beside" the top of the branch, "along" it or "under" its end (both turned), "below" its end (upright), or
 * null where there is no room.
 */
export function nameRoom(node, width, perX, perMinute, letter = LETTER_PX) {
  const length = (node.until - node.from) * perMinute;
  const right = (node.right - node.x) * perX;
  const least = Math.min(node.x - node.left, node.right - node.x) * perX * 2;
  if (node.children.length === 0 && !node.folded) {
    if (2 * right >= width + 2 * NAME_GAP_PX) return "below";
    return least >= letter ? "under" : null;
  }
  if (right >= width + 2 * NAME_GAP_PX && length >= letter) return "beside";
  return length >= width + 2 * NAME_GAP_PX && right >= letter + NAME_GAP_PX ? "along" : null;
}

const linear = (channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);
const luminance = (hex) => [1, 3, 5].reduce((sum, at, i) => (
  sum + [0.2126, 0.7152, 0.0722][i] * linear(parseInt(hex.slice(at, at + 2), 16) / 255)), 0);

/** Contrast of two colours (#rrggbb), 1 to 21 (WCAG 2). */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
