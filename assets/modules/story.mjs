/**
 * A list of notes as a story: from note to note its view is set, time plays on to its moment (or jumps, where the
 * story goes back), and the text stands as long as reading it takes. At the end the view from before comes back.
 */

import { element, typesInto } from "./dom.mjs";

const READING_MS = { least: 4000, most: 25_000, first: 1500, perCharacter: 55 }; // about 200 words a minute
const WAY_S = { least: 1.5, most: 8, minutesPerSecond: 12 };

/** How long a text stands, in ms. */
export const readingMs = (text) => (
  Math.min(Math.max(READING_MS.first + READING_MS.perCharacter * text.length, READING_MS.least), READING_MS.most));

/** The speed (minutes a second) at which time plays over `minutes` from one note to the next. */
export const wayThere = (minutes) => (
  minutes / Math.min(Math.max(minutes / WAY_S.minutesPerSecond, WAY_S.least), WAY_S.most));

/**
 * The course of a story. `notes` are {frame, text, …} in order; `clock` is the page's; `show(note, frame)` sets the
 * note's view at a frame; `told()` is called at every change of `at`, `phase` ("way" | "reading" | "end") or `paused`;
 * with `jumps` time never plays. `later(run, ms)` returns what cancels it; it and `now` stand in for the browser's.
 */
export class Story {
  #clock;
  #show;
  #told;
  #jumps;
  #later;
  #now;
  #cancel = () => {};
  #until = 0;
  #left = 0;
  #speed;
  #ways = 0; // while the story itself moves the clock, what the clock says is no wish of the reader's

  constructor(notes, clock, show, {
    told = () => {}, jumps = false, now = () => performance.now(),
    later = (run, ms) => { const handle = setTimeout(run, ms); return () => clearTimeout(handle); },
  } = {}) {
    this.notes = notes;
    this.at = -1;
    this.phase = "end";
    this.paused = false;
    this.#clock = clock;
    this.#speed = clock.speed;
    this.#show = show;
    this.#told = told;
    this.#jumps = jumps;
    this.#later = later;
    this.#now = now;
  }

  get note() { return this.notes[this.at]; }

  /** Ms that the text of now still stands, and altogether. */
  get reading() {
    const whole = readingMs(this.note.text);
    return { whole, left: this.paused || this.phase !== "reading" ? this.#left : Math.max(this.#until - this.#now(), 0) };
  }

  /** Go to note number `at`; with `way`, time plays there where it lies ahead. */
  visit(at, way = false) {
    this.#cancel();
    this.at = Math.min(Math.max(at, 0), this.notes.length - 1);
    this.paused = false;
    const clock = this.#clock;
    const { frame } = this.note;
    const ahead = clock.timeline.minutes(frame) - clock.minutes;
    this.#own(() => {
      clock.pause();
      if (!way || this.#jumps || ahead <= 0) {
        this.#show(this.note, frame);
        return;
      }
      this.phase = "way";
      this.#show(this.note, clock.frame);
      clock.speed = wayThere(ahead);
      clock.play();
    });
    if (clock.playing) this.#told();
    else this.#arrive();
  }

  next() {
    if (this.at + 1 < this.notes.length) this.visit(this.at + 1, true);
    else this.#end();
  }

  previous() { this.visit(this.at - 1); }

  /** Pause, or go on; at the end, begin again. */
  toggle() {
    if (this.phase === "end") this.visit(0);
    else if (this.paused) this.#resume();
    else this.#pause();
  }

  /** The clock's time or playing changed. */
  tick() {
    const clock = this.#clock;
    if (this.#ways || this.phase === "end") return;
    if (this.phase === "way") {
      if (clock.frame >= this.note.frame || (!clock.playing && clock.frame >= clock.range[1])) this.#arrive();
      else if (clock.playing === this.paused) this.#said(!clock.playing);
    } else if (clock.playing && !this.paused) {
      this.#pause(); // somebody plays on by themselves
    }
  }

  stop() {
    this.#cancel();
    this.phase = "end";
    this.#own(() => this.#clock.pause());
    this.#clock.speed = this.#speed;
  }

  #arrive() {
    this.phase = "reading";
    this.paused = false;
    this.#own(() => {
      this.#clock.pause();
      this.#clock.seek(this.note.frame);
    });
    this.#clock.speed = this.#speed;
    this.#read(readingMs(this.note.text));
    this.#told();
  }

  #read(ms) {
    this.#left = ms;
    this.#until = this.#now() + ms;
    this.#cancel = this.#later(() => this.next(), ms);
  }

  #pause() {
    this.#cancel();
    this.#left = Math.max(this.#until - this.#now(), 0);
    if (this.phase === "way") this.#own(() => this.#clock.pause());
    this.#said(true);
  }

  #resume() {
    if (this.phase === "way") {
      this.#own(() => this.#clock.play());
    } else {
      this.#own(() => this.#clock.pause());
      this.#read(this.#left);
    }
    this.#said(false);
  }

  #said(paused) {
    this.paused = paused;
    this.#told();
  }

  #end() {
    this.#cancel();
    this.phase = "end";
    this.#clock.speed = this.#speed;
    this.#told();
  }

  #own(moves) {
    this.#ways += 1;
    try {
      moves();
    } finally {
      this.#ways -= 1;
    }
  }
}

/**
 * The callout in `root` that shows a story and steers it, also by keys. `words(note)` gives {title, text: nodes}
 * of a note; `close()` is called once when the reader ends it. Returns {tell(), end()}.
 */
export function callout(root, story, words, close) {
  const button = (name, sign, run) => element("button", { type: "button", class: "story-button", "aria-label": name, title: name, text: sign, onclick: run });
  const title = element("h3", { class: "story-title" });
  const text = element("p", { class: "story-text", "aria-live": "polite" });
  const count = element("span", { class: "story-count" });
  const bar = element("i", { class: "story-bar", "aria-hidden": "true" });
  const toggle = button("Pause the story", "❚❚", () => story.toggle());
  const box = element(
    "div", { class: "story-callout", role: "region", "aria-label": "Story", "data-bs-theme": "dark" },
    title, text, bar,
    element("div", { class: "story-steps" },
      button("Previous note", "|◀", () => story.previous()), toggle, button("Next note", "▶|", () => story.next()), count,
      element("span", { class: "grow" }), button("End the story (Escape)", "✕", close)),
  );
  const keys = {
    " ": () => story.toggle(), ArrowRight: () => story.next(), ArrowLeft: () => story.previous(), Escape: close,
  };
  const key = (event) => {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || typesInto(event.target)) return;
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("dialog, .modal, .offcanvas, [role=menu]")) return;
    if (event.key === " " && target?.closest("button, a, summary")) return; // it is pressed
    if (event.key.startsWith("Arrow") && target?.closest("input, [role=tab], [role=separator]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    act();
  };
  window.addEventListener("keydown", key, true); // before the stage and the page, which have the same keys
  root.append(box);
  toggle.focus({ preventScroll: true });

  let toldAt = null;
  const tell = () => {
    const { note, phase, paused } = story;
    if (toldAt !== note) {
      const said = words(note);
      title.textContent = said.title;
      text.replaceChildren(...said.text);
      toldAt = note;
    }
    box.dataset.phase = phase;
    count.textContent = phase === "end" ? "The end" : `${story.at + 1} of ${story.notes.length}`;
    const runs = phase !== "end" && !paused;
    const name = phase === "end" ? "Play the story again" : runs ? "Pause the story" : "Go on with the story";
    toggle.textContent = runs ? "❚❚" : "▶";
    toggle.title = name;
    toggle.setAttribute("aria-label", name);
    bar.style.animation = "none";
    if (phase === "reading") {
      const { whole, left } = story.reading;
      void bar.offsetWidth; // so that it begins anew
      bar.style.animation = `story-read ${whole}ms linear ${left - whole}ms both ${paused ? "paused" : "running"}`;
    }
  };
  return {
    tell,
    end() {
      window.removeEventListener("keydown", key, true);
      box.remove();
    },
  };
}
