/* Curves that grow: Plotly traces behind one tag each, a raw one and a smoothed one over it. */

import { places, smoothed } from "./metric_rows.mjs";

const WIDE = 700; // px; below that the panels stand under each other
const FAINT = 0.28;
const BOXES = { // left, right, bottom, top of the loss, the learning rate and the scores
  wide: [[0, 0.6, 0.57, 0.95], [0.68, 1, 0.57, 0.95], [0, 1, 0, 0.4]],
  narrow: [[0, 1, 0.74, 0.96], [0, 1, 0.45, 0.62], [0, 1, 0, 0.33]],
  strip: [[0, 0.29, 0, 0.85], [0.36, 0.63, 0, 0.85], [0.7, 1, 0, 0.85]],
  stack: [[0, 1, 0.74, 0.95], [0, 1, 0.37, 0.58], [0, 1, 0, 0.21]],
};
const HEIGHTS = { wide: 600, narrow: 860, strip: 150, stack: 380 };
const SMALL = new Set(["strip", "stack"]);
const X_TITLES = { epoch: "Epoch", time: "Minutes since the start" };

/** How the panels stand: "wide", or "narrow" under each other; folded small, "strip" in a row or "stack". */
export const formOf = (width, strip) => (width < WIDE ? (strip ? "stack" : "narrow") : strip ? "strip" : "wide");

/** Layout keys of a form and of the reader's view in a box of `width` px, for Plotly.relayout. */
export function arrangement(form, view, width) {
  const layout = { width, height: HEIGHTS[form], showlegend: !SMALL.has(form) };
  BOXES[form].forEach(([left, right, bottom, top], i) => {
    const n = i ? i + 1 : "";
    const below = form === "narrow" ? i === 2 : form === "wide";
    layout[`xaxis${n}.domain`] = [left, right];
    layout[`yaxis${n}.domain`] = [bottom, top];
    layout[`annotations[${i}].x`] = left;
    layout[`annotations[${i}].y`] = top;
    layout[`legend${n}.x`] = right;
    layout[`legend${n}.y`] = top;
    layout[`xaxis${n}.title.text`] = below ? X_TITLES[view.axis] : "";
    layout[`xaxis${n}.dtick`] = view.axis === "epoch" && view.epochs <= 12 && !SMALL.has(form) ? 1 : null;
    if (i < 2) layout[`yaxis${n}.type`] = view.log ? "log" : "linear";
  });
  return layout;
}

function drawn(trace, rows, view) {
  const values = rows.of(trace.meta.tag).map((row) => row.value);
  return trace.meta.smooth ? smoothed(values, view.smoothing) : values;
}

/** What Plotly.extendTraces needs to put `added` behind the rows that are drawn. */
export function extension(traces, rows, added, view) {
  const update = { x: [], y: [] };
  const numbers = [];
  traces.forEach((trace, number) => {
    const fresh = added.get(trace.meta.tag);
    if (!fresh) return;
    numbers.push(number);
    update.x.push(places(fresh, view.axis, view.started));
    update.y.push(drawn(trace, rows, view).slice(-fresh.length));
  });
  return { update, numbers };
}

/** All points of every trace, for Plotly.restyle. */
export function whole(traces, rows, view) {
  return {
    x: traces.map((trace) => places(rows.of(trace.meta.tag), view.axis, view.started)),
    y: traces.map((trace) => drawn(trace, rows, view)),
    opacity: traces.map((trace) => (trace.meta.twin && !trace.meta.smooth && view.smoothing ? FAINT : 1)),
    showlegend: traces.map((trace) => Boolean(trace.meta.twin) && Boolean(trace.meta.smooth) === view.smoothing > 0),
    visible: traces.map((trace) => !trace.meta.smooth || view.smoothing > 0),
    hoverinfo: traces.map((trace) => (trace.meta.smooth ? "skip" : "all")),
  };
}

/** The loss panel's title: it names the best epoch, which a dotted line marks in every panel. */
export function lossTitle(best, view, colours) {
  const words = best ? `${view.over ? "best" : "best so far"}: epoch ${best.epoch}` : "";
  return words ? `<b>Loss</b>  <span style="color:${colours.quiet}">┊ ${words}</span>` : "<b>Loss</b>";
}

/** Shapes that mark the best epoch in each panel and the majority's accuracy among the scores. */
export function marks(best, majority, view, colours) {
  const shapes = [];
  if (best) {
    const [x] = places([best], view.axis, view.started);
    for (const n of ["", "2", "3"]) {
      shapes.push({
        type: "line", xref: `x${n}`, yref: `y${n} domain`, x0: x, x1: x, y0: 0, y1: 1, layer: "below",
        line: { color: colours.quiet, width: 1.5, dash: "dot" },
      });
    }
  }
  if (majority !== null) {
    shapes.push({
      type: "line", xref: "x3 domain", yref: "y3", x0: 0, x1: 1, y0: majority, y1: majority, layer: "below",
      line: { color: colours.text, width: 1.5, dash: "dash" },
      label: { text: `majority ${majority.toFixed(3)}`, textposition: "start", yanchor: "bottom",
        font: { size: 11, color: colours.text } },
    });
  }
  return shapes;
}

/** The colours of the theme that is on, by the names of tokens.css. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  return new Proxy({}, { get: (_, name) => style.getPropertyValue(`--${String(name)}`).trim() });
}

/** plotly.js, fetched as Dash's own graphs fetch it. */
export function plotly() {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: window._dashPlotlyJSURL, async: true });
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("plotly.js did not load"));
    document.body.append(script);
  });
}

/** The curves of one run in `element`. What is asked of it is done in the order that it was asked. */
export class Curves {
  constructor(element, figure, view) {
    this.view = view; // {axis, log, smoothing, strip, over, epochs, started}
    this.graph = document.createElement("div");
    element.replaceChildren(this.graph);
    this.marked = { best: null, majority: null };
    this.element = element;
    const { data, layout } = structuredClone(figure);
    this.traces = data;
    const touch = matchMedia("(pointer: coarse)").matches;
    this.work = plotly().then(async (Plotly) => {
      this.Plotly = Plotly;
      this.paint(data);
      await Plotly.newPlot(this.graph, data, { ...layout, dragmode: touch ? false : "zoom" }, {
        displaylogo: false,
        modeBarButtonsToRemove: ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d"],
      });
      await Plotly.relayout(this.graph, this.arrangement());
    });
    this.size = new ResizeObserver(() => this.arrange());
    this.size.observe(element);
    this.repaint = () => this.then(() => {
      this.paint(this.graph.data);
      this.mark();
      return this.Plotly.redraw(this.graph);
    });
    window.addEventListener("themechange", this.repaint);
  }

  then(step) {
    this.work = this.work.then(() => (this.closed ? undefined : step()));
    return this.work;
  }

  paint(traces) {
    const of = colours();
    for (const trace of traces) trace.line = { ...trace.line, color: of[trace.meta.colour] };
  }

  /** Put the marks into the layout; whatever draws the graph next draws them. */
  mark() {
    const of = colours();
    this.graph.layout.shapes = marks(this.marked.best, this.marked.majority, this.view, of);
    this.graph.layout.annotations[0].text = lossTitle(this.marked.best, this.view, of);
  }

  extend(rows, added) {
    const { update, numbers } = extension(this.traces, rows, added, this.view);
    this.marked.best = rows.best();
    if (!numbers.length) return this.work;
    return this.then(() => {
      this.mark(); // extendTraces draws the whole graph again
      return this.Plotly.extendTraces(this.graph, update, numbers);
    });
  }

  redraw(rows) {
    this.marked.best = rows.best();
    return this.put(whole(this.traces, rows, this.view), {});
  }

  majority(value) {
    if (value === this.marked.majority) return;
    this.marked.majority = value;
    this.then(() => {
      this.mark();
      return this.Plotly.redraw(this.graph);
    });
  }

  /** Change the reader's view; `rows` are all that came in so far. */
  look(change, rows) {
    const axis = this.view.axis;
    Object.assign(this.view, change);
    const layout = this.arrangement();
    if (axis !== this.view.axis) layout["xaxis.autorange"] = true; // minutes are no epochs: an old zoom means nothing
    if ("log" in change) layout["yaxis.autorange"] = layout["yaxis2.autorange"] = true;
    return this.put(whole(this.traces, rows, this.view), layout);
  }

  put(points, layout) {
    return this.then(() => {
      this.mark();
      return this.Plotly.update(this.graph, points, layout);
    });
  }

  arrangement() {
    this.width = this.element.clientWidth;
    return arrangement(formOf(this.width, this.view.strip), this.view, this.width);
  }

  arrange() {
    if (!this.element.clientWidth || this.element.clientWidth === this.width) return;
    this.then(() => this.Plotly.relayout(this.graph, this.arrangement()));
  }

  close() {
    this.closed = true;
    this.size.disconnect();
    window.removeEventListener("themechange", this.repaint);
    if (this.Plotly) this.Plotly.purge(this.graph);
  }
}
