/**
 * Measured values of every row (a nucleus at a frame), as Float32Array: what is there to colour by beside
 * expression. NaN where there is none. Pure functions of tracks, a timeline (clock.mjs) and a calibration
 * {pixel_um, plane_um}.
 */

import { mother } from "./lineage.mjs";

/** Minutes over which a speed is taken. */
export const SPEED_WINDOW = 4;

/** Diameter of each nucleus, µm; none where the file holds no size. */
export function sizes(tracks, { pixel_um: pixel }) {
  const { values, scale } = tracks.column("size");
  return Float32Array.from(values, (value) => (value > 0 ? (value / scale) * pixel : NaN));
}

/**
 * Speed of each cell, µm/min: the straight distance in three dimensions between its first and its last row
 * within SPEED_WINDOW / 2 minutes to both sides, by the time between them; but from the row before to the row
 * after where frames are longer than that. One-sided at the ends of a track; none for a cell of one row.
 */
export function speeds(tracks, timeline, { pixel_um: pixel, plane_um: plane }, window = SPEED_WINDOW) {
  const [x, y, z] = ["x", "y", "z"].map((axis) => tracks.column(axis));
  const perAxis = [pixel / x.scale, pixel / y.scale, plane / z.scale];
  const found = new Float32Array(tracks.rows).fill(NaN);
  const half = window / 2 + 1e-9;
  for (let cell = 0; cell < tracks.names.length; cell += 1) {
    const [first, end] = [tracks.firstRow[cell], tracks.firstRow[cell + 1]];
    let from = first;
    let to = first;
    for (let row = first; row < end; row += 1) {
      const now = timeline.minutes(tracks.time[row]);
      while (now - timeline.minutes(tracks.time[from]) > half) from += 1;
      to = Math.max(to, row);
      while (to + 1 < end && timeline.minutes(tracks.time[to + 1]) - now <= half) to += 1;
      const a = from === row && row > first ? row - 1 : from;
      const b = to === row && row + 1 < end ? row + 1 : to;
      if (a === b) continue;
      const distance = Math.hypot(
        (x.values[b] - x.values[a]) * perAxis[0],
        (y.values[b] - y.values[a]) * perAxis[1],
        (z.values[b] - z.values[a]) * perAxis[2],
      );
      found[row] = distance / (timeline.minutes(tracks.time[b]) - timeline.minutes(tracks.time[a]));
    }
  }
  return found;
}

/** Age of each cell, minutes since its first frame; none where its birth wasn't seen. */
export function ages(tracks, timeline) {
  const found = new Float32Array(tracks.rows).fill(NaN);
  for (let cell = 0; cell < tracks.names.length; cell += 1) {
    const first = tracks.firstRow[cell];
    if (tracks.previous[first] < 0) continue;
    const born = timeline.minutes(tracks.time[first]);
    for (let row = first; row < tracks.firstRow[cell + 1]; row += 1) found[row] = timeline.minutes(tracks.time[row]) - born;
  }
  return found;
}

const told = new WeakMap(); // names -> their generations

/** Divisions between P0 and each name: 0 for P0, 1 for AB; -1 for an unnamed nucleus. Int16Array, kept. */
export function generations(names) {
  if (!told.has(names)) told.set(names, counted(names));
  return told.get(names);
}

function counted(names) {
  const known = new Map([["P0", 0]]);
  const of = (name) => {
    if (known.has(name)) return known.get(name);
    const above = mother(name);
    const found = above === null ? -1 : of(above) + 1;
    known.set(name, found);
    return found;
  };
  return Int16Array.from(names, of);
}
