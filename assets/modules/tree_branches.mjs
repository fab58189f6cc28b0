/** What the branches of a tree are painted with: runs of one colour along time. Pure. */

import { along, mixed } from "./colours.mjs";
import { contrast } from "./tree_view.mjs";

const STEPS = 32; // shades to either side of zero
const [GREEN, BLACK, RED] = ["#00c000", "#000000", "#ff0000"];
const LEAST_GREEN = 0.35; // a value just below zero is told from one just above it
const NO_VALUE = "#8b939e";
const LEGIBLE = 3; // contrast of a line on its ground (WCAG 2)

/** `colour` as a line on `ground`: taken towards `ink` as far as it needs to be seen. */
export function legible(colour, ground, ink) {
  for (let share = 0; share < 1; share += 0.1) {
    const taken = mixed(colour, ink, share);
    if (contrast(taken, ground) >= LEGIBLE) return taken;
  }
  return ink;
}

/** A painter's colours as lines on `ground`. A ramp keeps its own: its lines have edges instead. */
export const linesOn = (painter, ground, ink) => (
  painter.scale ? painter.colours : painter.colours.map((colour) => legible(colour, ground, ink)));

/** `value` with two digits, not nearer to zero. */
function roundedOut(value) {
  if (value === 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1);
  return Number((Math.sign(value) * Math.ceil(Math.abs(value) / unit - 1e-9) * unit).toPrecision(12));
}

/**
 * The painter (see colours.mjs) of one measure of expression along branches, green–black–red as the field draws
 * it: black is zero, red what is above, green what is below, one scale for both, so that noise about zero stays
 * dark; still the least negative value is told from zero. It ends where one row in two hundred lies above. Its
 * legend has {title, unit, least (0 where nothing is negative), most, stops: {below (from zero down), above}}.
 */
export function alongPainter(tracks, measure) {
  const { values, scale } = tracks.column(measure);
  const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
  const at = (share) => (sorted.length ? sorted[Math.round((sorted.length - 1) * share)] / scale : 0);
  const most = roundedOut(Math.max(at(0.995), 0)) || 1;
  const least = at(0) < 0 ? Math.max(roundedOut(at(0.005) < 0 ? at(0.005) : at(0)), -most) : 0;
  const below = [mixed(BLACK, GREEN, LEAST_GREEN), GREEN];
  const seen = [below[0], along(below, -least / most)];
  const shades = (stops) => Array.from({ length: STEPS }, (_, i) => along(stops, i / (STEPS - 1)));
  return {
    key: `along|${measure}`,
    colours: [NO_VALUE, ...shades([BLACK, RED]), ...shades(below)],
    of(cell, from, to, share) {
      const value = (values[from] + share * (values[to] - values[from])) / scale;
      if (Number.isNaN(value)) return 0;
      return 1 + (value < 0 ? STEPS : 0) + Math.min(STEPS - 1, Math.floor((Math.abs(value) / most) * STEPS));
    },
    perCell: false,
    scale: true,
    legend: {
      title: measure, unit: "expression, arbitrary units", least, most,
      stops: { below: least < 0 ? seen : null, above: [BLACK, RED] },
    },
  };
}

/**
 * The runs of one colour along the branches of `layout` (tree_layout.mjs), for a painter (colours.mjs):
 * {count, node (index into layout.nodes), from, until (minutes), starts (runs of colour c: from starts[c] up to
 * but without starts[c + 1]), ends (of each node the colour of its last moment, -1 where nobody saw it)}.
 */
export function branchRuns(tracks, timeline, layout, painter) {
  const found = { node: [], colour: [], from: [], until: [] };
  const add = (node, colour, from, until) => {
    found.node.push(node);
    found.colour.push(colour);
    found.from.push(from);
    found.until.push(until);
  };
  const ends = new Int16Array(layout.nodes.length).fill(-1);
  layout.nodes.forEach((node, index) => {
    if (node.cell < 0) return;
    const last = tracks.firstRow[node.cell + 1] - 1;
    ends[index] = painter.of(node.cell, last, last, 0);
    if (painter.perCell) add(index, ends[index], node.seenFrom, node.seenUntil);
    else alongOne(tracks, timeline, painter, node, (...run) => add(index, ...run));
  });
  return sortedByColour(found, painter.colours.length, ends);
}

function alongOne(tracks, timeline, painter, node, add) {
  const end = tracks.firstRow[node.cell + 1];
  let row = tracks.firstRow[node.cell];
  while (tracks.time[row] < tracks.startFrame) row += 1;
  while (row < end) {
    const colour = painter.of(node.cell, row, row, 0);
    const from = timeline.minutes(tracks.time[row]);
    let next = row + 1;
    const goesOn = () => next < end && tracks.time[next] === tracks.time[next - 1] + 1;
    while (goesOn() && painter.of(node.cell, next, next, 0) === colour) next += 1;
    const until = next < end ? timeline.minutes(tracks.time[next - 1] + 1) : node.seenUntil;
    if (until > from || next === end) add(colour, Math.max(from, node.seenFrom), Math.min(until, node.seenUntil));
    row = next;
  }
}

function sortedByColour(found, colours, ends) {
  const count = found.node.length;
  const starts = new Int32Array(colours + 1);
  for (const colour of found.colour) starts[colour + 1] += 1;
  for (let colour = 0; colour < colours; colour += 1) starts[colour + 1] += starts[colour];
  const filled = starts.slice(0, colours);
  const runs = { count, starts, ends, node: new Int32Array(count), from: new Float64Array(count), until: new Float64Array(count) };
  for (let i = 0; i < count; i += 1) {
    const at = filled[found.colour[i]]++;
    runs.node[at] = found.node[i];
    runs.from[at] = found.from[i];
    runs.until[at] = found.until[i];
  }
  return runs;
}
