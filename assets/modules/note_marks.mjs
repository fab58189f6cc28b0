/**
 * Small marks on the stage beside the nuclei that notes are pinned to, for some minutes around each note's moment.
 * They lie over the embryo in space (`watch.space`, a StageView); a click goes to the note.
 */

import { element } from "./dom.mjs";

const AROUND_MIN = 4; // before and after its moment
const MOST_MARKS = 12;

/** Marks in the stage's `root`; `chosen(note)` is told of a click. */
export class NoteMarks {
  #marks = [];
  #shown = [];
  #asked = 0;
  #moves = new AbortController();

  constructor(root, watch, chosen) {
    Object.assign(this, { watch, chosen });
    this.layer = element("div", { class: "note-marks", "aria-hidden": "true" }); // the list tells the same in words
    root.append(this.layer);
    // The camera tells nobody while a hand turns it, so the hand is listened to.
    for (const type of ["pointermove", "wheel"]) {
      root.addEventListener(type, () => this.#soon(), { passive: true, capture: true, signal: this.#moves.signal });
    }
  }

  /** The notes with their cells' indices, as `watch.notes` holds them. */
  set notes(notes) {
    this.#marks = notes.filter(({ cell }) => cell >= 0).map((note) => ({ note, minute: NaN }));
    this.retime();
    this.place();
  }

  /** The timeline changed. */
  retime() { for (const mark of this.#marks) mark.minute = this.watch.timeline.minutes(mark.note.frame); }

  /** Put the marks of now beside their nuclei. Cheap where no note is near: no nucleus is looked for. */
  place() {
    const { watch } = this;
    const { minutes } = watch.clock;
    const near = this.#marks.filter(({ minute }) => Math.abs(minute - minutes) <= AROUND_MIN).slice(0, MOST_MARKS);
    const placed = near.length && watch.space?.isVisible && watch.view.stage === "space" && watch.view.beside.length === 0
      ? watch.space.placed() : null;
    const at = [];
    for (let i = 0; placed && i < placed.count; i += 1) {
      for (const { note } of near) if (placed.cell[i] === note.cell) at.push({ note, x: placed.x[i], y: placed.y[i], radius: placed.radius[i] });
    }
    this.#draw(at);
  }

  #draw(at) {
    while (this.#shown.length < at.length) this.#shown.push(this.#mark());
    this.#shown.forEach((mark, i) => {
      mark.hidden = i >= at.length;
      if (mark.hidden) return;
      const { note, x, y, radius } = at[i];
      mark.note = note;
      mark.title = note.text;
      mark.style.transform = `translate(${(x - 0.71 * radius).toFixed(1)}px, ${(y - 0.71 * radius).toFixed(1)}px)`;
    });
  }

  #mark() {
    const mark = element("button", { type: "button", class: "note-mark", tabindex: "-1", text: "✎", onclick: () => this.chosen(mark.note) });
    this.layer.append(mark);
    return mark;
  }

  #soon() {
    if (this.#marks.length === 0 || this.#asked) return;
    this.#asked = requestAnimationFrame(() => {
      this.#asked = 0;
      this.place();
    });
  }

  end() {
    this.#moves.abort();
    cancelAnimationFrame(this.#asked);
    this.layer.remove();
  }
}
