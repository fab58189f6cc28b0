/** The plane as a part of the embryo's page (see watch.mjs): made when first asked for, at rest while space is shown. */

import { element } from "./dom.mjs";
import { Plane } from "./plane.mjs";
import { placeOf } from "./facts.mjs";
import { minutesOfPaths } from "./paths.mjs";
import { MEASURES } from "./tracks.mjs";

/** The plane in `root`, told of by `watch`. `savePlaneFigure()` of it saves what is seen as SVG. */
export function makePlane(root, watch) {
  let plane = null;
  const isShown = () => watch.view.stage === "plane" && watch.view.beside.length === 0;

  function make() {
    const { data, tracks } = watch;
    plane = new Plane(root, tracks, {
      template: data.templates.dark, ground: data.ground,
      picked: (name, adds) => watch.choose([name], adds ? "toggle" : "only"),
      describe: (...nucleus) => describe(watch, ...nucleus),
    });
    watch.plane = plane;
    attach();
  }

  async function attach() {
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))); // first the nuclei
    const plotly = await watch.plotly();
    if (!root.isConnected) return;
    await plane.attach(plotly, root.querySelector(".plane-graph"));
    watch.root.dataset.ready = "true";
  }

  const tick = () => isShown() && plane?.draw(watch.clock.frame, watch.clock.playing);

  function show() {
    root.hidden = !isShown();
    if (!isShown()) return;
    if (!plane) make();
    plane.show({
      ...watch.view, calibration: watch.data.calibration, timeline: watch.timeline, painter: watch.painter,
      lineColour: watch.lineColour, chosen: watch.cells,
      outline: MEASURES.includes(watch.view.colour) ? "#8b95a3" : watch.data.ground,
    });
    tick();
  }

  async function savePlaneFigure() {
    const { data, view, cells, tracks, timeline } = watch;
    const title = `${data.name} · ${Math.round(watch.clock.minutes)} min · ${watch.painter.legend.title}`;
    const minutes = cells.length && view.paths ? minutesOfPaths(tracks, timeline, cells) : null;
    const figure = plane.figureToSave(data.templates.light, title, minutes);
    const { width, height } = figure.layout;
    const image = await (await watch.plotly()).toImage(figure, { format: "svg", width, height });
    element("a", { href: image, download: `${data.name}_${view.axes}.svg` }).click();
  }
  watch.savePlaneFigure = savePlaneFigure;

  return { show, tick, resize: () => isShown() && plane?.resize(), end: () => plane?.end() };
}

/** Lines of text that tell of a nucleus in the plane (see nucleiAt). */
function describe({ tracks, data, timeline }, cell, from, to, share) {
  const between = (a, b) => a + share * (b - a);
  const [a, b] = [from, to].map((row) => placeOf(tracks, data.calibration, row));
  const place = a.map((value, i) => between(value, b[i]).toFixed(1));
  const born = timeline.minutes(tracks.time[tracks.firstRow[cell]]).toFixed(0);
  const mother = tracks.mothers[cell];
  const seen = tracks.previous[tracks.firstRow[cell]] >= 0 ? `born at ${born} min` : `first seen at ${born} min`;
  return [
    tracks.names[cell],
    mother >= 0 ? `${seen}, daughter of ${tracks.names[mother]}` : seen,
    `x ${place[0]}, y ${place[1]}, z ${place[2]} µm`,
    `blot ${Math.round(between(tracks.value("blot", from), tracks.value("blot", to)))}`,
  ];
}
