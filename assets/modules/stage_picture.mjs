/** A picture of the stage at any size: the scene as it is drawn on the screen, and over it names, scale bar and axes. */

import { Placed } from "./placed.mjs";
import { LABEL_PX, MOST_LABELS, Placing, labelFont, tieOf } from "./stage_labels.mjs";
import { armsOf, barOf, barWords, letterOf, strengthOf } from "./stage_marks.mjs";
import { mixed } from "./colours.mjs";

const EDGE = 16; // px from the picture's edges
const MARK = 38; // half of the axes mark, px
const ARM = 24;
const CHOSEN = 3;
const WORDS = { dark: "#e8ebef", light: "#1b1f24" };
const QUIET = { dark: "#9aa4b2", light: "#5b6470" };

const isLight = (ground) => [1, 3, 5].reduce((sum, at) => sum + parseInt(ground.slice(at, at + 2), 16), 0) > 384;

/**
 * The picture of a StageView (see its `snapshot`) as a canvas. `parts` are {shown, names, fits (the camera to the
 * embryo), picture(width, height, pixels, ground) -> ImageData of the scene}.
 */
export function pictureOf(view, wanted, { shown, names, fits, picture }) {
  const { width, height, pixels, ground, overlays, frame, over, on } = wanted;
  const canvas = on ?? document.createElement("canvas");
  const { camera } = view;
  const before = { frames: shown.map(({ body }) => body.frame), radius: camera.radius, size: [camera.width, camera.height] };
  try {
    if (typeof frame === "number") for (const { body } of shown) body.frame = frame;
    if (fits) camera.fit(view.radiusFor(width, height));
    const image = picture(width, height, pixels, ground);
    if (canvas.width !== image.width) canvas.width = image.width;
    if (canvas.height !== image.height) canvas.height = image.height;
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.putImageData(image, 0, 0);
    context.scale(pixels, pixels);
    if (overlays) {
      const placed = new Placed().fill(shown, camera, width, height);
      paintOver(context, { view, placed, width, height, ground, names, pose: shown[0]?.pose });
    }
    over?.(context, { width, height, ground });
  } finally {
    shown.forEach(({ body }, i) => { body.frame = before.frames[i]; });
    camera.fit(before.radius);
    camera.resize(...before.size);
  }
  return canvas;
}

function paintOver(context, { view, placed, width, height, ground, names, pose }) {
  const theme = isLight(ground) ? "light" : "dark";
  if (names) paintNames(context, view, placed, width, height, ground, WORDS[theme]);
  paintBar(context, view.camera, width, height, QUIET[theme]);
  if (pose) paintAxes(context, view.camera, pose, height, ground, WORDS[theme]);
}

function paintNames(context, view, placed, width, height, ground, colour) {
  context.font = labelFont(LABEL_PX);
  const chosen = [];
  for (let i = 0; i < placed.count; i += 1) if (placed.style[i] === CHOSEN) chosen.push(i);
  chosen.sort((a, b) => placed.depth[a] - placed.depth[b]);
  const named = chosen.slice(0, MOST_LABELS).sort((a, b) => placed.cell[a] - placed.cell[b]);
  const labels = named.map((i) => {
    const text = view.nameOf(placed.body[i], placed.cell[i]);
    return { key: i, text, across: Math.ceil(context.measureText(text).width) + 2, x: placed.x[i], y: placed.y[i], radius: placed.radius[i] };
  });
  new Placing().place(labels, width, height);
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.lineJoin = "round";
  for (const label of labels) {
    if (!label.shown) continue;
    if (label.tied) {
      const { fromX, fromY, toX, toY } = tieOf(label);
      context.strokeStyle = mixed(colour, ground, 0.4);
      context.lineWidth = 1;
      line(context, fromX, fromY, toX, toY);
    }
    context.strokeStyle = ground;
    context.lineWidth = 3;
    context.strokeText(label.text, label.left + 1, label.top + 8);
    context.fillStyle = colour;
    context.fillText(label.text, label.left + 1, label.top + 8);
  }
}

function paintBar(context, camera, width, height, colour) {
  const { um, px } = barOf(camera.scale(width, height));
  if (!um) return;
  const [left, bottom] = [EDGE + 2 * MARK + 8, height - EDGE];
  context.fillStyle = colour;
  context.font = labelFont(LABEL_PX);
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.fillRect(left, bottom - 2, px, 2);
  context.fillText(barWords(um, camera.flat), left, bottom - 8);
}

function paintAxes(context, camera, pose, height, ground, colour) {
  const [x, y] = [EDGE + MARK, height - EDGE - MARK];
  context.font = labelFont(LABEL_PX);
  context.textBaseline = "middle";
  context.textAlign = "center";
  context.lineWidth = 1.5;
  for (const arm of armsOf(pose, camera).sort((a, b) => a.towards - b.towards)) {
    const shade = mixed(colour, ground, 1 - strengthOf(arm.towards));
    context.strokeStyle = context.fillStyle = shade;
    line(context, x, y, x + ARM * arm.x, y + ARM * arm.y);
    const [across, down, isTold] = letterOf(arm);
    if (isTold) context.fillText(arm.letter, x + across, y + down);
  }
}

function line(context, fromX, fromY, toX, toY) {
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  context.stroke();
}
