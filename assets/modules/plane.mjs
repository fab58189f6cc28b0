/**
 * The embryo in a plane. Plotly draws what stands still (axes, paths of chosen cells) and holds zoom and
 * pan; the nuclei and their tails are drawn on a canvas over it, in the same axes, so that a frame costs
 * about a millisecond and no layout. The canvas needs no Plotly: it draws as soon as the tracks are there.
 */

import { nucleiAt } from "./tracks.mjs";
import { mixed } from "./colours.mjs";
import { element } from "./dom.mjs";
import { extentOf, fitted, nucleusAt, planeOf, projected } from "./projection.mjs";
import { legendTraces, pathTraces, tailRows } from "./paths.mjs";

const DEPTHS = 6; // shades from the nearest to the farthest nucleus
const FARTHEST = 0.5; // how far the farthest is taken towards the ground
const UNCHOSEN = 0.3; // opacity of what isn't chosen while something is
const MOST_NAMED = 14;
export const TAILS = [0, 5, 10, 20, 40];
const MARGIN = { left: 56, right: 12, top: 12, bottom: 44 };
const CLICK_PX = 5;
const EDGE_PX = 4; // room around the nuclei for their outlines
const NAME_PX = 96; // and for a name beside them
const LEGEND_PX = 150; // room for it in a saved figure
const AGES = 5; // steps in which a tail fades

const SLOW_MS = 32;
const SHARPNESS = [1, 0.75, 0.55];

/** How sharp the canvas is while it plays: a step coarser whenever a dozen frames took too long. */
class Pace {
  #since = null;
  #frames = 0;
  #step = 0;

  get sharpness() { return SHARPNESS[this.#step]; }

  /** Tell of a frame; true when the sharpness changes. */
  next(playing, now) {
    const step = this.#step;
    if (!playing) {
      this.#since = null;
      this.#step = 0;
    } else if (this.#since === null) {
      [this.#since, this.#frames] = [now, 0];
    } else if (++this.#frames === 12) {
      if ((now - this.#since) / 12 > SLOW_MS) this.#step = Math.min(this.#step + 1, SHARPNESS.length - 1);
      [this.#since, this.#frames] = [now, 0];
    }
    return this.#step !== step;
  }
}

export class Plane {
  #nuclei = { from: new Int32Array(0), to: new Int32Array(0) };
  #placed = {};
  #shades = [];
  #graph = null;
  #plotly = null;
  #zoomed = false;
  #drawnAt = 0;
  #ignoreClick = 0;
  #pace = new Pace();
  #onPath = false; // the pointer is on a mark of a path, and the tip tells of it
  draws = 0;

  /** `stage` holds Plotly's graph; `picked(name, adds)` is told of clicks; `describe(i)` gives tooltip lines. */
  constructor(stage, tracks, { template, ground, picked, describe }) {
    Object.assign(this, { stage, tracks, template, ground, picked, describe });
    this.canvas = element("canvas", { class: "stage-canvas", "aria-hidden": "true" });
    this.tip = element("div", { class: "stage-tip", role: "tooltip", hidden: true });
    this.whole = element("button", {
      type: "button", class: "quiet-button show-all", text: "Show all", hidden: true, title: "The whole embryo (double click)", onclick: () => this.showAll(),
    });
    stage.append(this.canvas, this.tip, this.whole);
    // Drawn by the CPU: a graphics card is not needed, and where it is emulated this is three times as fast.
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.#listen();
  }

  /**
   * What to show: {axes, units, calibration, timeline, painter, lineColour(cell), outline, chosen
   * (cells), paths, tail (minutes)}.
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

  /** Plotly is there: it draws into the element `graph`. */
  async attach(plotly, graph) {
    this.#plotly = plotly;
    this.#graph = graph;
    await this.#figure();
    graph.on("plotly_relayouting", (change) => this.#ranged(change));
    graph.on("plotly_relayout", (change) => this.#ranged(change, true));
    graph.on("plotly_hover", ({ points, event }) => {
      const point = this.#pointOf(event);
      this.#onPath = true;
      if (this.#under(point) < 0) this.#tell(point.x + 12, point.y + 12, [points[0].text]);
    });
    graph.on("plotly_unhover", () => {
      this.#onPath = false;
      this.#hover(this.pointer);
    });
    graph.on("plotly_click", ({ points, event }) => {
      const cell = points?.[0]?.customdata;
      if (cell === undefined || performance.now() - this.#ignoreClick < 300) return;
      this.picked(this.tracks.names[cell], event?.shiftKey ?? false);
    });
  }

  /** Zoom out to the whole embryo. */
  showAll() {
    this.#zoomed = false;
    this.resize();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height || !this.plane) return;
    const area = {
      left: MARGIN.left, top: MARGIN.top,
      width: Math.max(width - MARGIN.left - MARGIN.right, 40), height: Math.max(height - MARGIN.top - MARGIN.bottom, 40),
    };
    const same = this.frame && this.frame.width === area.width && this.frame.height === area.height;
    if (!this.#zoomed || !same) {
      this.#zoomed = false;
      this.frame = { ...area, ...fitted(this.plane, this.extent, area.width, area.height) };
    }
    this.whole.hidden = !this.#zoomed;
    this.#sizeCanvas();
    this.#figure();
    this.draw(this.#drawnAt);
  }

  /**
   * Lay the canvas where nuclei can be, and no farther: where the graphics card is emulated a frame costs by
   * the pixels that are put on the screen, empty ones too.
   */
  #sizeCanvas() {
    const { frame, extent, plane } = this;
    const reach = (side, from, length, room) => {
      const [least, most] = frame[side];
      const at = (value) => from + ((value * plane[side].shown - least) / (most - least)) * length;
      const start = Math.max(Math.floor(at(extent[side][0])) - EDGE_PX, from);
      const end = Math.min(Math.ceil(at(extent[side][1])) + room, from + length);
      return [start, Math.max(end - start, 1)];
    };
    const [left, width] = reach("right", frame.left, frame.width, NAME_PX);
    const [top, height] = reach("down", frame.top, frame.height, EDGE_PX);
    this.pixels = Math.min(window.devicePixelRatio || 1, 2) * this.#pace.sharpness;
    const box = { left, top, width, height, pixels: this.pixels };
    if (this.box && Object.keys(box).every((name) => box[name] === this.box[name])) return;
    this.box = box;
    this.canvas.width = Math.round(width * this.pixels);
    this.canvas.height = Math.round(height * this.pixels);
    Object.assign(this.canvas.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
  }

  /**
   * Draw the nuclei at a time (frames). While `playing` the canvas gets coarser where frames come too slowly;
   * once it stands still it is sharp.
   */
  draw(at, playing = false) {
    this.#drawnAt = at;
    if (!this.frame) return;
    if (this.#pace.next(playing, performance.now())) this.#sizeCanvas();
    const { context, tracks, frame } = this;
    const nuclei = nucleiAt(tracks, at, this.#nuclei);
    const placed = projected(tracks, nuclei, this.plane, frame, this.shown.calibration.pixel_um, this.#placed);
    const { left, top, width, height } = this.box;
    context.setTransform(this.pixels, 0, 0, this.pixels, -left * this.pixels, -top * this.pixels);
    context.clearRect(left, top, width, height);
    const some = this.shown.chosen.length > 0;
    context.globalAlpha = some ? UNCHOSEN : 1;
    this.#discs((cell) => !this.chosen[cell], this.shown.outline, 1);
    context.globalAlpha = 1;
    if (some) {
      if (this.shown.tail) this.#tails(at);
      this.#discs((cell) => this.chosen[cell], "#ffffff", 1.5);
      this.#names();
    }
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

  /**
   * The figure on white ground, nuclei and legend included, for Plotly.toImage; `template` is the light one,
   * `minutes` what the paths run over (null without paths).
   */
  figureToSave(template, title, minutes) {
    const nuclei = this.drawn().sort((a, b) => b.depth - a.depth);
    const { frame, plane } = this;
    const shown = (pixel, from, length, [a, b]) => a + ((pixel - from) / length) * (b - a);
    const trace = {
      type: "scatter", mode: "markers", hoverinfo: "skip", showlegend: false,
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
      width: layout.width + LEGEND_PX, height: layout.height + 30, showlegend: true,
      title: { text: title, font: { size: 13 }, x: 0.02 }, paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff",
      margin: { ...layout.margin, t: layout.margin.t + 30, r: layout.margin.r + LEGEND_PX },
    });
    const paths = this.#traces().map((path) => ({ ...path, showlegend: false, textfont: { color: "#1b1f24" } }));
    return { data: [trace, ...paths, ...legendTraces(this.shown.painter.legend, minutes)], layout };
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
    const lines = new Map(); // colour and age together -> one path: few strokes instead of thousands
    for (let i = 0; i < this.#placed.count; i += 1) {
      const cell = tracks.cells[this.#nuclei.to[i]];
      if (!this.chosen[cell]) continue;
      const colour = this.#colourOf(i, cell);
      let [x, y] = [this.#placed.x[i], this.#placed.y[i]];
      for (const row of tailRows(tracks, this.#nuclei.from[i], since)) {
        const toX = frame.left + (tracks.value(plane.right.axis, row) * plane.right.shown - frame.right[0]) * perRight;
        const toY = frame.top + (tracks.value(plane.down.axis, row) * plane.down.shown - frame.down[0]) * perDown;
        const age = Math.min(Math.floor((AGES * (at - tracks.time[row])) / (at - since || 1)), AGES - 1);
        const key = colour * AGES + age;
        if (!lines.has(key)) lines.set(key, new Path2D());
        lines.get(key).moveTo(x, y);
        lines.get(key).lineTo(toX, toY);
        [x, y] = [toX, toY];
      }
    }
    context.lineCap = "round";
    context.lineWidth = 3;
    for (const [key, line] of lines) {
      context.strokeStyle = this.shown.painter.colours[Math.floor(key / AGES)];
      context.globalAlpha = 0.9 - (0.7 * (key % AGES)) / (AGES - 1);
      context.stroke(line);
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
    const { timeline, lineColour, chosen, paths } = this.shown;
    return paths ? pathTraces(this.tracks, timeline, this.plane, chosen, lineColour) : [];
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
    if (!this.#graph || !this.frame) return null;
    const config = { displayModeBar: false, scrollZoom: true, doubleClick: false, responsive: false };
    return this.#plotly.react(this.#graph, this.#traces(), this.#layout(this.plane, this.template), config);
  }

  /** Plotly's axes are being moved; once they are `settled` it has set both ranges to one scale. */
  #ranged(change, settled = false) {
    const axis = (name) => (change[`${name}.range[0]`] === undefined
      ? change[`${name}.range`]
      : [change[`${name}.range[0]`], change[`${name}.range[1]`]]);
    let [x, y] = [axis("xaxis"), axis("yaxis")];
    if (!x && !y) return;
    if (settled) [x, y] = ["xaxis", "yaxis"].map((name) => this.#graph._fullLayout[name].range);
    this.#zoomed = true;
    this.whole.hidden = false;
    if (x) this.frame.right = [...x];
    if (y) this.frame.down = [y[1], y[0]];
    this.#sizeCanvas();
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
    if (i < 0) {
      if (!this.#onPath) this.tip.hidden = true;
      return;
    }
    const cell = this.tracks.cells[this.#nuclei.to[i]];
    const { x, y, radius } = this.#placed;
    const { from, to, share } = this.#nuclei;
    this.#tell(x[i] + radius[i] + 8, y[i] + 8, this.describe(cell, from[i], to[i], share));
  }

  /** Show `lines` beside a place of the stage, the first one strong. */
  #tell(x, y, [first, ...lines]) {
    this.tip.hidden = false;
    this.tip.replaceChildren(element("b", { text: first }), ...lines.map((line) => element("div", { text: line })));
    const { clientWidth: width, clientHeight: height } = this.stage;
    this.tip.style.left = `${Math.max(4, Math.min(x, width - this.tip.offsetWidth - 4))}px`;
    this.tip.style.top = `${Math.max(4, Math.min(y, height - this.tip.offsetHeight - 4))}px`;
  }

  #listen() {
    let down = null;
    const ours = (event) => !event.target.closest(".stage-legend, button, select, input");
    this.stage.addEventListener("pointermove", (event) => {
      this.pointer = ours(event) && !event.buttons ? this.#pointOf(event) : null;
      this.#hover(this.pointer);
    });
    this.stage.addEventListener("pointerleave", () => { this.pointer = null; this.#hover(null); });
    this.stage.addEventListener("pointerdown", (event) => {
      down = event.button === 0 && ours(event) ? { ...this.#pointOf(event), id: event.pointerId } : null;
    }, true);
    this.stage.addEventListener("dblclick", (event) => {
      if (ours(event) && this.#under(this.#pointOf(event)) < 0) this.showAll();
    });
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
    this.whole.remove();
    if (this.#graph) this.#plotly.purge(this.#graph);
  }
}
