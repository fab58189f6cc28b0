/* Runs laid over each other: every run is followed as on its own page; those that are over stop at once. */

import { colours, plotly } from "./curves.mjs";
import { FINAL, follow } from "./follow.mjs";
import { ask, seen } from "./live.mjs";
import { places } from "./metric_rows.mjs";

const WIDE = 700;
let leave = null;

/** Where the four panels stand in a box of `width` px, as layout keys. */
export function arrangement(width, view) {
  const wide = width >= WIDE;
  const boxes = wide
    ? [[0, 0.47, 0.54, 0.88], [0.53, 1, 0.54, 0.88], [0, 0.47, 0, 0.36], [0.53, 1, 0, 0.36]]
    : [[0, 1, 0.77, 0.92], [0, 1, 0.52, 0.68], [0, 1, 0.26, 0.42], [0, 1, 0, 0.16]];
  const layout = { width, height: wide ? 560 : 1100, "yaxis.type": view.log ? "log" : "linear" };
  boxes.forEach(([left, right, bottom, top], i) => {
    const n = i ? i + 1 : "";
    layout[`xaxis${n}.domain`] = [left, right];
    layout[`yaxis${n}.domain`] = [bottom, top];
    layout[`xaxis${n}.title.text`] = i < 2 && wide ? "" : view.axis === "epoch" ? "Epoch" : "Minutes since its start";
  });
  return layout;
}

/** x and y of the traces of one run, and their numbers. */
export function pointsOf(traces, id, rows, view, started) {
  const numbers = traces.flatMap((trace, number) => (trace.meta.run === id ? [number] : []));
  const of = numbers.map((number) => rows.of(traces[number].meta.tag));
  return {
    numbers,
    update: {
      x: of.map((series) => places(series, view.axis, started)),
      y: of.map((series) => series.map((row) => row.value)),
      mode: of.map((series) => (series.length < 2 ? "markers" : "lines")),
    },
  };
}

export async function mount(page) {
  leave?.abort();
  leave = new AbortController();
  const { signal } = leave;
  const box = document.getElementById("compare-curves");
  const graph = document.createElement("div");
  box.replaceChildren(graph);
  const view = { axis: "epoch", log: false };
  const { data, layout } = structuredClone(page.figure);
  const paint = () => {
    const of = colours();
    for (const trace of graph.data ?? data) trace.line = { ...trace.line, color: of[trace.meta.colour] };
  };
  const Plotly = await plotly();
  if (signal.aborted) return null;
  paint();
  let width = box.clientWidth;
  const touch = matchMedia("(pointer: coarse)").matches;
  await Plotly.newPlot(graph, data, { ...layout, dragmode: touch ? false : "zoom" }, { displaylogo: false });
  await Plotly.relayout(graph, arrangement(width, view));

  const known = new Map(); // run id -> {rows, started}
  let work = Promise.resolve();
  const draw = (id) => {
    const { rows, started } = known.get(id);
    const { numbers, update } = pointsOf(data, id, rows, view, started);
    work = work.then(() => (signal.aborted ? null : Plotly.restyle(graph, update, numbers)));
  };
  const look = (change) => {
    Object.assign(view, change);
    work = work.then(() => Plotly.relayout(graph, { ...arrangement(width, view), "xaxis.autorange": true, "yaxis.autorange": true }));
    for (const id of known.keys()) draw(id);
    document.getElementById("compare-log").setAttribute("aria-pressed", String(view.log));
    document.getElementById("compare-time").setAttribute("aria-pressed", String(view.axis === "time"));
  };
  look({});
  document.getElementById("compare-log").addEventListener("click", () => look({ log: !view.log }), { signal });
  document.getElementById("compare-time").addEventListener("click", () => look({ axis: view.axis === "time" ? "epoch" : "time" }), { signal });
  window.addEventListener("themechange", () => { paint(); Plotly.redraw(graph); }, { signal });
  const size = new ResizeObserver(() => {
    if (!box.clientWidth || width === box.clientWidth) return;
    width = box.clientWidth;
    Plotly.relayout(graph, arrangement(width, view));
  });
  size.observe(box);
  const left = setInterval(() => box.isConnected || leave.abort(), 500);
  signal.addEventListener("abort", () => {
    clearInterval(left);
    size.disconnect();
    Plotly.purge(graph);
  });

  for (const run of page.runs) {
    const screen = {
      run: (now) => { known.get(run.id).started = now.started ?? known.get(run.id).started; },
      extend: (rows) => { known.get(run.id).rows = rows; draw(run.id); },
      redraw: (rows) => { known.get(run.id).rows = rows; draw(run.id); },
      lost: () => {},
      found: () => {},
      hurried: () => false,
    };
    known.set(run.id, { rows: { of: () => [] }, started: run.started ?? 0 });
    const source = {
      run: () => ask(`/api/v1/runs/${run.id}`),
      metrics: (after) => ask(`/api/v1/runs/${run.id}/metrics?after=${after}`),
    };
    follow(source, screen, { signal, wait: (ms) => seen(ms, signal) }).then((end) => {
      if (!FINAL.has(run.state) && end !== "left") window.dash_clientside.set_props("compare-over", { data: `${run.id} ${end}` });
    });
  }
  return null;
}
