/**
 * Which nucleus of a stage is pointed at: by the pointer, from elsewhere (the tree), or by the keyboard's ring.
 * Rings and tips stay with their nuclei while these move.
 */

import { Tooltip } from "./tooltip.mjs";

const RETELL_MS = 200; // how often the words of a tip follow the clock
const CROWD = 5000; // so many nuclei aren't searched for the one under the pointer at each frame

export class Pointing {
  #view;
  #pointer = null; // {x, y}, CSS px
  #pointed = null; // {body (its number), cell, words, told (when)}
  #highlit = null;
  #focused = null;
  #walked = new Set();
  #searchedAt = 0;

  /** `view` is a StageView: its places, sizes, descriptions and what it is told. */
  constructor(view) {
    this.#view = view;
    this.tip = new Tooltip(view.surface);
    this.focusTip = new Tooltip(view.surface, "stage-ring focus-ring");
  }

  /** Nothing is pointed at any more: bodies have gone. */
  clear() {
    this.#pointed = this.#highlit = this.#focused = null;
    this.hide();
  }

  /** Hide what is shown, until the next frame. */
  hide() {
    this.tip.hide();
    this.focusTip.hide();
  }

  /** A frame was drawn at `now` (ms): find again what is under the pointer, and follow. */
  follow(now) {
    if (this.#pointer && (this.#view.placed().count < CROWD || now - this.#searchedAt > RETELL_MS)) this.#search(now);
    const target = this.#pointed ?? this.#highlit;
    if (target) this.#followOne(this.tip, target, now);
    if (!this.#focused) return;
    this.#focused = this.#alive(this.#focused);
    this.#followOne(this.focusTip, this.#focused, now);
  }

  // The pointer

  hover(x, y) {
    this.#pointer = { x, y };
    const now = performance.now();
    this.#search(now);
    const target = this.#pointed ?? this.#highlit;
    if (target) this.#followOne(this.tip, target, now);
  }

  left() {
    this.#pointer = null;
    this.#search(performance.now());
  }

  #search(now) {
    this.#searchedAt = now;
    const placed = this.#view.placed();
    const i = this.#pointer ? placed.at(this.#pointer.x, this.#pointer.y) : -1;
    const [body, cell] = i < 0 ? [-1, -1] : [placed.body[i], placed.cell[i]];
    if (body === (this.#pointed?.body ?? -1) && cell === (this.#pointed?.cell ?? -1)) return;
    this.#pointAt(i);
    this.#view.told.hovered?.(i < 0 ? null : this.#view.shown[body].body, cell);
  }

  #pointAt(i) {
    const placed = this.#view.placed();
    this.#pointed = i < 0 ? null : { body: placed.body[i], cell: placed.cell[i] };
    this.#view.surface.classList.toggle("on-nucleus", i >= 0);
    if (i < 0) this.tip.hide();
  }

  /** What a finger tapped (its place among the placed ones; -1: none) is told of until the next tap. */
  tapped(i) {
    this.#pointAt(i);
    if (i >= 0) this.#followOne(this.tip, this.#pointed, performance.now());
  }

  /** Put the ring, without words, round a cell that is pointed at elsewhere (-1: none). */
  highlight(body, cell) {
    if (this.#pointed) return;
    this.#highlit = cell < 0 ? null : { body, cell, told: null };
    this.tip.hide();
    if (this.#highlit) this.#followOne(this.tip, this.#highlit, performance.now());
  }

  // The keyboard's ring

  get focused() { return this.#focused; }

  /** Put the ring on {body (its number), cell}, or take it away (null). */
  focusOn(target) {
    this.#focused = target;
    if (target) this.#followOne(this.focusTip, target, performance.now());
    else this.focusTip.hide();
  }

  /** The ring goes to the next (or, with -1, the last) nucleus in lineage order. */
  walk(by) {
    const placed = this.#view.placed();
    const order = Array.from({ length: placed.count }, (_, i) => i);
    order.sort((a, b) => placed.body[a] - placed.body[b] || placed.cell[a] - placed.cell[b]);
    if (order.length === 0) return;
    const at = this.#focused ? order.indexOf(placed.find(this.#focused.body, this.#focused.cell)) : -1;
    const next = at < 0 ? (by > 0 ? 0 : order.length - 1) : (at + by + order.length) % order.length;
    this.#walked.clear();
    this.#stepTo(order[next]);
  }

  /** The ring goes to the nearest nucleus that it hasn't been on since it was set. */
  walkNear() {
    const placed = this.#view.placed();
    const from = this.#focused ? placed.find(this.#focused.body, this.#focused.cell) : -1;
    if (from < 0) {
      this.walk(1);
      return;
    }
    this.#walked.add(placed.cell[from]);
    const next = placed.nearest(from).find((i) => !this.#walked.has(placed.cell[i]));
    if (next === undefined) this.#walked.clear();
    else this.#stepTo(next);
  }

  #stepTo(i) {
    const placed = this.#view.placed();
    this.focusOn({ body: placed.body[i], cell: placed.cell[i] });
    this.#view.say(this.#lines(i).join(". "));
  }

  /** A cell with the ring that divided is followed in its first daughter. */
  #alive(target) {
    const placed = this.#view.placed();
    if (placed.find(target.body, target.cell) >= 0) return target;
    const { tracks } = this.#view.shown[target.body];
    const daughter = tracks.daughters[target.cell].find((cell) => placed.find(target.body, cell) >= 0);
    return daughter === undefined ? target : { body: target.body, cell: daughter };
  }

  // Words

  #followOne(tip, target, now) {
    const { width, height } = this.#view;
    const placed = this.#view.placed();
    const i = placed.find(target.body, target.cell);
    if (i < 0) {
      tip.hide();
      return;
    }
    if (target.told !== null && now - (target.told ?? -Infinity) > RETELL_MS) {
      const lines = this.#lines(i);
      const words = lines.join("\n");
      if (words !== target.words || tip.box.hidden) tip.tell(lines);
      Object.assign(target, { words, told: now });
    }
    tip.move(placed.x[i], placed.y[i], placed.radius[i], width, height);
  }

  #lines(i) {
    const placed = this.#view.placed();
    const shown = this.#view.shown[placed.body[i]];
    const { world } = shown.body.places(shown.body.frame);
    const at = 3 * placed.nth[i];
    const place = [world[at], world[at + 1], world[at + 2]];
    return this.#view.told.describe?.(shown, placed.cell[i], shown.body.frame, place)
      ?? [this.#view.nameOf(placed.body[i], placed.cell[i])];
  }
}
