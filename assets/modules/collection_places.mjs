/**
 * Embryos laid over each other: which can be, where a cell of one lies, and how far the same cell lies apart in
 * all of them. Pure.
 *
 * An *entry* is one embryo: {told (as /collection.json tells it), tracks, calibration, pose, timeline}, in which
 * calibration and pose are those it is laid over the others with (`laid`).
 */

import { Timeline } from "./clock.mjs";
import { applied, developmentalOf, minuteOf } from "./pose.mjs";

export const NOWHERE = -1e6; // a frame at which nothing is drawn

/** Why an embryo can't be laid over the others, in words; "" when it can. */
export function whyLeftOut({ pose }) {
  if (pose.mirrored) return "it fits only mirrored";
  if (pose.axes !== "animal") return pose.why ? `it can't be oriented: ${pose.why}` : "it can't be oriented";
  return pose.clock.zero === null ? "it has no developmental clock: no births are seen" : "";
}

/** The embryo's own frames and minutes. Without `minutes` from a TIME table they are evenly spaced. */
export function timelineOf({ first_frame: first, last_frame: last, interval_s: interval, minutes }) {
  return new Timeline(first, minutes ?? Float64Array.from({ length: last - first + 1 }, (_, i) => (i * interval) / 60));
}

/** The developmental minutes from an embryo's first frame to its last. */
export function developmentalRange(told, timeline) {
  return [timeline.first, timeline.last].map((frame) => developmentalOf(told.pose, timeline.minutes(frame)));
}

/** The frame of an entry at a developmental minute; NOWHERE outside its recording. */
export function frameAt({ told, timeline }, developmental) {
  const minute = minuteOf(told.pose, developmental);
  const { values } = timeline;
  return minute < values[0] || minute > values[values.length - 1] ? NOWHERE : timeline.frame(minute);
}

/** The middle of some numbers; NaN of none. */
export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The semi-axes (µm) of an embryo of middling size: medians of all. */
export const middlingShell = (all) => [0, 1, 2].map((axis) => median(all.map(({ pose }) => pose.shell.semiaxes[axis])) || 1);

/**
 * {calibration, pose} with which an embryo is drawn among the others. Nuclei are drawn `size` times as large,
 * places stay: the calibration is scaled by it and the rotation by its inverse. With `shell` (semi-axes, µm) its
 * own shell is stretched to that one, centre upon centre.
 */
export function laid(told, size, shell = null) {
  const { calibration, pose } = told;
  const stretch = shell ? shell.map((value, axis) => value / pose.shell.semiaxes[axis]) : [1, 1, 1];
  const moved = shell ? applied(transposed(pose.rotation), pose.shell.centre) : [0, 0, 0];
  return {
    calibration: { pixel_um: calibration.pixel_um * size, plane_um: calibration.plane_um * size },
    pose: {
      ...pose,
      rotation: pose.rotation.map((value, i) => (value * stretch[Math.floor(i / 3)]) / size),
      centre: pose.centre.map((value, axis) => (value + moved[axis]) * size),
    },
  };
}

const transposed = (r) => [r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]];

/** Where `cell` lies (µm, as laid) at a frame with its fraction, or null where it isn't followed there. */
export function placeOfCell({ tracks, calibration, pose }, cell, frame) {
  const whole = Math.floor(frame);
  const share = frame - whole;
  const to = tracks.rowOf(cell, share === 0 ? whole : whole + 1);
  const from = share === 0 || to < 0 ? to : tracks.previous[to];
  if (from < 0) return null;
  const um = [calibration.pixel_um, calibration.pixel_um, calibration.plane_um];
  const place = ["x", "y", "z"].map((axis, i) => {
    const { values, scale } = tracks.column(axis);
    return ((values[from] + share * (values[to] - values[from])) / scale) * um[i] - pose.centre[i];
  });
  return applied(pose.rotation, place);
}

/**
 * How the places of one cell lie together: {count, place (the median place), distances (of each from it),
 * median, ninth (nine of ten lie within)}; count 0 and nulls for none. µm.
 */
export function spreadOf(places) {
  const count = places.length;
  if (count === 0) return { count, place: null, distances: [], median: null, ninth: null };
  const place = [0, 1, 2].map((axis) => median(places.map((each) => each[axis])));
  const distances = places.map((each) => Math.hypot(...each.map((value, axis) => value - place[axis])));
  const sorted = [...distances].sort((a, b) => a - b);
  return { count, place, distances, median: median(distances), ninth: sorted[Math.ceil(0.9 * count) - 1] };
}

/** The developmental minutes in which an entry follows `cell`: [its first frame, its last]. */
export function lifeOf({ told, tracks, timeline }, cell) {
  const rows = [tracks.firstRow[cell], tracks.firstRow[cell + 1] - 1];
  return rows.map((row) => developmentalOf(told.pose, timeline.minutes(tracks.time[row])));
}

/** How many nuclei an embryo has at a developmental minute, from the curve that the store keeps; 0 outside it. */
export function nucleiAbout({ curve }, [begin, end], developmental) {
  if (developmental < begin || developmental > end || curve.length === 0) return 0;
  const at = ((developmental - begin) / (end - begin || 1)) * (curve.length - 1);
  const whole = Math.min(Math.floor(at), curve.length - 2);
  return whole < 0 ? curve[0] : curve[whole] + (at - whole) * (curve[whole + 1] - curve[whole]);
}
