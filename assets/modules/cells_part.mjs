/** The panel's first tab: facts and curves of the chosen cells, with the time cursor. A part of the page, see watch.mjs. */

import { element } from "./dom.mjs";
import { MOST_CURVES, curvesFigure, lineKeys, tellCells } from "./panel.mjs";

/** The tab in `root`, told of by `watch`. */
export function makeCells(root, watch) {
  const told = root.querySelector(".cells-told");
  const box = root.querySelector(".curves-box");
  const note = root.querySelector(".curves-note");
  const cursor = root.querySelector(".curves-cursor");
  const graph = root.querySelector(".curves-graph");
  let plotly = null;
  let asked = 0;
  let timer = null;
  let shown = "";
  let keys = new Map();
  const isOpen = () => watch.view.tab === "cells" && watch.view.panel;

  function tell() {
    const { cells } = watch;
    box.hidden = cells.length === 0;
    note.textContent = cells.length > MOST_CURVES ? `Curves of the first ${MOST_CURVES} of ${cells.length} cells.` : "";
    if (cells.length === 0) {
      const words = watch.view.cells.length
        ? "This embryo follows none of the chosen cells."
        : "Choose a cell: click a nucleus or a branch, or type its name. Its birth, division, path and expression are told here.";
      told.replaceChildren(element("p", { class: "quiet", text: words }));
      return;
    }
    tellCells(told, {
      tracks: watch.tracks, timeline: watch.timeline, calibration: watch.data.calibration, cells, keys, name: watch.data.name,
      go: (frame) => watch.clock.seek(frame), toast: watch.toast,
    });
  }

  async function draw() {
    if (!isOpen() || watch.cells.length === 0) return;
    plotly ??= await watch.plotly();
    if (!root.isConnected || !isOpen() || watch.cells.length === 0) return;
    const { data, layout } = curvesFigure(
      watch.tracks, watch.timeline, watch.data.calibration, watch.cells, keys, watch.data.templates[watch.theme()],
    );
    layout.width = box.clientWidth;
    layout.height = box.clientHeight;
    if (!layout.width || !layout.height) return;
    await plotly.react(graph, data, layout, { displayModeBar: false, responsive: false });
    tick();
  }

  function tick() {
    const axis = graph._fullLayout?.xaxis;
    if (!axis?._length || watch.cells.length === 0 || !isOpen()) return;
    const x = axis.l2p(watch.clock.minutes);
    cursor.style.visibility = x >= 0 && x <= axis._length ? "visible" : "hidden";
    cursor.style.transform = `translateX(${(axis._offset + x).toFixed(1)}px)`;
  }

  /** Curves take Plotly as long as several frames: what was clicked is seen first. */
  function later() {
    cancelAnimationFrame(asked);
    clearTimeout(timer);
    asked = requestAnimationFrame(() => { timer = setTimeout(draw); });
  }

  function show() {
    if (!isOpen()) return;
    const key = [watch.cells.join(), watch.view.cells.length, watch.lineKey, watch.theme(), watch.version].join("|");
    if (key === shown) return;
    shown = key;
    keys = lineKeys(watch.cells, watch.lineColour);
    tell();
    later();
  }

  return {
    show,
    tick,
    resize: draw,
    end() {
      cancelAnimationFrame(asked);
      clearTimeout(timer);
      plotly?.purge(graph);
    },
  };
}
