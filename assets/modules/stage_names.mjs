/** The names of chosen nuclei over a stage: which ones, where, and how many of how many. */

import { LabelLayer, MOST_LABELS, Placing, namedOnes } from "./stage_labels.mjs";

const CHOSEN = 3;
const BODY = 1e6; // a nucleus' key is its cell and so much for each body before its own

export class Names {
  #placing = new Placing();
  #labels = [];
  #named = new Set();
  #keys = [];
  #depths = [];
  #where = [];

  /** Over `surface`; `nameOf(body's number, cell)` is what is written. */
  constructor(surface, nameOf) {
    this.nameOf = nameOf;
    this.layer = new LabelLayer(surface);
  }

  /** Name the chosen ones of `placed` (null: no names) on `width` by `height` px: {shown, of}. */
  show(placed, width, height) {
    const count = placed ? this.#choose(placed, width, height) : 0;
    this.#placing.place(this.#labels, width, height, count);
    this.layer.show(this.#labels, count);
    let shown = 0;
    for (let i = 0; i < count; i += 1) if (this.#labels[i].shown) shown += 1;
    return { shown, of: placed ? this.#keys.length : 0 };
  }

  /** Names may take any place again, not the one they had. */
  forget() { this.#placing.forget(); }

  /** Fill the labels, always in one order so that names rest; how many there are. */
  #choose(placed, width, height) {
    const [keys, depths, where] = [this.#keys, this.#depths, this.#where];
    keys.length = depths.length = where.length = 0;
    for (let i = 0; i < placed.count; i += 1) {
      const [x, y] = [placed.x[i], placed.y[i]];
      if (placed.style[i] !== CHOSEN || x < 0 || y < 0 || x > width || y > height) continue;
      keys.push(placed.body[i] * BODY + placed.cell[i]);
      depths.push(placed.depth[i]);
      where.push(i);
    }
    namedOnes(keys, depths, this.#named);
    let count = 0;
    for (let n = 0; n < where.length && count < MOST_LABELS; n += 1) {
      if (this.#named.has(keys[n])) this.#fill(this.#labels[count++] ??= {}, keys[n], placed, where[n]);
    }
    return count;
  }

  #fill(label, key, placed, i) {
    label.key = key;
    label.text = this.nameOf(placed.body[i], placed.cell[i]);
    label.across = this.layer.across(label.text);
    label.x = placed.x[i];
    label.y = placed.y[i];
    label.radius = placed.radius[i];
  }
}
