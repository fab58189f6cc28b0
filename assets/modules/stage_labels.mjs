/**
 * Names beside nuclei that don't cover each other. Greedy: each name takes the first free one of its places,
 * the one it had before first, so that names rest while the embryo turns. A name that had to move away is tied
 * to its nucleus by a line.
 */

import { element } from "./dom.mjs";

export const MOST_LABELS = 40;
export const LABEL_PX = 12;
const HEIGHT = 16;
const GAP = 4; // px between a nucleus and its name
const FAR = [0, 10, 26, 46, 70]; // px farther and farther from the nucleus
const TIED_FROM = 10; // farther than this a line ties the name to its nucleus
// [across, down]: where the name lies of its nucleus: right, left, above, below and the corners
const SIDES = [[1, 0], [-1, 0], [0.72, -0.72], [0.72, 0.72], [-0.72, -0.72], [-0.72, 0.72], [0, -1], [0, 1]];
const PLACES = FAR.flatMap((far) => SIDES.map(([across, down]) => ({ far, across, down })));
const PER_LABEL = 4;

/** Boxes on a screen of which no two may overlap: flat [left, top, right, bottom, …]. */
class Taken {
  #boxes = new Float32Array(PER_LABEL * MOST_LABELS);
  #count = 0;

  clear() { this.#count = 0; }

  isFree(left, top, right, bottom) {
    const boxes = this.#boxes;
    for (let i = 0; i < PER_LABEL * this.#count; i += PER_LABEL) {
      if (left < boxes[i + 2] && right > boxes[i] && top < boxes[i + 3] && bottom > boxes[i + 1]) return false;
    }
    return true;
  }

  take(left, top, right, bottom) {
    const at = PER_LABEL * this.#count++;
    this.#boxes[at] = left;
    this.#boxes[at + 1] = top;
    this.#boxes[at + 2] = right;
    this.#boxes[at + 3] = bottom;
  }
}

/**
 * Places names on a screen. `place(labels, width, height)` gives each of `labels` (at most MOST_LABELS count;
 * {key, x, y, radius (of the nucleus), across (px that its text is wide)}) its `left` and `top`, `tied` (draw a
 * line to the nucleus) and `shown` (false where no place was free).
 */
export class Placing {
  #taken = new Taken();
  #before = new Map(); // key -> the index of its place

  place(labels, width, height, count = labels.length) {
    const taken = this.#taken;
    taken.clear();
    const most = Math.min(count, MOST_LABELS);
    for (let i = 0; i < count; i += 1) labels[i].shown = false;
    for (let i = 0; i < most; i += 1) {
      const label = labels[i];
      const before = this.#before.get(label.key) ?? 0;
      if (!this.#try(label, before, width, height)) {
        for (let at = 0; at < PLACES.length && !label.shown; at += 1) {
          if (at !== before && this.#try(label, at, width, height)) this.#before.set(label.key, at);
        }
      }
    }
    if (this.#before.size > 10 * MOST_LABELS) this.#before.clear();
    return labels;
  }

  forget() { this.#before.clear(); }

  #try(label, at, width, height) {
    const { far, across, down } = PLACES[at];
    const reach = label.radius + GAP + far;
    const left = label.x + across * reach - (across > 0 ? 0 : across < 0 ? label.across : label.across / 2);
    const top = label.y + down * reach - (down > 0 ? 0 : down < 0 ? HEIGHT : HEIGHT / 2);
    const [right, bottom] = [left + label.across, top + HEIGHT];
    if (left < 2 || top < 2 || right > width - 2 || bottom > height - 2) return false;
    if (!this.#taken.isFree(left, top, right, bottom)) return false;
    this.#taken.take(left, top, right, bottom);
    label.left = left;
    label.top = top;
    label.tied = far > TIED_FROM;
    label.shown = true;
    return true;
  }
}

/** Where the line of a tied label runs: from the rim of its nucleus to the near edge of its text. */
export function tieOf({ x, y, radius, left, top, across }, out = {}) {
  const toX = Math.min(Math.max(x, left), left + across);
  const toY = Math.min(Math.max(y, top + 2), top + HEIGHT - 2);
  const apart = Math.hypot(toX - x, toY - y) || 1;
  const share = Math.min(radius / apart, 1);
  out.fromX = x + share * (toX - x);
  out.fromY = y + share * (toY - y);
  out.toX = toX;
  out.toY = toY;
  return out;
}

/**
 * Which of the chosen nuclei get a name when there are more than `most`: those that had one and are still
 * there, then the foremost. Fills `kept` (a set of keys) and returns it.
 */
export function namedOnes(keys, depths, kept, most = MOST_LABELS) {
  const there = new Set(keys);
  for (const key of kept) if (!there.has(key)) kept.delete(key);
  if (kept.size >= Math.min(most, keys.length)) return kept;
  const order = keys.map((_, i) => i).sort((a, b) => depths[a] - depths[b]);
  for (const i of order) {
    if (kept.size >= most) break;
    kept.add(keys[i]);
  }
  return kept;
}

/** The labels as elements in `root`: made once and moved by transforms, written only where something changed. */
export class LabelLayer {
  #pool = [];
  #tie = {};
  #widths = new Map();
  #measured = null;

  constructor(root) {
    this.root = element("div", { class: "stage-labels", "aria-hidden": "true" });
    root.append(this.root);
  }

  /** px that a text is wide; measured once. */
  across(text) {
    let across = this.#widths.get(text);
    if (across === undefined) {
      if (!this.#measured) {
        this.#measured = document.createElement("canvas").getContext("2d");
        this.#measured.font = labelFont(LABEL_PX, this.root);
      }
      across = Math.ceil(this.#measured.measureText(text).width) + 2;
      this.#widths.set(text, across);
    }
    return across;
  }

  /** Show the first `count` of `labels` (see Placing; with their `text`). */
  show(labels, count = labels.length) {
    let used = 0;
    for (let i = 0; i < count; i += 1) {
      const label = labels[i];
      if (!label.shown) continue;
      const made = this.#pool[used] ??= this.#made();
      used += 1;
      if (made.written !== label.text) made.text.textContent = made.written = label.text;
      move(made, "text", Math.round(label.left), Math.round(label.top));
      if (label.tied) this.#tieTo(made, label);
      if (made.isTied !== label.tied) {
        made.isTied = label.tied;
        made.line.style.display = label.tied ? "" : "none";
      }
      if (made.hidden) {
        made.hidden = false;
        made.text.style.display = "";
      }
    }
    for (let i = used; i < this.#pool.length && !this.#pool[i].hidden; i += 1) {
      const made = this.#pool[i];
      made.hidden = true;
      made.isTied = false;
      made.text.style.display = made.line.style.display = "none";
    }
  }

  #made() {
    const made = {
      text: element("div", { class: "stage-label" }), line: element("div", { class: "stage-tie" }),
      written: "", hidden: false, isTied: true, textX: NaN, textY: NaN, tie: "",
    };
    this.root.append(made.line, made.text);
    return made;
  }

  #tieTo(made, label) {
    const { fromX, fromY, toX, toY } = tieOf(label, this.#tie);
    const length = Math.hypot(toX - fromX, toY - fromY);
    const angle = Math.atan2(toY - fromY, toX - fromX);
    const told = `translate(${fromX.toFixed(1)}px, ${fromY.toFixed(1)}px) rotate(${angle.toFixed(3)}rad) scaleX(${length.toFixed(1)})`;
    if (told !== made.tie) made.line.style.transform = made.tie = told;
  }
}

/** The font of labels as a canvas takes it. */
export const labelFont = (px, of = document.body) => `500 ${px}px ${getComputedStyle(of).fontFamily}`;

function move(made, name, x, y) {
  if (made[`${name}X`] === x && made[`${name}Y`] === y) return;
  made[`${name}X`] = x;
  made[`${name}Y`] = y;
  made[name].style.transform = `translate(${x}px, ${y}px)`;
}
