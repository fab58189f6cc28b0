/**
 * A lineage in Newick's form, branch lengths in minutes: what FigTree, ape, ete and others read. Names stand
 * without quotes where Newick allows it, else between single quotes with those within doubled.
 */

const PLAIN = /^[A-Za-z0-9.+-]+$/;
const UNREADABLE = /[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g; // a name stays on its line

export function newickName(name) {
  const text = name.replace(UNREADABLE, " ");
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "''")}'`;
}

const length = (minutes) => String(Number(Math.max(minutes, 0).toFixed(4)));

function clade(node, begun) {
  const daughters = node.children.map((child) => clade(child, node.until)).join(",");
  return `${daughters ? `(${daughters})` : ""}${newickName(node.name)}:${length(node.until - begun)}`;
}

/**
 * The trees of a layout (tree_layout.mjs, nothing folded), one a line. A branch is as long as its cell lived or
 * was followed. Where mothers that nobody saw join lines, the time of their division isn't known: they take
 * length 0 at the first minute that any of their daughters is seen, so that minutes from the root are minutes
 * since then.
 */
export function newick(layout) {
  const tops = layout.nodes.filter(({ parent }) => parent === null);
  return tops.map((top) => {
    const seen = top.cell >= 0 ? top.seenFrom : firstSeen(top);
    return `${clade(clipped(top, seen), seen)};\n`;
  }).join("");
}

const firstSeen = (node) => (node.cell >= 0 ? node.seenFrom : Math.min(...node.children.map(firstSeen)));

/** The tree with nothing before `start`: there is no time before the first that was seen. */
const clipped = (node, start) => ({
  name: node.name, until: Math.max(node.until, start), children: node.children.map((child) => clipped(child, start)),
});
