/** What of a view can be undone: choice, colours, folds; not time, camera or panels, which are moved all the while. */

const KEPT = ["cells", "colour", "k", "range", "rules", "others", "root", "folded", "along", "odd", "beside", "match"];
const MOST = 100;
const TOGETHER_MS = 800; // changes of one field that follow so closely are one: a slider that is dragged
const CLICKS_MS = 400; // choosing goes step by step; only a double click is one, whose first click chooses too

export class History {
  #past = [];
  #future = [];
  #last = { field: "", at: -Infinity };

  /** Tell of a change from `view` by `part` at `now` (ms); remembers what can be undone. */
  note(view, part, now = performance.now()) {
    const fields = Object.keys(part).filter((name) => KEPT.includes(name) && part[name] !== view[name]);
    if (fields.length === 0) return;
    const field = fields.join();
    const together = part.cells === undefined ? TOGETHER_MS : part.cells.length ? CLICKS_MS : 0; // what is cleared comes back
    const goesOn = field === this.#last.field && now - this.#last.at < together;
    this.#last = { field, at: now };
    this.#future = [];
    if (goesOn && this.#past.length) return;
    this.#past.push(pick(view));
    if (this.#past.length > MOST) this.#past.shift();
  }

  /** The part of a view to go back to from `view`, or null. */
  undo(view) { return this.#step(this.#past, this.#future, view); }

  /** The part of a view that was undone last, or null. */
  redo(view) { return this.#step(this.#future, this.#past, view); }

  #step(from, to, view) {
    if (from.length === 0) return null;
    to.push(pick(view));
    this.#last = { field: "", at: -Infinity };
    return from.pop();
  }
}

const pick = (view) => Object.fromEntries(KEPT.map((name) => [name, view[name]]));
