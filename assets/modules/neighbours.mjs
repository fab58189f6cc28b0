/**
 * Which cells touch a cell, how much and how long: an estimate from nuclei alone, as membranes were not imaged.
 *
 * Two cells touch in a frame when their nuclei's Voronoi cells within the eggshell (voronoi.mjs) share a face of
 * at least `minimum` µm². A frame stands until the next one, so contact from frame a to frame b lasts from the
 * minute of a to the minute of b + 1, as a cell's life does (facts.mjs).
 */

import { ellipsoid, voronoiCell } from "./voronoi.mjs";
import { harmless, placeOf } from "./facts.mjs";

const ROOM_UM = 4; // between the outermost nuclei and the shell, where no shell is known: about a nuclear radius
const KEPT_LIVES = 24;
const FOLLOWED_SHARE = 0.9; // fewer of the most cells so far than this, and neighbours are missing

/** Where the nuclei of one embryo lie, frame by frame, and the shell around them. */
export class Space {
  #frames = new Map();
  #lives = new Map();
  #mostUntil = null;

  /** `pose` as in the page's data; without one the shell is an ellipsoid round all nuclei (`guessed`). */
  constructor(tracks, calibration, pose = null) {
    this.tracks = tracks;
    this.calibration = calibration;
    this.guessed = !pose?.shell;
    this.shell = pose?.shell ? shellOf(pose) : shellRound(tracks, calibration);
  }

  /** {cells, places, count} of a whole frame; places in µm, recorded axes. */
  nuclei(frame) {
    if (!this.#frames.has(frame)) {
      const rows = this.tracks.rowsAt(frame);
      const places = new Float64Array(3 * rows.length);
      const cells = Int32Array.from(rows, (row) => this.tracks.cells[row]);
      rows.forEach((row, i) => places.set(placeOf(this.tracks, this.calibration, row), 3 * i));
      if (this.#frames.size > 400) this.#frames.clear();
      this.#frames.set(frame, { cells, places, count: rows.length });
    }
    return this.#frames.get(frame);
  }

  /**
   * The Voronoi cell of `cell` at a whole frame, its neighbours as cells: {volume, surface, outside, together:
   * cells, contacts: {cell, area, alike: cells}[]} by falling area. Null where the cell isn't seen.
   */
  around(cell, frame) {
    const { cells, places, count } = this.nuclei(frame);
    const at = cells.indexOf(cell);
    if (at < 0) return null;
    const found = voronoiCell(at, places, this.shell, count);
    const named = (nuclei) => nuclei.map((nucleus) => cells[nucleus]);
    return {
      ...found,
      together: named(found.together),
      contacts: found.contacts.map(({ of, area, alike }) => ({ cell: cells[of], area, alike: named(alike) })),
    };
  }

  /** Are so few cells followed at a frame, against the most until then, that neighbours must be missing? */
  sparse(frame) {
    const { tracks } = this;
    if (!this.#mostUntil) {
      let most = 0;
      this.#mostUntil = Int32Array.from(
        { length: tracks.lastFrame - tracks.firstFrame + 1 }, (_, i) => (most = Math.max(most, tracks.countAt(tracks.firstFrame + i))),
      );
    }
    return tracks.countAt(frame) < FOLLOWED_SHARE * this.#mostUntil[frame - tracks.firstFrame];
  }

  /** The frames in which `cell` is seen, strays before the recording's start left out. */
  framesOf(cell) {
    const { tracks } = this;
    return tracks.time.slice(tracks.firstRow[cell], tracks.firstRow[cell + 1]).filter((frame) => frame >= tracks.startFrame);
  }

  /** The whole life of `cell` when it has been computed before, else null. */
  known(cell) { return this.#lives.get(cell) ?? null; }

  /**
   * A generator that computes the life of `cell` frame by frame, so that its caller may rest in between; it
   * returns {cell, frames, surfaces (µm² each frame), areas: Map of neighbour -> Float64Array (µm² each frame,
   * 0 where they don't touch)}.
   */
  * life(cell) {
    if (this.#lives.has(cell)) return this.#lives.get(cell);
    const frames = this.framesOf(cell);
    const surfaces = new Float64Array(frames.length);
    const areas = new Map();
    for (let at = 0; at < frames.length; at += 1) {
      const { surface, contacts } = this.around(cell, frames[at]);
      surfaces[at] = surface;
      for (const { cell: other, area } of contacts) {
        if (!areas.has(other)) areas.set(other, new Float64Array(frames.length));
        areas.get(other)[at] = area;
      }
      yield at + 1;
    }
    const life = { cell, frames, surfaces, areas };
    if (this.#lives.size >= KEPT_LIVES) this.#lives.delete(this.#lives.keys().next().value);
    this.#lives.set(cell, life);
    return life;
  }
}

/** The shell of a pose in recorded axes: a place p lies at R·(p − centre) in the world (R proper, so Rᵀ leads back). */
function shellOf({ rotation, centre, shell }) {
  const back = (w) => [0, 1, 2].map((axis) => (
    centre[axis] + rotation[axis] * w[0] + rotation[3 + axis] * w[1] + rotation[6 + axis] * w[2]));
  return ellipsoid({ centre: back(shell.centre), semiaxes: shell.semiaxes }, rotation);
}

function shellRound(tracks, calibration) {
  const least = [Infinity, Infinity, Infinity];
  const most = [-Infinity, -Infinity, -Infinity];
  for (let row = 0; row < tracks.rows; row += 1) {
    placeOf(tracks, calibration, row).forEach((value, axis) => {
      least[axis] = Math.min(least[axis], value);
      most[axis] = Math.max(most[axis], value);
    });
  }
  const centre = least.map((value, axis) => (value + most[axis]) / 2);
  const half = least.map((value, axis) => Math.max((most[axis] - value) / 2, ROOM_UM));
  let farthest = 0;
  for (let row = 0; row < tracks.rows; row += 1) {
    const place = placeOf(tracks, calibration, row);
    farthest = Math.max(farthest, Math.hypot(...place.map((value, axis) => (value - centre[axis]) / half[axis])));
  }
  return ellipsoid({ centre, semiaxes: half.map((value) => value * farthest + ROOM_UM) });
}

/**
 * Who touches the cell of a `life` with `minimum` µm² or more, in the order of first contact: {cell, spans:
 * [first, last frame][], minutes (of contact altogether), from, until (minutes), most (µm²), areas}.
 */
export function touching(life, minimum, timeline) {
  const found = [];
  for (const [cell, areas] of life.areas) {
    const spans = spansOf(life.frames, areas, minimum);
    if (spans.length === 0) continue;
    const minutes = spans.reduce((sum, [first, last]) => sum + timeline.minutes(last + 1) - timeline.minutes(first), 0);
    found.push({
      cell, spans, minutes, areas, from: timeline.minutes(spans[0][0]), until: timeline.minutes(spans.at(-1)[1] + 1), most: Math.max(...areas),
    });
  }
  return found.sort((a, b) => a.from - b.from || b.minutes - a.minutes || a.cell - b.cell);
}

/** Runs of frames, one after the other, in which `areas` reach `minimum`: [first, last][]. */
export function spansOf(frames, areas, minimum) {
  const spans = [];
  frames.forEach((frame, at) => {
    if (!(areas[at] > 0 && areas[at] >= minimum)) return;
    const open = spans.at(-1);
    if (open && open[1] === frame - 1) open[1] = frame;
    else spans.push([frame, frame]);
  });
  return spans;
}

/** The contacts of lives as a CSV file, a line for each frame in which two touch with `minimum` µm² or more. */
export function contactsTable(lives, minimum, tracks, timeline) {
  const lines = [["cell", "neighbour", "frame", "minute", "area_um2", "surface_share"]];
  for (const { cell, frames, surfaces, areas } of lives) {
    const others = [...areas.keys()].sort((a, b) => a - b);
    frames.forEach((frame, at) => {
      for (const other of others) {
        const area = areas.get(other)[at];
        if (!(area > 0 && area >= minimum)) continue;
        const numbers = [frame, timeline.minutes(frame).toFixed(2), area.toFixed(2), (area / surfaces[at]).toFixed(4)];
        lines.push([tracks.names[cell], tracks.names[other], ...numbers]);
      }
    });
  }
  return lines.map((line) => line.map(harmless).join(",")).join("\n") + "\n";
}

/**
 * Runs a generator in slices of at most `slice` ms, between which the browser may draw. `done(result)` is told at
 * the end. Returns what cancels it. `later` and `now` stand in for the browser's in tests.
 */
export function inSlices(generator, done, { slice = 3, later = whenIdle, now = () => performance.now() } = {}) {
  let cancelled = false;
  const go = () => {
    if (cancelled) return;
    const until = now() + slice;
    do {
      const step = generator.next();
      if (step.done) {
        done(step.value);
        return;
      }
    } while (now() < until);
    later(go);
  };
  later(go);
  return () => { cancelled = true; };
}

const whenIdle = (go) => (
  globalThis.requestIdleCallback ? requestIdleCallback(go, { timeout: 100 }) : setTimeout(go, 16));
