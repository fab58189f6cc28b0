/**
 * From a place in the embryo to a place in the plane. Pure.
 *
 * Recorded places are a right-handed frame: x right, y down, z away from the viewer. A plane shows one axis
 * to the right and another down; the third then runs away from the viewer or towards them as the right-hand
 * rule says, and what is nearer is drawn over what is farther. So no view is a mirror image.
 */

const AXES = ["x", "y", "z"];
const NAMES = { um: { x: "µm", y: "µm", z: "µm" }, file: { x: "pixels", y: "pixels", z: "planes" } };

/** µm of one unit of the file along an axis. */
const umOf = (axis, calibration) => (axis === "z" ? calibration.plane_um : calibration.pixel_um);

/**
 * How the pair `axes` ("xy": x to the right, y down) is shown in `units`: {right, down, away}. `right` and
 * `down` are {axis, um (µm of one file unit), shown (file unit in shown units), title}; `away` is {axis, um}
 * with um < 0 where the axis runs towards the viewer.
 */
export function planeOf(axes, units, calibration) {
  const [right, down] = axes;
  const away = AXES.find((axis) => axis !== right && axis !== down);
  const turn = (AXES.indexOf(down) - AXES.indexOf(right) + 3) % 3 === 1 ? 1 : -1;
  const described = (axis, arrow) => {
    const um = umOf(axis, calibration);
    return { axis, um, shown: units === "um" ? um : 1, title: `${axis}, ${NAMES[units][axis]} ${arrow}` };
  };
  return {
    right: described(right, "→"),
    down: described(down, "↓"),
    away: { axis: away, um: turn * umOf(away, calibration) },
  };
}

/**
 * The ranges that show all of [least, most] in both directions at one scale of µm, centred, in an area of
 * `width` by `height` pixels: {right: [from, to], down: [from, to]} in shown units.
 */
export function fitted(plane, extent, width, height) {
  const um = (side) => extent[side].map((value) => value * plane[side].um);
  const [x, y] = [um("right"), um("down")];
  const scale = Math.max((x[1] - x[0]) / width, (y[1] - y[0]) / height) || 1;
  const range = (side, [least, most], pixels) => {
    const middle = (least + most) / 2;
    const toShown = plane[side].shown / plane[side].um;
    return [middle - (scale * pixels) / 2, middle + (scale * pixels) / 2].map((value) => value * toShown);
  };
  return { right: range("right", x, width), down: range("down", y, height) };
}

/** Extent of all nuclei from `startFrame` on, discs included, in file units: {right: [least, most], down}. */
export function extentOf(tracks, plane, pixelUm) {
  const sides = { right: [Infinity, -Infinity], down: [Infinity, -Infinity] };
  const size = tracks.column("size");
  for (const [side, reach] of Object.entries(sides)) {
    const { values, scale } = tracks.column(plane[side].axis);
    const toUnits = pixelUm / plane[side].um / 2 / size.scale;
    for (let row = 0; row < tracks.rows; row += 1) {
      if (tracks.time[row] < tracks.startFrame) continue;
      const radius = size.values[row] * toUnits;
      reach[0] = Math.min(reach[0], values[row] / scale - radius);
      reach[1] = Math.max(reach[1], values[row] / scale + radius);
    }
  }
  return sides;
}

/**
 * Nuclei (see nucleiAt) on the screen. `frame` says where the plane lies: {left, top, width, height} in
 * pixels and the shown ranges {right, down}. Fills `out`: x, y, radius (pixels), depth (µm away from the
 * viewer), order (indices, farthest first), count.
 */
export function projected(tracks, nuclei, plane, frame, pixelUm, out) {
  const { count, from, to, share } = nuclei;
  if (!out.x || out.x.length < count) {
    for (const name of ["x", "y", "radius", "depth"]) out[name] = new Float64Array(2 * count);
  }
  const along = (axis) => {
    const { values, scale } = tracks.column(axis);
    return (i) => (values[from[i]] + share * (values[to[i]] - values[from[i]])) / scale;
  };
  const [right, down, away, size] = [plane.right.axis, plane.down.axis, plane.away.axis, "size"].map(along);
  const perRight = (plane.right.shown * frame.width) / (frame.right[1] - frame.right[0]);
  const perDown = (plane.down.shown * frame.height) / (frame.down[1] - frame.down[0]);
  const offsetX = frame.left - (frame.right[0] * frame.width) / (frame.right[1] - frame.right[0]);
  const offsetY = frame.top - (frame.down[0] * frame.height) / (frame.down[1] - frame.down[0]);
  const perPixel = (perRight / plane.right.um) * pixelUm; // screen pixels of one image pixel
  for (let i = 0; i < count; i += 1) {
    out.x[i] = offsetX + right(i) * perRight;
    out.y[i] = offsetY + down(i) * perDown;
    out.radius[i] = Math.max((size(i) / 2) * perPixel, 2.5);
    out.depth[i] = away(i) * plane.away.um;
  }
  if (out.order?.length !== count) out.order = Uint32Array.from({ length: count }, (_, i) => i);
  out.order.sort((a, b) => out.depth[b] - out.depth[a]);
  out.count = count;
  return out;
}

/** The nucleus (of those that `meant` allows) whose disc lies at a point, nearest to the viewer; or -1. */
export function nucleusAt(placed, x, y, slack = 2, meant = () => true) {
  for (let at = placed.count - 1; at >= 0; at -= 1) {
    const i = placed.order[at];
    if (meant(i) && Math.hypot(placed.x[i] - x, placed.y[i] - y) <= placed.radius[i] + slack) return i;
  }
  return -1;
}
