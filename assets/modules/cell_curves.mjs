/**
 * Curves over time: of the embryo (cells, divisions) and of one cell (displacement, speed, expression).
 * Pure functions; minutes by a timeline, µm by a calibration {pixel_um, plane_um}.
 */

import { distance, placeOf } from "./facts.mjs";

/** Cells seen at each frame from the start of the recording to its end: Int32Array. */
export function cellCounts(tracks) {
  const { startFrame, lastFrame } = tracks;
  return Int32Array.from({ length: lastFrame - startFrame + 1 }, (_, i) => tracks.countAt(startFrame + i));
}

/** Divisions at each frame from the start: mothers whose daughters are first seen there. Int32Array. */
export function divisions(tracks) {
  const { startFrame, lastFrame } = tracks;
  const counts = new Int32Array(lastFrame - startFrame + 1);
  const divided = new Set();
  for (let cell = 0; cell < tracks.names.length; cell += 1) {
    const row = tracks.firstRow[cell];
    const at = tracks.time[row] - startFrame;
    if (at < 0 || tracks.previous[row] < 0 || divided.has(tracks.mothers[cell])) continue;
    divided.add(tracks.mothers[cell]);
    counts[at] += 1;
  }
  return counts;
}

/** Rows of a cell within the recording: strays from before its start are left out. */
function rowsOf(tracks, cell) {
  const rows = [];
  for (let row = tracks.firstRow[cell]; row < tracks.firstRow[cell + 1]; row += 1) {
    if (tracks.time[row] >= tracks.startFrame) rows.push(row);
  }
  return rows;
}

const minutesOf = (tracks, timeline, rows) => rows.map((row) => timeline.minutes(tracks.time[row]));

/** How far (µm, straight) the cell is from where it was first seen: {minutes, values}. */
export function displacement(tracks, timeline, calibration, cell) {
  const rows = rowsOf(tracks, cell);
  const places = rows.map((row) => placeOf(tracks, calibration, row));
  return { minutes: minutesOf(tracks, timeline, rows), values: places.map((place) => distance(places[0], place)) };
}

export const SPEED_MEANING = "Distance between the frame before and the frame after each moment, in three "
  + "dimensions, by the time between them (one step at the ends of a track); nothing else is smoothed";

/** Speed (µm/min) as SPEED_MEANING says: {minutes, values}; null for a cell seen in one frame only. */
export function speed(tracks, timeline, calibration, cell) {
  const rows = rowsOf(tracks, cell);
  const minutes = minutesOf(tracks, timeline, rows);
  const places = rows.map((row) => placeOf(tracks, calibration, row));
  const values = rows.map((_, i) => {
    const before = Math.max(i - 1, 0);
    const after = Math.min(i + 1, rows.length - 1);
    return before === after ? null : distance(places[before], places[after]) / (minutes[after] - minutes[before]);
  });
  return { minutes, values };
}

/** One measure of expression (arbitrary units) over the cell's life: {minutes, values}. */
export function expression(tracks, timeline, measure, cell) {
  const rows = rowsOf(tracks, cell);
  return { minutes: minutesOf(tracks, timeline, rows), values: rows.map((row) => tracks.value(measure, row)) };
}
