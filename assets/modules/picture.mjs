/**
 * Pictures of what the stage shows, at any size and moment: the nuclei as they are drawn on the screen (by a
 * StageView of their own, which nobody sees), and on them a line that says what it is, and the legend.
 */

import { Camera } from "./camera.mjs";
import { legendOnCanvas } from "./legend.mjs";
import { Pane, gridOf } from "./pane.mjs";
import { StageView } from "./stage_view.mjs";

const EDGE = 14; // px
const LINE = 18; // px of a line of words
const LEGEND = 220; // px across, at most
const GAP = 1; // px between panes
const WHITE = "#ffffff";
const isWhite = (ground) => ground === WHITE;
const FONT = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** What is written of an embryo at a moment: "alr-1 · 124 min · 186 cells". */
export function momentWords({ name, tracks, timeline }, frame) {
  const count = tracks.countAt(Math.floor(frame));
  return `${name} · ${Math.round(timeline.minutes(frame))} min · ${count.toLocaleString("en")} ${count === 1 ? "cell" : "cells"}`;
}

/** The embryos that are shown: [{embryo, painter, frameOf(frame of the page) -> frame or null, why}]. */
function shownOf(watch) {
  if (watch.view.beside.length && watch.beside) return watch.beside.shown();
  const { data, tracks, timeline, painter } = watch;
  const embryo = { name: data.name, tracks, timeline, calibration: data.calibration, pose: data.pose, cellNames: data.cell_names };
  return [{ embryo, painter, frameOf: (frame) => frame, why: "" }];
}

/**
 * Open what draws pictures of the view as it is now; later changes of the page are not in them. Returns {size
 * (of the stage, CSS px), timeline (of the page's embryo), draw, end}. `end` must be called.
 *
 * `draw({width, height (CSS px), pixels (of the picture per CSS px), frame (of the page's embryo), ground ("dark" or
 * "white"), title, legend, overlays (scale bar, axes, names)})` gives a promise of a canvas of width · pixels by
 * height · pixels, which the next call paints over. Throws NoWebGL (scene.mjs).
 */
export function openPictures(watch) {
  const look = watch.view;
  const stage = watch.root.querySelector(".stage");
  const size = { width: stage.clientWidth, height: stage.clientHeight };
  const shown = shownOf(watch);
  const camera = new Camera((watch.beside?.camera ?? watch.space?.camera)?.state() ?? look.camera);
  const views = [];
  const panes = shown.map((each) => {
    // Embryos in the animal's axes share a view; the axes of others are their own, and so is the mark of them.
    let view = each.embryo.pose.axes === "animal" ? views.find(({ shared }) => shared)?.view : null;
    if (!view) {
      view = new StageView(document.createElement("div"), {}, { camera, marks: false });
      views.push({ view, shared: each.embryo.pose.axes === "animal" });
    }
    return { ...each, pane: new Pane(view, each.embryo), canvas: plainCanvas() };
  });
  const whole = plainCanvas();
  const { legend } = shown[0].painter;
  const darkGround = watch.data.ground;

  async function draw({ width, height, pixels, frame, ground: which, title, legend: withLegend, overlays }) {
    const ground = which === "white" ? WHITE : darkGround;
    const { columns, rows } = gridOf(panes.length, width, height);
    const [across, up] = [Math.floor((width - GAP * (columns - 1)) / columns), Math.floor((height - GAP * (rows - 1)) / rows)];
    const isOne = panes.length === 1;
    const [paneWidth, paneHeight] = isOne ? [width, height] : [across, up];
    camera.fit(Math.max(...views.map(({ view }) => view.radiusFor(paneWidth, paneHeight))));
    for (const { pane } of panes) pane.stand(null);
    const picture = isOne ? panes[0].canvas : whole;
    const context = picture.getContext("2d");
    if (!isOne) {
      picture.width = Math.round(width * pixels);
      picture.height = Math.round(height * pixels);
      context.fillStyle = ground;
      context.fillRect(0, 0, picture.width, picture.height);
    }
    for (const [i, { embryo, painter, frameOf, pane, why, canvas }] of panes.entries()) {
      const at = frameOf(frame);
      pane.dress(look, painter, ground);
      pane.stand(at);
      await pane.view.snapshot({ width: paneWidth, height: paneHeight, pixels, ground, overlays, on: canvas });
      pane.stand(null);
      const [left, top] = [(i % columns) * (across + GAP), Math.floor(i / columns) * (up + GAP)];
      if (!isOne) {
        context.setTransform(1, 0, 0, 1, 0, 0);
        context.drawImage(canvas, Math.round(left * pixels), Math.round(top * pixels));
      }
      context.setTransform(pixels, 0, 0, pixels, left * pixels, top * pixels);
      if (title) words(context, at === null ? embryo.name : momentWords(embryo, at), EDGE, EDGE + 12, ground, 600);
      if (at === null) words(context, why || "Not recorded at this moment", EDGE, EDGE + 12 + LINE, ground, 400);
    }
    context.setTransform(pixels, 0, 0, pixels, 0, 0);
    if (!isOne) rule(context, { columns, rows, across, up, width, height, ground });
    if (withLegend) paintLegend(context, legend, { width, height, ground, isOne });
    return picture;
  }

  return { size, timeline: watch.timeline, draw, end: () => { for (const { view } of views) view.end(); } };
}

/** A canvas in plain memory: it is written and read whole at each frame, which the graphics card makes four times slower. */
function plainCanvas() {
  const canvas = document.createElement("canvas");
  canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  return canvas;
}

/** Thin lines between the panes. */
function rule(context, { columns, rows, across, up, width, height, ground }) {
  context.fillStyle = isWhite(ground) ? "#d5d8dc" : "#2a313c";
  for (let i = 1; i < columns; i += 1) context.fillRect(i * across + (i - 1) * GAP, 0, GAP, height);
  for (let i = 1; i < rows; i += 1) context.fillRect(0, i * up + (i - 1) * GAP, width, GAP);
}

function words(context, text, x, y, ground, weight) {
  context.font = `${weight} 13px ${FONT}`;
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = ground;
  context.strokeText(text, x, y);
  context.fillStyle = isWhite(ground) ? "#1b1f24" : "#e8ebef";
  context.fillText(text, x, y);
}

/** The legend in the upper right; of several embryos in the lower right, where it covers none's name. */
function paintLegend(context, legend, { width, height, ground, isOne }) {
  const room = { width: Math.min(LEGEND, 0.46 * width), height: 0.7 * height };
  const { width: across, height: up } = legendOnCanvas(document.createElement("canvas").getContext("2d"), legend, { x: 0, y: 0, ...room }, ground);
  const x = width - EDGE - Math.min(across, room.width);
  const y = isOne ? EDGE : height - EDGE - up;
  context.fillStyle = isWhite(ground) ? "rgb(255 255 255 / .86)" : "rgb(14 17 22 / .72)";
  context.beginPath();
  context.roundRect(x - 8, y - 6, Math.min(across, room.width) + 16, up + 12, 6);
  context.fill();
  legendOnCanvas(context, legend, { x, y, ...room }, ground);
}
