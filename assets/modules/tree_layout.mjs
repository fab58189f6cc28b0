/**
 * The lineage as the field draws it (Sulston et al. 1983): time runs down, the anterior daughter stands left, a
 * branch is as long as its cell lives, and founders follow as AB, MS, E, C, D, P4. Pure: tracks and a timeline
 * in, places out. Across, 1 is the room of one branch that doesn't divide; down are minutes of the recording.
 *
 * A branch begins where its mother's ends, which is when the first of her daughters is seen. What nobody saw is
 * told apart: `seenFrom` and `seenUntil` are the minutes between which the cell is followed, and mothers that
 * the recording doesn't hold (most begin at 4 cells) join the lines of two daughters as cells of their own with
 * `cell` -1, above the start by a share of the recording's length that means no time.
 */

import { descends, isSulston, mother } from "./lineage.mjs";

const JOIN_SHARE = 0.03; // of the recording's minutes: height of a division that nobody saw
const FOLDED_WIDTH = 2; // a folded sublineage takes the room of two branches
const UNNAMED_GAP = 2; // between the lineage and the nuclei without a name

/** First and last row of `cell` that belong to the recording; null where all are strays from before it. */
function rowsWithin(tracks, cell) {
  let first = tracks.firstRow[cell];
  const last = tracks.firstRow[cell + 1] - 1;
  while (first <= last && tracks.time[first] < tracks.startFrame) first += 1;
  return first <= last ? [first, last] : null;
}

const nodeOf = (name, cell, above = mother(name)) => ({
  name, cell, above, parent: null, children: [], depth: 0, order: cell, followed: false,
  from: 0, until: 0, seenFrom: null, seenUntil: null, divides: false, bottom: 0, cells: 1,
  x: 0, left: 0, right: 0, folded: false,
});

/** The cell's mother by name: one that is followed, also of a nucleus without a name; else what her own name says. */
const motherOf = (tracks, cell) => (tracks.mothers[cell] >= 0 ? tracks.names[tracks.mothers[cell]] : mother(tracks.names[cell]));

/** Whether a cell is `root` or descends from it. */
function isUnder(tracks, cell, root) {
  for (let at = cell; at >= 0; at = tracks.mothers[at]) {
    if (descends(tracks.names[at], root)) return true;
  }
  return false;
}

function seenNodes(tracks, timeline, root) {
  const nodes = [];
  tracks.names.forEach((name, cell) => {
    const rows = rowsWithin(tracks, cell);
    if (!rows || (root && !isUnder(tracks, cell, root))) return;
    const node = nodeOf(name, cell, motherOf(tracks, cell));
    [node.seenFrom, node.seenUntil] = rows.map((row) => timeline.minutes(tracks.time[row]));
    // Her daughters come in the frame after her last: no gap in her line.
    const lastRow = tracks.firstRow[cell + 1] - 1;
    node.followed = tracks.daughters[cell].some((daughter) => tracks.previous[tracks.firstRow[daughter]] === lastRow);
    nodes.push(node);
  });
  return nodes;
}

/** Hang every node under its mother, unseen mothers made as far up as `root` (or P0); returns the topmost. */
function hung(seen, root) {
  const byName = new Map(seen.map((node) => [node.name, node]));
  const unseen = [];
  let tops = [];
  for (const start of seen) {
    for (let node = start; node !== null;) {
      const isTop = node.name === root || node.above === null;
      const known = byName.get(node.above) ?? null;
      if (isTop) tops.push(node);
      else {
        node.parent = known ?? nodeOf(node.above, -1);
        node.parent.children.push(node);
      }
      if (isTop || known) break;
      byName.set(node.above, node.parent);
      unseen.push(node.parent);
      node = node.parent;
    }
  }
  // An unseen mother of one line says nothing: the line goes through, or begins without her.
  for (const lone of unseen.filter(({ children }) => children.length === 1)) {
    const [only] = lone.children;
    only.parent = lone.parent;
    if (lone.parent) lone.parent.children[lone.parent.children.indexOf(lone)] = only;
    else tops = tops.map((each) => (each === lone ? only : each));
  }
  return tops;
}

function walk(tops, before, after) {
  const visit = (node) => {
    before(node);
    node.children.forEach(visit);
    after(node);
  };
  tops.forEach(visit);
}

const isSeen = (node) => node.cell >= 0;
const isUnderSeen = (node) => node.parent !== null && (isSeen(node.parent) || isUnderSeen(node.parent));
const beginning = (node) => node.seenFrom ?? node.until;

/** The minute at which a branch ends: her daughters' birth, or where she was last seen. */
function endOf(node, join) {
  const first = Math.min(...node.children.map(beginning));
  if (!isSeen(node)) return isUnderSeen(node) ? first : first - join;
  const births = node.children.filter((child) => isSeen(child) && child.above === node.name).map(beginning);
  node.divides = births.length > 0;
  const told = node.divides ? Math.min(...births) : node.seenUntil;
  return Math.max(Math.min(told, first), node.seenFrom);
}

/** Give every branch its order, minutes and counts: ends from the bottom up, beginnings from the top down. */
function timed(tops, join) {
  const sort = (nodes) => nodes.sort((a, b) => a.order - b.order);
  walk(tops, () => {}, (node) => {
    sort(node.children);
    node.order = isSeen(node) ? node.cell : node.children[0].order;
    node.until = endOf(node, join);
  });
  sort(tops);
  walk(tops, (node) => {
    node.from = node.parent ? node.parent.until : beginning(node);
    node.until = Math.max(node.until, node.from);
    node.depth = node.parent ? node.parent.depth + 1 : 0;
    if (!isSeen(node)) return;
    node.seenFrom = Math.min(Math.max(node.seenFrom, node.from), node.until);
    node.seenUntil = node.followed ? node.until : Math.max(Math.min(node.seenUntil, node.until), node.seenFrom);
  }, (node) => {
    node.bottom = Math.max(node.until, ...node.children.map((child) => child.bottom));
    node.cells = (isSeen(node) ? 1 : 0) + node.children.reduce((sum, child) => sum + child.cells, 0);
  });
}

/**
 * The tree of an embryo: {nodes, of, width, first, last, lineageWidth, unnamed}.
 *
 * `nodes` are the branches that are drawn, a mother before her daughters: {name, cell (-1 for an unseen mother),
 * parent, children (none of a folded one), depth, from, until, seenFrom, seenUntil (minutes; null for an unseen
 * mother), divides, bottom (last minute of the sublineage), cells (seen cells from here down), x, left, right
 * (room of the sublineage), folded, index (its own in `nodes`)}. `of[cell]` is the node that stands for a cell: its own, the folded
 * one that holds it, or null. `first` and `last` are the minutes at top and bottom; `lineageWidth` is the width
 * without the unnamed nuclei, which stand in as few lanes as hold them from `unnamed` on (null: none;
 * those of them that divide stand before the others, as trees of their own).
 *
 * `root`: only that cell and what descends from it, "" for all. `folded`: names whose daughters are put away.
 */
export function treeLayout(tracks, timeline, { root = "", folded = [] } = {}) {
  const seen = seenNodes(tracks, timeline, root);
  const [start, end] = [tracks.startFrame, tracks.lastFrame].map((frame) => timeline.minutes(frame));
  const tops = hung(seen, root);
  timed(tops, JOIN_SHARE * (end - start));
  const isNamed = (top) => isSulston(top.name);
  const layout = { nodes: [], of: new Array(tracks.names.length).fill(null) };
  layout.lineageWidth = placed(tops.filter(isNamed), new Set(folded), layout, 0);
  const unnamed = tops.filter((top) => !isNamed(top));
  const left = layout.lineageWidth + (layout.lineageWidth && unnamed.length ? UNNAMED_GAP : 0);
  layout.unnamed = unnamed.length ? left : null;
  const families = placed(unnamed.filter(({ children }) => children.length), new Set(folded), layout, left);
  layout.width = laned(unnamed.filter(({ children }) => children.length === 0), families, layout);
  const { nodes } = layout;
  nodes.forEach((node, index) => { node.index = index; });
  layout.first = Math.min(...nodes.map(({ from }) => from), root && nodes.length ? Infinity : start);
  layout.last = nodes.length ? Math.max(...nodes.map(({ bottom }) => bottom)) : end;
  return layout;
}

/** Places of whole trees side by side from `left` on; returns where they end. */
function placed(tops, folded, layout, left) {
  let next = left;
  const hide = (node, under) => {
    for (const child of node.children) {
      if (isSeen(child)) layout.of[child.cell] = under;
      hide(child, under);
    }
  };
  const place = (node) => {
    layout.nodes.push(node);
    if (isSeen(node)) layout.of[node.cell] = node;
    node.left = next;
    node.folded = folded.has(node.name) && node.children.length > 0;
    if (node.folded) {
      hide(node, node);
      node.children = [];
      next += FOLDED_WIDTH;
    } else if (node.children.length === 0) next += 1;
    else node.children.forEach(place);
    node.right = next;
    const [one, other] = [node.children[0], node.children.at(-1)];
    node.x = one ? (one.x + other.x) / 2 : (node.left + node.right) / 2;
  };
  tops.forEach(place);
  return next;
}

/** Nuclei without a name, each in the first lane that is free at its time; returns where they end. */
function laned(unnamed, left, layout) {
  const lanes = [];
  unnamed.sort((a, b) => a.seenFrom - b.seenFrom || a.cell - b.cell);
  for (const node of unnamed) {
    let lane = lanes.findIndex((until) => until < node.seenFrom);
    if (lane < 0) lane = lanes.push(0) - 1;
    lanes[lane] = node.seenUntil;
    Object.assign(node, { left: left + lane, right: left + lane + 1, x: left + lane + 0.5 });
    layout.of[node.cell] = node;
    layout.nodes.push(node);
  }
  return left + lanes.length;
}

/**
 * The branch at a place: {node, minute}, or null. `across` and `down` are how far (units of x, minutes) one may
 * miss it. A branch of an unseen mother is none that can be taken.
 */
export function branchAt(layout, x, minute, across, down) {
  let best = null;
  let nearest = Infinity;
  const offer = (node, distance, at) => {
    if (distance < nearest) {
      nearest = distance;
      best = { node, minute: Math.min(Math.max(at, node.from), node.until) };
    }
  };
  for (const node of layout.nodes) {
    if (!isSeen(node)) continue;
    if (minute >= node.from - down && minute <= node.until + down) {
      const beyond = Math.max(node.from - minute, minute - node.until, 0) / (down || 1);
      const away = Math.abs(node.x - x) / (across || 1);
      if (away <= 1) offer(node, away + beyond, minute);
    }
    if (node.folded) {
      const depth = (minute - node.until) / (node.bottom - node.until || 1);
      const half = (depth * FOLDED_WIDTH) / 2;
      if (depth >= 0 && depth <= 1 && Math.abs(node.x - x) <= Math.max(half, across)) offer(node, 0.9, minute);
    } else if (node.children.length > 1 && Math.abs(minute - node.until) <= down) {
      const [left, right] = [node.children[0].x, node.children.at(-1).x];
      if (x >= left && x <= right) offer(node, 0.5 + Math.abs(minute - node.until) / (down || 1), node.until);
    }
  }
  return best;
}

const seenAbove = (node) => {
  let above = node.parent;
  while (above && !isSeen(above)) above = above.parent;
  return above;
};
const seenBelow = (node) => {
  let [below] = node.children;
  while (below && !isSeen(below)) [below] = below.children;
  return below ?? null;
};

/**
 * The branch that one step leads to: "up" the mother, "down" the first daughter, "left" and "right" the sister,
 * else the next one of as many divisions. The same branch where there is none.
 */
export function stepped(layout, node, way) {
  if (way === "up") return seenAbove(node) ?? node;
  if (way === "down") return seenBelow(node) ?? node;
  const sign = way === "left" ? -1 : 1;
  const level = layout.nodes.filter((each) => isSeen(each) && each.depth === node.depth && sign * (each.x - node.x) > 0);
  const nearest = level.reduce((best, each) => (!best || sign * (best.x - each.x) > 0 ? each : best), null);
  return nearest ?? node;
}

/** Where a walk over the branches begins: the first branch that was seen. */
export const firstBranch = (layout) => layout.nodes.find(isSeen) ?? null;
