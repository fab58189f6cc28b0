/**
 * The embryo in a plane. Plotly draws what stands still (axes, paths of chosen cells) and holds zoom and
 * pan; the nuclei and their tails are drawn on a canvas over it, in the same axes, so that a frame costs
 * about a millisecond and no layout. The canvas needs no Plotly: it draws as soon as the tracks are there.
 */

import { nucleiAt } from "./tracks.mjs";
import { mixed } from "./colours.mjs";
import { element } from "./dom.mjs";
import { extentOf, fitted, nucleusAt, planeOf, projected } from "./projection.mjs";
import { pathTraces, tailRows } from "./paths.mjs";

const DEPTHS = 6; // shades from the nearest to the farthest nucleus
const FARTHEST = 0.5; // how far the farthest is taken towards the ground
const UNCHOSEN = 0.3; // opacity of what isn't chosen while something is
const MOST_NAMED = 14;
const MARGIN = { left: 56, right: 12, top: 12, bottom: 44 };
const CLICK_PX = 5;

export class Plane {
  #nuclei = { from: new Int32Array(0), to: new Int32Array(0) };
  #placed = {};
  #shades = [];
  #graph = null;
  #plotly = null;
  #zoomed = false;
  #drawnAt = 0;
  #ignoreClick = 0;
  draws = 0;

  /** `stage` holds Plotly's graph; `picked(name, adds)` is told of clicks; `describe(i)` gives tooltip lines. */
  constructor(stage, tracks, { template, ground, picked, describe }) {
    Object.assign(this, { stage, tracks, template, ground, picked, describe });
    this.canvas = element("canvas", { class: "stage-canvas", "aria-hidden": "true" });
    this.tip = element("div", { class: "stage-tip", role: "tooltip", hidden: true });
    stage.append(this.canvas, this.tip);
    this.context = this.canvas.getContext("2d");
    this.#listen();
  }

  /**
   * What to show: {axes, units, calibration, timeline, painter, chosen (cells), paths, tail (minutes)}.
   * The zoom stays unless the axes or their units change.
   */
  show(shown) {
    const kept = this.shown
      && ["axes", "units"].every((name) => this.shown[name] === shown[name])
      && this.shown.calibration.pixel_um === shown.calibration.pixel_um
      && this.shown.calibration.plane_um === shown.calibration.plane_um;
    this.shown = shown;
    this.chosen = new Uint8Array(this.tracks.names.length);
    for (const cell of shown.chosen) this.chosen[cell] = 1;
    this.plane = planeOf(shown.axes, shown.units, shown.calibration);
    this.#shadeColours();
    if (!kept) {
      this.extent = extentOf(this.tracks, this.plane, shown.calibration.pixel_um);
      this.depth = this.#depthRange();
      this.#zoomed = false;
    }
    this.resize();
  }

  /** Plotly is there: `graph` is its element. */
  attach(plotly, graph) {
    this.#plotly = plotly;
    this.#graph = graph;
    graph.on("plotly_relayouting", (change) => this.#ranged(change));
    graph.on("plotly_relayout", (change) => this.#ranged(change));
    graph.on("plotly_doubleclick", () => { this.#zoomed = false; this.resize(); return false; });
    graph.on("plotly_click", ({ points, event }) => {
      const cell = points?.[0]?.customdata;
      if (cell === undefined || performance.now() - this.#ignoreClick < 300) return;
      this.picked(this.tracks.names[cell], event?.shiftKey ?? false);
    });
    this.#figure();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height || !this.plane) return;
    const pixels = Math.min(window.devicePixelRatio || 1, 2);
    if (this.canvas.width !== Math.round(width * pixels) || this.canvas.height !== Math.round(height * pixels)) {
      this.canvas.width = Math.round(width * pixels);
      this.canvas.height = Math.round(height * pixels);
    }
    this.pixels = pixels;
    const area = {
      left: MARGIN.left, top: MARGIN.top,
      width: Math.max(width - MARGIN.left - MARGIN.right, 40), height: Math.max(height - MARGIN.top - MARGIN.bottom, 40),
    };
    const same = this.frame && this.frame.width === area.width && this.frame.height === area.height;
    if (!this.#zoomed || !same) {
      this.#zoomed = false;
      this.frame = { ...area, ...fitted(this.plane, this.extent, area.width, area.height) };
    }
    this.#figure();
    this.draw(this.#drawnAt);
  }

  /** Draw the nuclei at a time (frames). */
  draw(at) {
    this.#drawnAt = at;
    if (!this.frame) return;
    const { context, tracks, frame } = this;
    const nuclei = nucleiAt(tracks, at, this.#nuclei);
    const placed = projected(tracks, nuclei, this.plane, frame, this.shown.calibration.pixel_um, this.#placed);
    context.setTransform(this.pixels, 0, 0, this.pixels, 0, 0);
    context.clearRect(0, 0, this.stage.clientWidth, this.stage.clientHeight);
    context.save();
    context.beginPath();
    context.rect(frame.left, frame.top, frame.width, frame.height);
    context.clip();
    const some = this.shown.chosen.length > 0;
    context.globalAlpha = some ? UNCHOSEN : 1;
    this.#discs((cell) => !this.chosen[cell], this.shown.outline, 1);
    context.globalAlpha = 1;
    if (some) {
      if (this.shown.tail) this.#tails(at);
      this.#discs((cell) => this.chosen[cell], "#ffffff", 1.5);
      this.#names();
    }
    context.restore();
    this.draws += 1;
    if (!this.tip.hidden) this.#hover(this.pointer);
  }

  /** What is drawn, for a test or an export: [{name, x, y, radius, colour, chosen}] in pixels of the stage. */
  drawn() {
    const { count, to } = this.#nuclei;
    return Array.from({ length: count }, (_, i) => {
      const cell = this.tracks.cells[to[i]];
      const { x, y, radius } = this.#placed;
      return {
        name: this.tracks.names[cell], x: x[i], y: y[i], radius: radius[i], depth: this.#placed.depth[i],
        colour: this.shown.painter.colours[this.#colourOf(i, cell)], chosen: this.chosen[cell] === 1,
      };
    });
  }

  /** The figure on white ground, nuclei included, for Plotly.toImage; `template` is the light one. */
  figureToSave(template, title) {
    const nuclei = this.drawn().sort((a, b) => b.depth - a.depth);
    const { frame, plane } = this;
    const shown = (pixel, from, length, [a, b]) => a + ((pixel - from) / length) * (b - a);
    const trace = {
      type: "scatter", mode: "markers", hoverinfo: "skip",
      x: nuclei.map(({ x }) => shown(x, frame.left, frame.width, frame.right)),
      y: nuclei.map(({ y }) => shown(y, frame.top, frame.height, frame.down)),
      marker: {
        size: nuclei.map(({ radius }) => 2 * radius), color: nuclei.map(({ colour }) => colour),
        opacity: nuclei.map(({ chosen }) => (chosen || !this.shown.chosen.length ? 1 : UNCHOSEN)),
        line: { color: "#3c444e", width: 1 },
      },
    };
    const layout = this.#layout(plane, template);
    Object.assign(layout, {
      width: this.stage.clientWidth, height: this.stage.clientHeight + 30, title: { text: title, font: { size: 13 } },
      paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", margin: { ...layout.margin, t: MARGIN.top + 30 },
    });
    return { data: [trace, ...this.#traces()], layout };
  }

  #colourOf(i, cell) { return this.shown.painter.of(cell, this.#nuclei.from[i], this.#nuclei.to[i], this.#nuclei.share); }

  #shadeColours() {
    this.#shades = this.shown.painter.colours.map((colour) => Array.from(
      { length: DEPTHS },
      (_, depth) => mixed(colour, this.ground, (FARTHEST * depth) / (DEPTHS - 1)),
    ));
  }

  #depthRange() {
    const { values, scale } = this.tracks.column(this.plane.away.axis);
    let [least, most] = [Infinity, -Infinity];
    for (const value of values) {
      const depth = (value / scale) * this.plane.away.um;
      least = Math.min(least, depth);
      most = Math.max(most, depth);
    }
    return { least, most };
  }

  #discs(drawn, outline, width) {
    const { context } = this;
    const { to } = this.#nuclei;
    const { order, x, y, radius, depth } = this.#placed;
    const { least, most } = this.depth;
    const perShade = (DEPTHS - 0.001) / (most - least || 1);
    context.strokeStyle = outline;
    context.lineWidth = width;
    for (const i of order) {
      const cell = this.tracks.cells[to[i]];
      if (!drawn(cell)) continue;
      const shade = Math.min(Math.max(Math.floor((depth[i] - least) * perShade), 0), DEPTHS - 1);
      context.fillStyle = this.#shades[this.#colourOf(i, cell)][shade];
      context.beginPath();
      context.arc(x[i], y[i], radius[i], 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  }

  #tails(at) {
    const { context, tracks, plane, frame } = this;
    const { timeline, tail } = this.shown;
    const since = timeline.frame(timeline.minutes(at) - tail);
    const perRight = frame.width / (frame.right[1] - frame.right[0]);
    const perDown = frame.height / (frame.down[1] - frame.down[0]);
    context.lineCap = "round";
    context.lineWidth = 3;
    for (const i of this.#placed.order) {
      const cell = tracks.cells[this.#nuclei.to[i]];
      if (!this.chosen[cell]) continue;
      context.strokeStyle = this.shown.painter.colours[this.#colourOf(i, cell)];
      let [x, y] = [this.#placed.x[i], this.#placed.y[i]];
      for (const row of tailRows(tracks, this.#nuclei.from[i], since)) {
        const toX = frame.left + (tracks.value(plane.right.axis, row) * plane.right.shown - frame.right[0]) * perRight;
        const toY = frame.top + (tracks.value(plane.down.axis, row) * plane.down.shown - frame.down[0]) * perDown;
        context.globalAlpha = 0.15 + 0.75 * Math.max(0, 1 - (at - tracks.time[row]) / (at - since || 1));
        context.beginPath();
        context.moveTo(x, y);
        context.lineTo(toX, toY);
        context.stroke();
        [x, y] = [toX, toY];
      }
    }
    context.globalAlpha = 1;
  }

  #names() {
    const { context, tracks } = this;
    const named = [...this.#placed.order].filter((i) => this.chosen[tracks.cells[this.#nuclei.to[i]]]);
    if (named.length > MOST_NAMED) return;
    context.font = "12px system-ui, 'DejaVu Sans', sans-serif";
    context.textBaseline = "middle";
    context.lineWidth = 3;
    context.strokeStyle = this.ground;
    context.fillStyle = "#ffffff";
    for (const i of named) {
      const name = tracks.names[tracks.cells[this.#nuclei.to[i]]];
      const [x, y] = [this.#placed.x[i] + this.#placed.radius[i] + 5, this.#placed.y[i]];
      context.strokeText(name, x, y);
      context.fillText(name, x, y);
    }
  }

  #traces() {
    const { timeline, painter, chosen, paths } = this.shown;
    if (!paths) return [];
    const colourOf = (cell) => {
      const row = this.tracks.firstRow[cell];
      return painter.colours[painter.of(cell, row, row, 0)];
    };
    return pathTraces(this.tracks, timeline, this.plane, chosen, colourOf);
  }

  #layout({ right, down }, template) {
    const { frame } = this;
    const margin = {
      l: frame.left, t: frame.top, r: this.stage.clientWidth - frame.left - frame.width,
      b: this.stage.clientHeight - frame.top - frame.height,
    };
    const perUm = (side) => side.um / side.shown; // µm of one shown unit
    const axis = { automargin: false, zeroline: false, showline: true };
    return {
      template, margin, width: this.stage.clientWidth, height: this.stage.clientHeight,
      showlegend: false, dragmode: "pan", hovermode: "closest",
      xaxis: { ...axis, range: [...frame.right], title: { text: right.title } },
      yaxis: {
        ...axis, range: [frame.down[1], frame.down[0]], title: { text: down.title },
        scaleanchor: "x", scaleratio: perUm(down) / perUm(right),
      },
    };
  }

  #figure() {
    if (!this.#graph || !this.frame) return;
    const config = { displayModeBar: false, scrollZoom: true, doubleClick: false, responsive: false };
    this.#plotly.react(this.#graph, this.#traces(), this.#layout(this.plane, this.template), config);
  }

  #ranged(change) {
    const axis = (name) => (change[`${name}.range[0]`] === undefined
      ? change[`${name}.range`]
      : [change[`${name}.range[0]`], change[`${name}.range[1]`]]);
    const [x, y] = [axis("xaxis"), axis("yaxis")];
    if (!x && !y) return;
    this.#zoomed = true;
    if (x) this.frame.right = [...x];
    if (y) this.frame.down = [y[1], y[0]];
    this.draw(this.#drawnAt);
  }

  /** The nucleus under a point, chosen ones first as they are drawn on top; or -1. */
  #under({ x, y }) {
    const chosen = this.#nuclei;
    if (!this.frame || this.#placed.count === undefined) return -1;
    const top = nucleusAt(this.#placed, x, y, 2, (i) => this.chosen[this.tracks.cells[chosen.to[i]]]);
    return top >= 0 ? top : nucleusAt(this.#placed, x, y);
  }

  #pointOf(event) {
    const box = this.stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #hover(point) {
    const i = point ? this.#under(point) : -1;
    this.stage.classList.toggle("on-nucleus", i >= 0);
    this.tip.hidden = i < 0;
    if (i < 0) return;
    const cell = this.tracks.cells[this.#nuclei.to[i]];
    const [name, ...lines] = this.describe(cell, this.#nuclei.from[i], this.#nuclei.to[i], this.#nuclei.share);
    this.tip.replaceChildren(element("b", { text: name }), ...lines.map((line) => element("div", { text: line })));
    const { clientWidth: width, clientHeight: height } = this.stage;
    const [x, y] = [this.#placed.x[i] + this.#placed.radius[i] + 8, this.#placed.y[i] + 8];
    this.tip.style.left = `${Math.min(x, width - this.tip.offsetWidth - 4)}px`;
    this.tip.style.top = `${Math.min(y, height - this.tip.offsetHeight - 4)}px`;
  }

  #listen() {
    let down = null;
    const ours = (event) => !event.target.closest(".stage-legend, .stage-tools, button, select, input");
    this.stage.addEventListener("pointermove", (event) => {
      this.pointer = ours(event) && !event.buttons ? this.#pointOf(event) : null;
      this.#hover(this.pointer);
    });
    this.stage.addEventListener("pointerleave", () => { this.pointer = null; this.#hover(null); });
    this.stage.addEventListener("pointerdown", (event) => {
      down = event.button === 0 && ours(event) ? { ...this.#pointOf(event), id: event.pointerId } : null;
    }, true);
    this.released = (event) => {
      if (!down || down.id !== event.pointerId) return;
      const point = this.#pointOf(event);
      const still = Math.hypot(point.x - down.x, point.y - down.y) < CLICK_PX;
      down = null;
      const i = still ? this.#under(point) : -1;
      if (i < 0) return;
      this.#ignoreClick = performance.now();
      this.picked(this.tracks.names[this.tracks.cells[this.#nuclei.to[i]]], event.shiftKey);
    };
    window.addEventListener("pointerup", this.released, true);
  }

  end() {
    window.removeEventListener("pointerup", this.released, true);
    this.canvas.remove();
    this.tip.remove();
  }
}
