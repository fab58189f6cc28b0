/** What is told of a nucleus under the pointer, and the box that tells it. */

import { element } from "./dom.mjs";
import { mother } from "./lineage.mjs";
import { MEASURES } from "./tracks.mjs";

const PAIRS = [["AB", "P1"], ["EMS", "P2"], ["MS", "E"], ["C", "P3"], ["D", "P4"], ["Z2", "Z3"]];
const EARLY_SISTER = new Map(PAIRS.flatMap(([a, b]) => [[a, b], [b, a]]));
const OTHER = { a: "p", p: "a", l: "r", r: "l", d: "v", v: "d" };
const ROOM = 8; // px between a nucleus and its box
const EDGE = 4; // and between the box and the stage's edge

/** The other daughter of a cell's mother; null where the name tells none. */
export function sister(name) {
  if (EARLY_SISTER.has(name)) return EARLY_SISTER.get(name);
  const other = mother(name) === null ? undefined : OTHER[name.at(-1)];
  return other ? name.slice(0, -1) + other : null;
}

/** "12.3 µm anterior, 4.0 dorsal, 2.1 left of the centre" of a world place in the animal's axes. */
export function placeWords([x, y, z]) {
  const ends = [[x, "posterior", "anterior"], [y, "dorsal", "ventral"], [z, "left", "right"]];
  const words = ends.map(([value, high, low], i) => `${Math.abs(value).toFixed(1)}${i ? "" : " µm"} ${value < 0 ? low : high}`);
  return `${words.join(", ")} of the centre`;
}

/** "x 12.3, y 4.0, z 2.1 µm": the recording's own place of a world place. */
export function recordedWords(world, { rotation: r, centre }) {
  const place = [0, 1, 2].map((i) => r[i] * world[0] + r[3 + i] * world[1] + r[6 + i] * world[2] + centre[i]);
  return `x ${place[0].toFixed(1)}, y ${place[1].toFixed(1)}, z ${place[2].toFixed(1)} µm`;
}

/** A measure of a cell at a time between two frames; null where it isn't recorded. */
export function measured(tracks, measure, cell, frame) {
  const [low, high] = [Math.floor(frame), Math.ceil(frame)];
  const row = tracks.rowOf(cell, high);
  if (row < 0) return null;
  const before = low === high ? row : tracks.previous[row];
  if (before < 0) return tracks.value(measure, row);
  const [a, b] = [tracks.value(measure, before), tracks.value(measure, row)];
  return a + (frame - low) * (b - a);
}

const number = (value) => (Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(3)).toString());

/**
 * Lines of text that tell of a nucleus: name, kin, birth and age, place, size, expression. `world` is its
 * place (µm), `told` {tracks, timeline, calibration, pose, names (cell -> functional name), colour (what
 * colours)}.
 */
export function nucleusLines(cell, frame, world, { tracks, timeline, calibration, pose, names, colour }) {
  const name = tracks.names[cell];
  const functional = names?.[name];
  const born = timeline.minutes(tracks.time[tracks.firstRow[cell]]);
  const age = Math.max(timeline.minutes(frame) - born, 0);
  const seen = tracks.previous[tracks.firstRow[cell]] >= 0 ? "born" : "first seen";
  const kin = [[mother(name), "daughter of"], [sister(name), "sister"]].filter(([other]) => other).map(([other, words]) => `${words} ${other}`);
  const diameter = measured(tracks, "size", cell, frame);
  const measures = [...new Set(["blot", ...(MEASURES.includes(colour) ? [colour] : [])])];
  const values = measures.map((measure) => [measure, measured(tracks, measure, cell, frame)]).filter(([, value]) => value !== null);
  return [
    functional ? `${name} · ${functional}` : name,
    kin.join(", "),
    `${seen} at ${born.toFixed(0)} min, ${age.toFixed(0)} min old`,
    pose.axes === "recorded" ? recordedWords(world, pose) : placeWords(world),
    [
      ...(diameter === null ? [] : [`${(diameter * calibration.pixel_um).toFixed(1)} µm wide`]),
      ...values.map(([measure, value]) => `${measure} ${number(value)}`),
    ].join(" · "),
  ].filter(Boolean);
}

/** Where a box of [wide, high] px stands beside a nucleus without covering it: right, left, below or above. */
export function besideOf(x, y, radius, [wide, high], width, height) {
  const reach = radius + ROOM;
  const top = Math.max(EDGE, Math.min(y - high / 2, height - high - EDGE));
  if (x + reach + wide + EDGE <= width) return [x + reach, top];
  if (x - reach - wide >= EDGE) return [x - reach - wide, top];
  const left = Math.max(EDGE, Math.min(x - wide / 2, width - wide - EDGE));
  const below = y + reach + high + EDGE <= height;
  return [left, below ? y + reach : Math.max(EDGE, y - reach - high)];
}

/** The ring round a nucleus and the box beside it, in `root`. */
export class Tooltip {
  #size = [0, 0];
  #at = "";
  #ring = "";

  constructor(root, ringClass = "stage-ring") {
    this.ring = element("i", { class: ringClass, hidden: true, "aria-hidden": "true" });
    this.box = element("div", { class: "stage-tip", role: "tooltip", hidden: true });
    root.append(this.ring, this.box);
  }

  get lines() { return [...this.box.children].map((line) => line.textContent); }

  /** New words; measured once, so that moving the box asks the layout for nothing. */
  tell([first, ...lines]) {
    this.box.replaceChildren(element("b", { text: first }), ...lines.map((line) => element("div", { text: line })));
    this.box.hidden = false;
    this.#size = [this.box.offsetWidth, this.box.offsetHeight];
    this.#at = "";
  }

  /** Round a nucleus at (x, y) px of a stage of `width` by `height`. */
  move(x, y, radius, width, height) {
    const across = Math.round(2 * (radius + 2));
    const ring = `translate(${(x - across / 2).toFixed(1)}px, ${(y - across / 2).toFixed(1)}px)`;
    if (this.ring.hidden) this.ring.hidden = false;
    if (this.across !== across) {
      this.across = across;
      this.ring.style.width = this.ring.style.height = `${across}px`;
    }
    if (ring !== this.#ring) this.ring.style.transform = this.#ring = ring;
    if (this.box.hidden) return;
    const [left, top] = besideOf(x, y, radius, this.#size, width, height);
    const at = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
    if (at !== this.#at) this.box.style.transform = this.#at = at;
  }

  hide() {
    if (!this.box.hidden) this.box.hidden = true;
    if (!this.ring.hidden) this.ring.hidden = true;
  }
}
