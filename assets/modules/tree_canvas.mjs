/**
 * The tree on its two canvases: below the branches, names and the axis, drawn anew when something of them
 * changes; above them what moves (cells alive now, the cell under the pointer), so that a frame while playing or
 * a hover costs little. Positions come from tree_view.mjs, colours from tree_branches.mjs.
 */

import { AXIS_PX, nameRoom } from "./tree_view.mjs";

const FONT = "11px system-ui, 'DejaVu Sans', sans-serif";
const EDGE = "#8b95a3"; // beside a ramp's colours: black and yellow are seen on either ground
const ALWAYS_NAMED = 12; // chosen branches have their names while there are few
const DOT_FROM_PX = 4; // a branch this wide has room for a dot at now
const EDGED_FROM_PX = 5; // a ramp's branches alive now have edges from this width on
const VEIL = 0.5;
const DIMMED = { dim: 0.35, hide: 0.14, show: 1 };
const MARK_PX = 5;

const widths = new Map(); // name -> pixels
function widthOf(context, name) {
  if (!widths.has(name)) {
    if (widths.size > 20000) widths.clear();
    widths.set(name, context.measureText(name).width);
  }
  return widths.get(name);
}

const held = (value, least, most) => Math.min(Math.max(value, least), most);

/** Width of a branch, pixels. */
export const branchWidth = (perX, isRamp) => (isRamp ? held(0.65 * perX, 0.9, 8) : held(0.5 * perX, 0.9, 2));

/**
 * Draw branches, names and axis. `scene` is {layout, view, runs, colours (by index, as lines on this ground),
 * isRamp, chosen (Uint8Array by cell), some (is anything chosen), others ("dim", "hide", "show"), odd (node ->
 * odd division, or null), ink: {text, quiet, line, ground, warning}}; `pixels` are device pixels a pixel.
 */
export function drawTree(context, scene, pixels) {
  const { view } = scene;
  context.setTransform(pixels, 0, 0, pixels, 0, 0);
  context.clearRect(0, 0, view.width, view.height);
  context.save();
  context.beginPath();
  context.rect(AXIS_PX, 0, view.width - AXIS_PX, view.height);
  context.clip();
  const ticks = view.ticks();
  context.fillStyle = scene.ink.line;
  for (const minute of ticks.minutes) context.fillRect(AXIS_PX, Math.round(view.yOf(minute)), view.width - AXIS_PX, 1);
  drawJoins(context, scene);
  drawBranches(context, scene);
  drawFolded(context, scene);
  if (scene.odd) drawOdd(context, scene);
  drawNames(context, scene);
  context.restore();
  drawAxis(context, scene, ticks);
}

/** Lines that nobody saw: mothers before the recording, and gaps before and after a cell was followed. */
function drawJoins(context, { layout, view, ink }) {
  context.strokeStyle = ink.quiet;
  context.globalAlpha = 0.75;
  context.lineWidth = 1;
  context.setLineDash([1.5, 3]);
  context.beginPath();
  const line = (x, from, until) => {
    if (until <= from) return;
    context.moveTo(view.xOf(x), view.yOf(from));
    context.lineTo(view.xOf(x), view.yOf(until));
  };
  for (const node of layout.nodes) {
    if (node.cell < 0) {
      line(node.x, node.from, node.until);
      const y = view.yOf(node.until);
      context.moveTo(view.xOf(node.children[0].x), y);
      context.lineTo(view.xOf(node.children.at(-1).x), y);
    } else {
      line(node.x, node.from, node.seenFrom);
      line(node.x, node.seenUntil, node.until);
    }
  }
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/** Call `draw(left, top, width, height)` for what of each run of a colour is seen, `isShown(node)` asked first. */
function eachRun({ layout, view, runs, colours }, wide, isShown, context) {
  const [top, bottom] = [view.minuteAt(-2), view.minuteAt(view.height + 2)];
  const [left, right] = [view.xAt(AXIS_PX - wide), view.xAt(view.width + wide)];
  for (let colour = 0; colour < colours.length; colour += 1) {
    let isSet = false;
    for (let run = runs.starts[colour]; run < runs.starts[colour + 1]; run += 1) {
      const node = layout.nodes[runs.node[run]];
      if (node.x < left || node.x > right || runs.until[run] < top || runs.from[run] > bottom || !isShown(node)) continue;
      if (!isSet) {
        context.fillStyle = colours[colour];
        isSet = true;
      }
      const y = view.yOf(runs.from[run]);
      context.fillRect(view.xOf(node.x) - wide / 2, y, wide, Math.max(view.yOf(runs.until[run]) - y, 1));
    }
  }
}

/** The whole of each branch in one colour, a little wider: an edge for what is drawn on it. */
function eachBranch({ layout, view }, wide, colour, isShown, context) {
  context.fillStyle = colour;
  for (const node of layout.nodes) {
    if (node.cell < 0 || !isShown(node)) continue;
    const x = view.xOf(node.x);
    if (x < -wide || x > view.width + wide) continue;
    const y = view.yOf(node.seenFrom);
    context.fillRect(x - wide / 2, y, wide, Math.max(view.yOf(node.seenUntil) - y, 1));
  }
}

function drawBars({ layout, view, runs, colours }, isShown, context) {
  let set = -1;
  layout.nodes.forEach((node, index) => {
    if (node.cell < 0 || node.children.length === 0 || !isShown(node)) return;
    const [one, other] = [node.children[0].x, node.children.at(-1).x];
    const left = view.xOf(Math.min(one, node.x));
    const right = view.xOf(Math.max(other, node.x));
    const y = view.yOf(node.until);
    if (right < 0 || left > view.width || y < -2 || y > view.height + 2) return;
    if (set !== runs.ends[index]) {
      set = runs.ends[index];
      context.fillStyle = colours[set];
    }
    context.fillRect(left - 0.5, y - 0.5, right - left + 1, 1);
  });
}

function drawBranches(context, scene) {
  const { view, isRamp, chosen, some, others, ink } = scene;
  const wide = branchWidth(view.perX, isRamp);
  const isChosen = (node) => some && chosen[node.cell] === 1;
  const isOther = (node) => !isChosen(node);
  context.globalAlpha = some ? DIMMED[others] ?? 1 : 1;
  if (isRamp) eachBranch(scene, wide + Math.min(1, 0.3 * view.perX), EDGE, isOther, context);
  drawBars(scene, isOther, context);
  eachRun(scene, wide, isOther, context);
  context.globalAlpha = 1;
  if (!some) return;
  drawBars(scene, isChosen, context);
  eachBranch(scene, wide + 4.5, ink.text, isChosen, context);
  eachRun(scene, wide + 2.5, isChosen, context);
}

function drawFolded(context, { layout, view, runs, colours, some, chosen, others, ink }) {
  context.font = FONT;
  context.textAlign = "center";
  context.textBaseline = "top";
  layout.nodes.forEach((node, index) => {
    if (!node.folded) return;
    const [x, top, bottom] = [view.xOf(node.x), view.yOf(node.until), view.yOf(node.bottom)];
    const half = Math.max(view.perX * 0.8, 3);
    context.globalAlpha = some && !chosen[node.cell] ? DIMMED[others] ?? 1 : 1;
    context.fillStyle = colours[runs.ends[index]] ?? ink.quiet;
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x + half, bottom);
    context.lineTo(x - half, bottom);
    context.fill();
    context.globalAlpha = 1;
    halo(context, String(node.cells - 1), x, bottom + 2, ink);
  });
}

function halo(context, text, x, y, { ground, text: ink }) {
  context.lineWidth = 3;
  context.lineJoin = "round";
  context.strokeStyle = ground;
  context.strokeText(text, x, y);
  context.fillStyle = ink;
  context.fillText(text, x, y);
}

/** Marks at the ends of branches: a triangle up is early, down is late, a crossed ring is missing. */
function drawOdd(context, { odd, view, ink }) {
  context.lineWidth = 1.5;
  context.font = `600 ${FONT}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const [node, { kind, by, inherited }] of odd) {
    const [x, y] = [view.xOf(node.x), view.yOf(node.until)];
    if (x < 0 || x > view.width || y < -10 || y > view.height + 10) continue;
    const size = inherited ? MARK_PX * 0.6 : MARK_PX;
    context.beginPath();
    if (kind === "missing") {
      context.arc(x, y, size, 0, 2 * Math.PI);
      context.moveTo(x - size * 0.6, y - size * 0.6);
      context.lineTo(x + size * 0.6, y + size * 0.6);
      context.moveTo(x + size * 0.6, y - size * 0.6);
      context.lineTo(x - size * 0.6, y + size * 0.6);
    } else {
      const tip = kind === "early" ? -size : size;
      context.moveTo(x, y + tip);
      context.lineTo(x + size, y - tip * 0.8);
      context.lineTo(x - size, y - tip * 0.8);
      context.closePath();
    }
    context.strokeStyle = ink.warning;
    context.fillStyle = inherited || kind === "missing" ? ink.ground : ink.warning;
    context.fill();
    context.stroke();
    if (!inherited && (node.right - node.left) * view.perX > 90) {
      halo(context, kind === "missing" ? kind : `${kind} ${Math.round(Math.abs(by))}′`, x + size + 4, y - 7, ink);
    }
  }
}

function drawNames(context, scene) {
  const { layout, view, chosen, some, others, ink } = scene;
  context.font = FONT;
  context.textBaseline = "middle";
  const alpha = some ? Math.max(DIMMED[others] ?? 1, 0.7) : 1;
  const few = some && layout.nodes.filter(({ cell }) => cell >= 0 && chosen[cell]).length <= ALWAYS_NAMED;
  for (const node of layout.nodes) {
    const isChosen = some && node.cell >= 0 && chosen[node.cell] === 1;
    const x = view.xOf(node.x);
    if (x < AXIS_PX - 100 || x > view.width + 10 || view.yOf(node.from) > view.height || view.yOf(node.until) < -120) continue;
    if (node.cell < 0) continue;
    const room = nameRoom(node, widthOf(context, node.name), view.perX, view.perMinute);
    if (room) {
      context.globalAlpha = isChosen ? 1 : alpha;
      context.fillStyle = isChosen ? ink.text : ink.quiet;
      placeName(context, node, view, room);
    } else if (isChosen && few) {
      context.globalAlpha = 1;
      context.textAlign = x > view.width - 90 ? "right" : "left";
      halo(context, node.name, x + (x > view.width - 90 ? -6 : 6), Math.max(view.yOf((node.from + node.until) / 2), 8), ink);
    }
  }
  context.globalAlpha = 1;
}

function placeName(context, node, view, room) {
  const x = view.xOf(node.x);
  if (room === "beside" || room === "below") {
    context.textAlign = room === "below" ? "center" : "left";
    // A branch that begins above the field keeps its name in sight.
    const y = room === "below" ? view.yOf(node.until) + 9 : held(view.yOf(node.from) + 8, 8, view.yOf(node.until) - 6);
    context.fillText(node.name, room === "below" ? x : x + 4, y);
    return;
  }
  context.save();
  context.textAlign = "left";
  context.translate(room === "under" ? x : x + 8, view.yOf(room === "under" ? node.until : node.from) + 4);
  context.rotate(Math.PI / 2);
  context.fillText(node.name, 0, 0);
  context.restore();
}

function drawAxis(context, { view, ink }, { step, minutes }) {
  context.fillStyle = ink.ground;
  context.fillRect(0, 0, AXIS_PX, view.height);
  context.fillStyle = ink.line;
  context.fillRect(AXIS_PX - 1, 0, 1, view.height);
  context.font = FONT;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillStyle = ink.quiet;
  minutes.forEach((minute, i) => {
    const y = view.yOf(minute);
    context.fillRect(AXIS_PX - 5, Math.round(y), 4, 1);
    const digits = step < 1 ? 1 : 0;
    context.fillText(minute.toFixed(digits), AXIS_PX - 7, held(y, 7, view.height - 7));
    if (i === 0) context.fillText("min", AXIS_PX - 7, held(y, 7, view.height - 7) + 12);
  });
}

/**
 * Draw what moves: `alive` (cells), the branch under the pointer `hovered` and the one that the keyboard stands
 * on, `cursor` (nodes or null). `now` is the minute, or null while it plays: dots at it would lag behind. `isTold`: the tip
 * tells the name of the hovered one.
 */
export function drawMoving(context, scene, pixels, { alive, hovered, isTold, cursor, now }) {
  const { view, layout, isRamp, some, chosen, others, ink } = scene;
  context.setTransform(pixels, 0, 0, pixels, 0, 0);
  context.clearRect(0, 0, view.width, view.height);
  context.save();
  context.beginPath();
  context.rect(AXIS_PX, 0, view.width - AXIS_PX, view.height);
  context.clip();
  const wide = branchWidth(view.perX, isRamp);
  const nodes = [];
  const within = new Set(); // folded ones in which a cell is alive
  for (const cell of alive) {
    const node = layout.of[cell];
    if (!node || (some && chosen[cell] === 1)) continue; // chosen ones are thick already
    const x = view.xOf(node.x);
    if (x < AXIS_PX - 9 || x > view.width + 9) continue;
    if (node.cell === cell) nodes.push(node);
    else within.add(node);
  }
  context.globalAlpha = some ? Math.max(DIMMED[others] ?? 1, 0.3) : 1;
  if (isRamp && view.perX < EDGED_FROM_PX) veil(context, nodes, scene, wide);
  else if (isRamp) drawEdges(context, nodes, view, wide, ink.text);
  else drawWide(context, nodes, scene, wide + 1.4);
  context.globalAlpha = 1;
  if (now !== null && view.perX >= DOT_FROM_PX) drawDots(context, [...nodes, ...within], scene, now, held(wide + 1.2, 2, 4));
  if (hovered) highlight(context, hovered, scene, wide, !isTold);
  if (cursor) ring(context, cursor, view, ink);
  context.restore();
}

const colourOf = (node, { runs, colours, ink }) => colours[runs.ends[node.index]] ?? ink.quiet;

function drawWide(context, nodes, scene, wide) {
  const { view } = scene;
  let set = null;
  for (const node of nodes) {
    const colour = colourOf(node, scene);
    if (colour !== set) {
      set = colour;
      context.fillStyle = colour;
    }
    const y = view.yOf(node.seenFrom);
    context.fillRect(view.xOf(node.x) - wide / 2, y, wide, Math.max(view.yOf(node.seenUntil) - y, 1));
  }
}

function drawDots(context, nodes, scene, minute, radius) {
  const { view, isRamp, ink } = scene;
  const y = view.yOf(minute);
  context.lineWidth = 1.5;
  context.strokeStyle = ink.ground;
  for (const node of nodes) {
    context.fillStyle = isRamp ? ink.text : colourOf(node, scene);
    context.beginPath();
    context.arc(view.xOf(node.x), y, radius, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}

/** Narrow branches of a ramp have no room for edges: those that aren't alive step back instead. */
function veil(context, nodes, { layout, view, ink }, wide) {
  const alive = new Set(nodes);
  context.globalAlpha *= VEIL;
  eachBranch({ layout, view }, wide + 1, ink.ground, (node) => !alive.has(node), context);
}

function drawEdges(context, nodes, view, wide, colour) {
  context.fillStyle = colour;
  for (const node of nodes) {
    const [x, y] = [view.xOf(node.x), view.yOf(node.seenFrom)];
    const height = Math.max(view.yOf(node.seenUntil) - y, 1);
    context.fillRect(x - wide / 2 - 1, y, 1, height);
    context.fillRect(x + wide / 2, y, 1, height);
  }
}

function highlight(context, node, { view, ink }, wide, isNamed) {
  const [x, y] = [view.xOf(node.x), view.yOf(node.from)];
  const height = Math.max(view.yOf(node.until) - y, 2);
  context.strokeStyle = ink.accent;
  context.lineWidth = 2;
  context.strokeRect(x - wide / 2 - 3, y - 1, wide + 6, height + 2);
  if (!isNamed) return;
  context.font = `600 ${FONT}`;
  context.textBaseline = "middle";
  const isRight = x > view.width - 100;
  context.textAlign = isRight ? "right" : "left";
  halo(context, node.name, isRight ? x - wide / 2 - 8 : x + wide / 2 + 8, held(y + 10, 10, view.height - 10), ink);
}

function ring(context, node, view, ink) {
  const [x, y] = [view.xOf(node.x), view.yOf(node.from)];
  context.strokeStyle = ink.text;
  context.lineWidth = 1.5;
  context.setLineDash([4, 3]);
  context.strokeRect(x - 7, y - 3, 14, Math.max(view.yOf(node.until) - y, 2) + 6);
  context.setLineDash([]);
}
