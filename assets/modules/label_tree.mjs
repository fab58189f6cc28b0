/** The lineage coloured by the classes of a label: which colour and which word goes where. No document in here. */

const PX_A_NAME = 26; // of the tree's width: more names than one in so many are a thicket
const SHADES = ["100%", "62%", "80%"];

/**
 * Class -> its colour as CSS. Classes of one group stand beside each other in different shades, so that the
 * border between two of them is seen.
 */
export function shades(classes) {
  const seen = new Map();
  const colours = [];
  for (const index of [...classes.keys()].sort((a, b) => classes[a].order - classes[b].order)) {
    const group = classes[index].colour;
    const turn = seen.get(group) ?? 0;
    seen.set(group, turn + 1);
    const mix = SHADES[turn % SHADES.length];
    colours[index] = mix === "100%"
      ? `var(--founder-${group})`
      : `color-mix(in srgb, var(--founder-${group}) ${mix}, var(--shade))`;
  }
  return colours;
}

/**
 * Where the labels stand that have room: [{index, x, y}] in px, the text's left end and its middle.
 *
 * A class is named beside the first of its cells. `place(cell)` gives {x, top, bottom} in px, `width(text)` the
 * px of a text. Classes with most cells in the tree are named first; one that would cover another isn't named.
 */
export function named(tree, classes, ofCell, place, width, right) {
  const firsts = new Map();
  const sizes = new Map();
  ofCell.forEach((index, cell) => {
    if (index < 0) return;
    sizes.set(index, (sizes.get(index) ?? 0) + 1);
    const mother = tree.mother[cell];
    const isFirst = mother < 0 || ofCell[mother] !== index;
    const known = firsts.get(index);
    if (isFirst && (known === undefined || tree.top[cell] < tree.top[known])) firsts.set(index, cell);
  });
  const taken = [];
  const found = [];
  const first = (a, b) => sizes.get(b[0]) - sizes.get(a[0]) || tree.top[a[1]] - tree.top[b[1]];
  for (const [index, cell] of [...firsts].sort(first)) {
    if (found.length >= right / PX_A_NAME) break;
    const { x, top, bottom } = place(cell);
    const wide = width(classes[index].label);
    const y = Math.min(top + 9, (top + bottom) / 2);
    const left = x + 3 + wide > right ? x - 3 - wide : x + 3;
    const box = { left: left - 1, right: left + wide + 2, top: y - 6, bottom: y + 6 };
    if (taken.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom)) continue;
    taken.push(box);
    found.push({ index, x: left, y });
  }
  return found;
}

/** The cell at (x, y) px or nearest beside it within `reach` px; -1 for none. */
export function cellAt(tree, place, x, y, reach = 8) {
  let best = -1;
  let distance = reach;
  tree.names.forEach((_, cell) => {
    const at = place(cell);
    if (y < at.top - 2 || y > at.bottom + 2) return;
    const away = Math.abs(at.x - x);
    if (away < distance) [best, distance] = [cell, away];
  });
  return best;
}
