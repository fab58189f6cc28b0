/**
 * How an embryo lies in its recording. Pure: a rotation is nine numbers row by row, determinant +1; a pose is what
 * services/pose.py tells: {rotation, centre, axes, whence, why, mirrored, shell, clock}.
 *
 * A world place is rotation · (recorded - centre), both in µm.
 */

export const SAME = Object.freeze([1, 0, 0, 0, 1, 0, 0, 0, 1]);
const AXES = ["x", "y", "z"];

/** The rotation that is first `b`, then `a`. */
export function composed(a, b) {
  return Array.from({ length: 9 }, (_, i) => {
    const [row, column] = [3 * Math.floor(i / 3), i % 3];
    return a[row] * b[column] + a[row + 1] * b[3 + column] + a[row + 2] * b[6 + column];
  });
}

/** The rotation that undoes `r`. */
export const inverse = (r) => [r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]];

/** Where `r` takes a place. */
export const applied = (r, [x, y, z]) => [0, 3, 6].map((row) => r[row] * x + r[row + 1] * y + r[row + 2] * z);

/** The world place of a recorded place (µm). */
export function worldOf({ rotation, centre }, place) {
  return applied(rotation, place.map((value, axis) => value - centre[axis]));
}

/** The recorded place of a world place (µm). */
export function recordedOf({ rotation, centre }, world) {
  return applied(inverse(rotation), world).map((value, axis) => value + centre[axis]);
}

/** The turn by `degrees` about "x", "y" or "z", counterclockwise as seen from that axis's tip. */
export function turnAbout(axis, degrees) {
  const [first, second] = [AXES.indexOf(axis) + 1, AXES.indexOf(axis) + 2].map((at) => at % 3);
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)].map((value) => (Math.abs(value) < 1e-15 ? 0 : value));
  const turn = [...SAME];
  turn[4 * first] = turn[4 * second] = cos;
  turn[3 * first + second] = -sin;
  turn[3 * second + first] = sin;
  return turn;
}

/** `r` made exactly a proper rotation again: many small turns, or four digits in an address, leave it nearly one. */
export function proper(r) {
  const length = (v) => Math.hypot(...v) || 1;
  const first = r.slice(0, 3).map((value, _, all) => value / length(all));
  const along = r[3] * first[0] + r[4] * first[1] + r[5] * first[2];
  const rest = r.slice(3, 6).map((value, i) => value - along * first[i]);
  const second = rest.map((value) => value / length(rest));
  const third = [0, 1, 2].map((i) => first[(i + 1) % 3] * second[(i + 2) % 3] - first[(i + 2) % 3] * second[(i + 1) % 3]);
  return [...first, ...second, ...third];
}

/** The angle (degrees) of the turn between two rotations. */
export function degreesBetween(a, b) {
  const t = composed(inverse(a), b);
  return (Math.acos(Math.min(Math.max((t[0] + t[4] + t[8] - 1) / 2, -1), 1)) * 180) / Math.PI;
}

/**
 * `pose` with the embryo turned by `turn` in the world, as somebody who corrects it would set it. Its shell is
 * the box of the turned one, exact for quarter turns; the server finds the smallest again.
 */
export function turnedBy(pose, turn) {
  const { centre, semiaxes } = pose.shell;
  const wide = [0, 3, 6].map((row) => Math.hypot(...semiaxes.map((value, i) => turn[row + i] * value)));
  return {
    ...pose,
    rotation: proper(composed(turn, pose.rotation)),
    axes: "animal",
    whence: "hand",
    shell: { centre: applied(turn, centre), semiaxes: wide },
  };
}

/** Developmental minute of a minute of the recording, and back; null where the names don't tell. */
export const developmentalOf = ({ clock }, minute) => (clock.zero === null ? null : clock.rate * (minute - clock.zero));
export const minuteOf = ({ clock }, developmental) => (clock.zero === null ? null : developmental / clock.rate + clock.zero);

/** Where the orientation comes from, in words. */
export function whenceWords(pose) {
  const words = {
    names: "From the names of its cells: anterior left, dorsal up.",
    hand: "Turned by hand, for everybody.",
    AuxInfo: "From its AuxInfo file: anterior left; dorsal is up as at the first cells, later the embryo turns about its long axis.",
    recorded: "As it was recorded: x right, y down.",
  }[pose.whence];
  if (pose.mirrored) return `${words} It fits only mirrored: flipped when recorded, or named so. Left and right can't be trusted.`;
  return pose.why && pose.whence === "recorded" ? `${words} The names don't tell: ${pose.why}.` : words;
}
