/** The tree as files: a figure as SVG or PDF, the lineage as Newick. */

import { along } from "./colours.mjs";
import { newick } from "./newick.mjs";
import { fileName, handOver } from "./saved_file.mjs";
import { legible, linesOn } from "./tree_branches.mjs";
import { svgOf, treeFigure } from "./tree_figure.mjs";
import { treeLayout } from "./tree_layout.mjs";

const [PAPER, INK] = ["#ffffff", "#1b1f24"];
const RAMP_STEPS = 24;

/** The figure (tree_figure.mjs) of all that `tree` {layout, runs, painter, odd} shows, at whatever it is looked at. */
export function figureOf(watch, { layout, runs, painter, odd }) {
  const { data, view } = watch;
  const cells = layout.nodes.reduce((sum, node) => sum + (node.parent === null ? node.cells : 0), 0);
  return treeFigure({
    layout, runs, odd, colours: linesOn(painter, PAPER, INK), isRamp: painter.scale === true, chosen: watch.chosen,
    legend: figureLegend(painter.legend),
    title: view.root ? `${data.name}: lineage of ${view.root}` : `${data.name}: lineage`,
    subtitle: `${cells} cells; a branch is as long as its cell lives, the anterior daughter stands left`,
  });
}

/** A painter's legend as a figure tells it: swatches as they are drawn on white, a ramp as strips of colour. */
export function figureLegend(legend) {
  if (legend.swatches) {
    return { ...legend, swatches: legend.swatches.map((each) => ({ ...each, colour: legible(each.colour, PAPER, INK) })) };
  }
  const { stops, least, most } = legend;
  const strip = (colours, from, to) => colours.map((colour, i) => ({ share: from + ((to - from) * i) / colours.length, colour }));
  if (Array.isArray(stops)) return { ...legend, shown: strip(stops, 0, 1), middle: null };
  const spread = (ends) => Array.from({ length: RAMP_STEPS }, (_, i) => along(ends, i / (RAMP_STEPS - 1)));
  if (!stops.below) return { ...legend, shown: strip(spread(stops.above), 0, 1), middle: null };
  const middle = Math.max(-least / (most - least), 0.15); // wide enough to be seen
  return {
    ...legend, middle,
    shown: [...strip(spread([...stops.below].reverse()), 0, middle), ...strip(spread(stops.above), middle, 1)],
  };
}

/** Give the reader the tree as "svg", "pdf" or "newick"; what goes wrong is told by `watch.toast`. */
export async function saveTree(form, watch, tree) {
  const { data, view, tracks, timeline } = watch;
  const name = (extension) => fileName(view.root ? `${data.name}_${view.root}` : data.name, "tree", extension);
  try {
    if (form === "newick") {
      const whole = treeLayout(tracks, timeline, { root: view.root });
      handOver(new Blob([newick(whole)], { type: "text/plain" }), name("nwk"));
    } else if (form === "svg") {
      handOver(new Blob([svgOf(figureOf(watch, tree))], { type: "image/svg+xml" }), name("svg"));
    } else {
      handOver(await pdfOf(figureOf(watch, tree), watch.address("/figures/pdf")), name("pdf"));
    }
  } catch (error) {
    watch.toast(`The tree couldn't be saved: ${error.message}`);
  }
}

async function pdfOf(figure, address) {
  const response = await fetch(address, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(figure),
  });
  if (response.ok) return response.blob();
  const told = await response.json().catch(() => ({}));
  throw new Error(told.error?.message ?? `the server answered ${response.status}`);
}
