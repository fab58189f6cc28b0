/** The scale bar and the mark of the axes: what they say is pure, and drawn into elements only where it changed. */

import { element } from "./dom.mjs";

const BAR_PX = { least: 56, most: 140 };
const MARK = 76; // px of the mark of the axes
const ARM = 24; // px of its arms
const LETTERS = 32; // px from its middle to the letters
const END_ON = 0.35; // shorter arms are looked along
export const SIDES = ["A", "P", "L", "R", "D", "V"];
const SIDE_WORDS = { A: "anterior", P: "posterior", L: "left", R: "right", D: "dorsal", V: "ventral" };
/** Where each side lies in the world (see camera.mjs): the direction that faces the viewer when one looks at it. */
const SIDE_TO = { A: [-1, 0, 0], P: [1, 0, 0], D: [0, 1, 0], V: [0, -1, 0], L: [0, 0, 1], R: [0, 0, -1] };

/**
 * A round number of µm (1, 2 or 5 times a power of ten) that is drawn between about 56 and 140 px wide where one
 * µm is `perUm` px: {um, px}.
 */
export function barOf(perUm, most = BAR_PX.most) {
  if (!(perUm > 0) || !Number.isFinite(perUm)) return { um: 0, px: 0 };
  const widest = most / perUm;
  const power = 10 ** Math.floor(Math.log10(widest) + 1e-9);
  const um = [5, 2, 1].map((step) => step * power).find((each) => each <= widest * (1 + 1e-9));
  return { um, px: um * perUm };
}

/** How the scale bar reads; in perspective it is true at the depth of the centre, and says so. */
export const barWords = (um, flat) => `${Number(um.toPrecision(3))} µm${flat ? "" : " at the centre"}`;

/** The recording's axes as they lie in the world: [[letter, direction], …], each where its numbers grow. */
function recordedAxes({ rotation: r }) {
  return ["x", "y", "z"].map((letter, i) => [letter, [r[i], r[3 + i], r[6 + i]]]);
}

/**
 * The arms of the axes mark as the eye sees them: [{letter, x, y (right and down, 1 = an arm's length), towards
 * (1 to the viewer, -1 away), named}]. In the animal's axes both ends of each have a letter.
 */
export function armsOf(pose, camera) {
  const named = pose?.axes === "recorded" ? recordedAxes(pose) : SIDES.map((side) => [side, SIDE_TO[side]]);
  return named.map(([letter, direction]) => {
    const [x, y, z] = camera.toEye(direction);
    return { letter, x, y: -y, towards: z };
  });
}

/** What the six buttons of the mark say: side -> {text, words}. In a recording's own axes: which end faces one. */
export function sideWords(pose) {
  if (pose?.axes !== "recorded") {
    return Object.fromEntries(SIDES.map((side) => [side, { text: side, words: `Look at the ${SIDE_WORDS[side]} side` }]));
  }
  const axes = recordedAxes(pose);
  return Object.fromEntries(SIDES.map((side) => {
    const along = axes.map(([letter, direction]) => [letter, direction.reduce((sum, value, i) => sum + value * SIDE_TO[side][i], 0)]);
    const [letter, amount] = along.reduce((best, each) => (Math.abs(each[1]) > Math.abs(best[1]) ? each : best));
    const text = `${amount < 0 ? "−" : "+"}${letter}`;
    return [side, { text, words: `Look from ${amount < 0 ? "low" : "high"} ${letter}` }];
  }));
}

/** How strongly an arm is drawn: what points away is fainter. */
export const strengthOf = (towards) => 0.62 + 0.38 * Math.min(Math.max(towards + 0.4, -1), 1);

/** The scale bar in `root`. */
export class ScaleBar {
  #bar = element("i", { class: "scale-line" });
  #words = element("span");
  #shown = { um: NaN, px: NaN, flat: null };

  constructor(root) {
    this.root = element("div", { class: "scale-bar", role: "img" }, this.#words, this.#bar);
    root.append(this.root);
  }

  /** `perUm`: px of one µm at the centre's depth. */
  show(perUm, flat) {
    const { um, px } = barOf(perUm);
    const shown = this.#shown;
    if (um !== shown.um || flat !== shown.flat) {
      this.#words.textContent = barWords(um, flat);
      this.root.setAttribute("aria-label", `Scale bar: ${barWords(um, flat)}`);
    }
    if (!(Math.abs(px - shown.px) <= 0.05)) this.#bar.style.width = `${px.toFixed(1)}px`;
    Object.assign(shown, { um, px, flat });
  }
}

/** The axes mark in `root`, with its row of buttons; `look(side)` is told. */
export class AxesMark {
  #arms = [];
  #pose = null;
  #turn = null;

  constructor(root, look) {
    this.svg = element("svg", { class: "axes-arms", viewBox: `${-MARK / 2} ${-MARK / 2} ${MARK} ${MARK}`, "aria-hidden": "true" });
    this.buttons = Object.fromEntries(SIDES.map((side, i) => [side, element("button", {
      type: "button", class: "look", "data-side": side, "aria-keyshortcuts": String(KEY_OF[side]), onclick: () => look(side),
      style: i % 2 ? null : "margin-left: 4px",
    })]));
    this.root = element("div", { class: "axes-mark", role: "group", "aria-label": "Look along an axis" }, this.svg, element("div", { class: "looks" }, ...Object.values(this.buttons)));
    root.append(this.root);
  }

  pose(pose) {
    if (this.#pose === pose && this.#arms.length) return;
    this.#pose = pose;
    this.#turn = null;
    for (const [side, { text, words }] of Object.entries(sideWords(pose))) {
      const button = this.buttons[side];
      button.textContent = text;
      button.title = `${words} (key ${KEY_OF[side]})`;
      button.setAttribute("aria-label", words);
    }
    const count = pose?.axes === "recorded" ? 3 : 6;
    this.#arms = Array.from({ length: count }, () => ({ line: element("line", { x1: 0, y1: 0 }), text: svgText(), towards: 0 }));
    this.svg.replaceChildren(...this.#arms.map(({ line }) => line), ...this.#arms.map(({ text }) => text));
  }

  /** Turn the mark as the camera stands; does nothing while it stands the same. */
  show(camera) {
    if (this.#turn === camera.turn) return;
    this.#turn = camera.turn;
    armsOf(this.#pose, camera).forEach((arm, i) => {
      const made = this.#arms[i];
      const strength = strengthOf(arm.towards).toFixed(2);
      made.line.setAttribute("x2", (ARM * arm.x).toFixed(1));
      made.line.setAttribute("y2", (ARM * arm.y).toFixed(1));
      made.line.setAttribute("opacity", strength);
      const [x, y, shown] = letterOf(arm);
      made.text.setAttribute("x", x.toFixed(1));
      made.text.setAttribute("y", y.toFixed(1));
      made.text.setAttribute("opacity", shown ? strength : "0");
      if (made.written !== arm.letter) made.text.textContent = made.written = arm.letter;
    });
  }
}

/** Where the letter of an arm stands: [x, y, shown]. Of an axis that one looks along only the near end is told. */
export function letterOf({ x, y, towards }) {
  const length = Math.hypot(x, y);
  if (length < END_ON) return [0, 0, towards > 0];
  return [LETTERS * x, LETTERS * y, towards > 0 || length > 2 * END_ON];
}

/** The keys that look at a side. */
export const KEY_OF = { L: 1, R: 2, D: 3, V: 4, A: 5, P: 6 };

function svgText() {
  const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
  text.setAttribute("text-anchor", "middle");
  text.setAttribute("dominant-baseline", "central");
  return text;
}
