/**
 * One embryo as the stage draws it: numbers for the GPU, made once. Pure.
 *
 * What is drawn between two frames is a *segment*: a nucleus on its way from one row to another in the
 * interval (frame - 1, frame]. Every row ends one segment: it moves from the row `tracks.previous` names, so
 * that daughters leave from their mother's place; a row without a previous one is a *birth*, which stands at
 * its place and fades in. A row that doesn't go on and doesn't divide begins an *end* in the interval after
 * it: it stands and fades out. At a whole frame, that is at the end of an interval, all moves and births are
 * there fully and all ends are gone: exactly the rows of that frame.
 *
 * Segments lie interval after interval, in each the moves, then the births, then the ends, so that a moment
 * is one contiguous range and playing changes a few numbers.
 */

export const MOST_CELLS = 2 ** 18;
export const MOST_INTERVALS = 2 ** 14;
export const TEXTURE_WIDTH = 1024;
export const [HIDDEN, PLAIN, DIM, CHOSEN] = [0, 1, 2, 3];
const PLACES = ["x", "y", "z", "size"];

/**
 * The segments of an embryo: {count, rows, starts, first}. `rows[segment]` is the row it leads to; for an end
 * ~row of the row that it stands at. `first` is the frame of interval 0; interval k has its moves from
 * starts[3k], its births from starts[3k + 1], its ends from starts[3k + 2] up to starts[3k + 3].
 *
 * Throws a RangeError where the embryo has more cells or frames than the stage can number.
 */
export function segmentsOf(tracks) {
  const { rows, time, previous, firstFrame } = tracks;
  const intervals = rows ? tracks.lastFrame - firstFrame + 2 : 0;
  if (tracks.names.length > MOST_CELLS) throw new RangeError(`more than ${MOST_CELLS} cells`);
  if (intervals > MOST_INTERVALS) throw new RangeError(`more than ${MOST_INTERVALS} frames`);
  const goesOn = new Uint8Array(rows);
  for (let row = 0; row < rows; row += 1) if (previous[row] >= 0) goesOn[previous[row]] = 1;
  const starts = new Int32Array(3 * intervals + 1);
  let count = 0;
  for (let row = 0; row < rows; row += 1) {
    const interval = time[row] - firstFrame;
    starts[3 * interval + (previous[row] < 0 ? 2 : 1)] += 1;
    if (!goesOn[row]) starts[3 * interval + 6] += 1; // an end, in the interval after
    count += goesOn[row] ? 1 : 2;
  }
  for (let i = 0; i < 3 * intervals; i += 1) starts[i + 1] += starts[i];
  const filled = starts.slice();
  const leads = new Int32Array(count);
  for (let row = 0; row < rows; row += 1) {
    const interval = time[row] - firstFrame;
    leads[filled[3 * interval + (previous[row] < 0 ? 1 : 0)]++] = row;
    if (!goesOn[row]) leads[filled[3 * interval + 5]++] = ~row;
  }
  return { count, rows: leads, starts, first: firstFrame };
}

/**
 * How a column is kept in 16 bits: {values, from, count, least, step}. What is kept of a stored value is
 * (value - from) / count; in file units it is then least + step · kept. Exact for what spans less than 65,536
 * of its steps (pixels, tenths of planes: every CD file), else to one part in 65,535 of its span (a thousandth
 * of a µm in an embryo).
 */
export function kept16(column) {
  const { values, scale } = column;
  let [least, most] = [Infinity, -Infinity];
  let whole = true;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
    whole &&= Number.isInteger(value);
  }
  if (!(most >= least) || !Number.isFinite(most - least)) [least, most, whole] = [0, 0, true];
  const count = whole && most - least <= 65535 ? 1 : (most - least) / 65535;
  return { values, from: least, count, least: least / scale, step: count / scale };
}

/**
 * The segments' places for the GPU: {places, ids, axes}. `places` has four 32-bit numbers a segment, each two
 * 16-bit ones: x and y, z and size where it leaves, then the same where it arrives; `axes` are the `kept16` of
 * x, y, z and size. `ids` has the cell in its lower 18 bits and the interval in the upper 14. Both are padded to
 * whole lines of TEXTURE_WIDTH.
 */
export function packed(tracks, segments) {
  const axes = PLACES.map((name) => kept16(tracks.column(name)));
  const padded = linesOf(segments.count) * TEXTURE_WIDTH;
  const places = new Uint32Array(4 * padded);
  const ids = new Uint32Array(padded);
  const byRow = axes.map(({ values, from, count }) => (
    Uint16Array.from(values, (value) => (value >= from ? Math.round((value - from) / count) : 0))));
  const [x, y, z, size] = byRow;
  const { rows, starts } = segments;
  for (let part = 0; part + 1 < starts.length; part += 1) {
    const interval = Math.floor(part / 3);
    for (let segment = starts[part]; segment < starts[part + 1]; segment += 1) {
      const row = rows[segment] < 0 ? ~rows[segment] : rows[segment];
      const from = part % 3 === 0 ? tracks.previous[row] : row;
      places[4 * segment] = x[from] | (y[from] << 16);
      places[4 * segment + 1] = z[from] | (size[from] << 16);
      places[4 * segment + 2] = x[row] | (y[row] << 16);
      places[4 * segment + 3] = z[row] | (size[row] << 16);
      ids[segment] = tracks.cells[row] | (interval << 18);
    }
  }
  return { places, ids, axes: axes.map(({ least, step }) => ({ least, step })) };
}

/** Lines of a texture that hold `count` texels. */
export function linesOf(count) { return Math.max(Math.ceil(count / TEXTURE_WIDTH), 1); }

/**
 * From a place as kept (see `kept16`) to the world (µm): 12 numbers, three columns of the matrix and what is
 * added, `offset` (µm, world) included. `pose` is {rotation, centre}: see the page's data.
 */
export function toWorldOf(axes, calibration, pose, offset = [0, 0, 0]) {
  const um = umOf(calibration);
  const r = pose.rotation;
  const made = new Float64Array(12);
  for (let i = 0; i < 3; i += 1) {
    made[9 + i] = offset[i];
    for (let j = 0; j < 3; j += 1) {
      made[3 * j + i] = r[3 * i + j] * um[j] * axes[j].step;
      made[9 + i] += r[3 * i + j] * (um[j] * axes[j].least - pose.centre[j]);
    }
  }
  return made;
}

const umOf = ({ pixel_um: pixel, plane_um: plane }) => [pixel, pixel, plane];

/** The colour indices of all segments, from | to << 16, into `shades`. Not for painters that are `perCell`. */
export function shadesOf(tracks, segments, painter, shades) {
  const { rows, starts } = segments;
  for (let part = 0; part + 1 < starts.length; part += 1) {
    for (let segment = starts[part]; segment < starts[part + 1]; segment += 1) {
      const row = rows[segment] < 0 ? ~rows[segment] : rows[segment];
      const cell = tracks.cells[row];
      if (part % 3) {
        const shade = painter.of(cell, row, row, 0);
        shades[segment] = shade | (shade << 16);
      } else {
        const from = tracks.previous[row];
        shades[segment] = painter.of(cell, from, row, 0) | (painter.of(cell, from, row, 1) << 16);
      }
    }
  }
  return shades;
}

/**
 * When the tail of each cell is a chosen one's, in intervals: {from, until}, Uint16Array per cell; it is drawn
 * while now >= from or now < until. A chosen cell's always; her ancestors' (the way before her birth) once she
 * is there; her descendants' (the way ahead) as long as she is there; of others never.
 */
export function tailTimes(tracks, styles) {
  const cells = tracks.names.length;
  const from = new Uint16Array(cells).fill(65535);
  const until = new Uint16Array(cells);
  const interval = (row) => tracks.time[row] - tracks.firstFrame;
  const last = (cell) => interval(tracks.firstRow[cell + 1] - 1);
  for (let cell = cells - 1; cell >= 0; cell -= 1) { // daughters stand after their mother
    const mother = tracks.mothers[cell];
    const since = styles[cell] === CHOSEN ? interval(tracks.firstRow[cell]) : from[cell];
    if (mother >= 0 && since < from[mother]) from[mother] = since;
  }
  for (let cell = 0; cell < cells; cell += 1) {
    const mother = tracks.mothers[cell];
    if (styles[cell] === CHOSEN) [from[cell], until[cell]] = [0, 65535];
    else if (mother >= 0) until[cell] = styles[mother] === CHOSEN ? last(mother) + 1 : until[mother];
  }
  return { from, until };
}

/** The moment `frame` of the segments: {interval, share}, -1 where nothing is. At a whole frame share is 1. */
export function momentOf(segments, frame, out = {}) {
  const interval = Math.ceil(frame) - segments.first;
  const there = interval >= 0 && 3 * interval + 1 < segments.starts.length;
  out.interval = there ? interval : -1;
  out.share = frame - Math.ceil(frame) + 1;
  return out;
}

function along({ values, scale }, from, row, share) {
  return (values[from] + share * (values[row] - values[from])) / scale;
}

/** Room for `placesAt`. */
export function roomFor(count) {
  return {
    count: 0, cells: new Int32Array(count), world: new Float32Array(3 * count), radius: new Float32Array(count),
    alpha: new Float32Array(count),
  };
}

/**
 * What is drawn at `frame`, worked out here as the GPU does it: fills and returns `out` (see `roomFor`; it
 * grows as needed) with count, cells, world (µm, three a nucleus, `offset` included), radius (µm) and alpha (1, less for births
 * and ends between frames).
 */
export function placesAt(tracks, segments, calibration, pose, offset, frame, out) {
  const { interval, share } = momentOf(segments, frame, out);
  out.count = 0;
  if (interval < 0) return out;
  const { rows, starts } = segments;
  const [begin, births, ends] = [starts[3 * interval], starts[3 * interval + 1], starts[3 * interval + 2]];
  const end = share === 1 ? ends : starts[3 * interval + 3];
  if (out.cells.length < end - begin) Object.assign(out, roomFor(2 * (end - begin)));
  const [pixel, plane] = [calibration.pixel_um, calibration.plane_um];
  const [xs, ys, zs, sizes] = [tracks.column("x"), tracks.column("y"), tracks.column("z"), tracks.column("size")];
  const r = pose.rotation;
  const [cx, cy, cz] = pose.centre;
  for (let segment = begin; segment < end; segment += 1) {
    const row = rows[segment] < 0 ? ~rows[segment] : rows[segment];
    const from = segment < births ? tracks.previous[row] : row;
    const x = along(xs, from, row, share) * pixel - cx;
    const y = along(ys, from, row, share) * pixel - cy;
    const z = along(zs, from, row, share) * plane - cz;
    const i = out.count++;
    out.cells[i] = tracks.cells[row];
    for (let axis = 0; axis < 3; axis += 1) {
      out.world[3 * i + axis] = r[3 * axis] * x + r[3 * axis + 1] * y + r[3 * axis + 2] * z + offset[axis];
    }
    out.radius[i] = (along(sizes, from, row, share) * pixel) / 2;
    out.alpha[i] = segment < births ? 1 : segment < ends ? share : 1 - share;
  }
  return out;
}

/**
 * The outline of an ellipsoid as an eye sees it that looks along `towards` (a unit vector from the centre to
 * the eye) from 1 / `nearness` µm (0: from infinitely far): {centre, a, b}; the outline is
 * centre + a·cos + b·sin. `semiaxes` along x, y, z.
 *
 * p = S·u with |u| = 1 is on the outline where its normal S⁻¹·u is square to p - eye, so where
 * u · S⁻¹·towards = nearness: a circle on the unit sphere.
 */
export function outlineOf(semiaxes, towards, nearness) {
  const m = towards.map((value, i) => value / semiaxes[i]);
  const length = Math.hypot(...m);
  const height = Math.min(nearness / length, 1);
  const axis = m.map((value) => value / length);
  const least = axis.map(Math.abs).indexOf(Math.min(...axis.map(Math.abs)));
  const helper = [0, 1, 2].map((i) => (i === least ? 1 : 0) - axis[i] * axis[least]);
  const size = Math.hypot(...helper);
  const first = helper.map((value) => value / size);
  const second = [0, 1, 2].map((i) => axis[(i + 1) % 3] * first[(i + 2) % 3] - axis[(i + 2) % 3] * first[(i + 1) % 3]);
  const round = Math.sqrt(1 - height * height);
  return {
    centre: axis.map((value, i) => value * height * semiaxes[i]),
    a: first.map((value, i) => value * round * semiaxes[i]),
    b: second.map((value, i) => value * round * semiaxes[i]),
  };
}
