/** The stage as a part of the embryo's page (see watch.mjs): the embryo in space, as the page's view says. */

import { element, typesInto } from "./dom.mjs";
import { NoWebGL } from "./scene.mjs";
import { showKeys, tellKeys } from "./keys.mjs";
import { STYLE, StageView, isCanonical } from "./stage_view.mjs";
import { nucleusLines } from "./tooltip.mjs";

const SPACE_KEYS = [
  [["drag"], "turn (one finger)"],
  [["Shift", "drag"], "move (right button; two fingers)"],
  [["wheel"], "zoom towards the pointer (pinch)"],
  [["double click"], "on a nucleus: its sublineage; on the ground: the whole embryo"],
  [["Alt", "←→↑↓"], "turn; with Shift move"],
  [["+", "−"], "zoom"],
  [["0"], "the whole embryo as at first"],
  [["1", "2"], "look at the left, the right side"],
  [["3", "4"], "look at the dorsal, the ventral side"],
  [["5", "6"], "look at the anterior, the posterior end"],
];
const CHOICE_KEYS = [
  [["click"], "choose; with Shift one more or one less (a long press)"],
  [["B", "drag"], "choose with a box, also what lies behind; with Shift in addition"],
  [["L", "drag"], "choose with a lasso"],
  [["[", "]"], "go over the nuclei in lineage order"],
  [["N"], "go to the nearest nucleus"],
  [["Enter"], "choose the nucleus with the ring; with Shift in addition"],
  [["*"], "choose its sublineage"],
  [["Esc"], "leave a tool, the ring, the choice"],
];

const NO_SPACE = "This browser shows no 3D graphics (WebGL 2), so the embryo is shown in the plane.";

/** The stage in `root`, told of by `watch`. Its StageView is `watch.space`; null where there is no WebGL2. */
export function makeStage(root, watch) {
  const { tracks } = watch;
  const pose = () => watch.data.pose;
  const isShown = () => watch.view.stage === "space" && watch.view.beside.length === 0;
  let view = null;
  let body = null;
  let shown = {};
  const styles = new Uint8Array(tracks.names.length);
  tellKeys("The embryo in space", SPACE_KEYS);
  tellKeys("Choosing", CHOICE_KEYS);

  function make() {
    try {
      view = new StageView(root, {
        describe: (_shown, cell, frame, world) => nucleusLines(cell, frame, world, {
          tracks, timeline: watch.timeline, calibration: watch.data.calibration, pose: pose(),
          names: watch.data.cell_names, colour: watch.view.colour,
        }),
        picked: (_body, cell, how) => pick(cell, how),
        pickedMany: (found, adds) => watch.choose(found.map(({ cell }) => tracks.names[cell]), adds ? "add" : "only"),
        hovered: (_body, cell) => watch.hover(cell),
        settled: (camera) => settle(camera),
        failed: (error) => giveUp(error ? NO_SPACE : "The graphics card didn't come back, so the embryo is shown in the plane."),
        chosen: () => `${watch.cells.length} ${watch.cells.length === 1 ? "cell" : "cells"} chosen`,
        tool: (tool) => tools.show(tool),
      });
      body = view.add(tracks, watch.data.calibration, pose());
    } catch (error) {
      if (error instanceof NoWebGL) giveUp(NO_SPACE);
      else if (error instanceof RangeError) giveUp(`${error.message}, so the embryo is shown in the plane.`); // more cells or frames than a card takes
      else throw error;
      return;
    }
    shown = { version: watch.version };
    root.append(tools.element);
    watch.space = view;
  }

  const tools = toolButtons(() => view);

  function pick(cell, how) {
    const name = tracks.names[cell];
    if (how === "only" || how === "toggle") watch.choose([name], how);
    else watch.choose([`${name}*`], how === "sublineage" ? "only" : "add");
  }

  /** Keep where the reader looks from, when the hand is done. */
  function settle(camera) {
    shown.camera = isCanonical(camera) ? null : camera.state();
    watch.change({ camera: shown.camera });
  }

  function giveUp(words) {
    watch.noSpace = true;
    watch.noSpaceWords = words;
    view?.end();
    view = body = watch.space = null;
    root.hidden = true;
    watch.toast(words);
    root.after(element("p", { class: "no-space", text: words })); // stays: a toast goes, the question doesn't
    setTimeout(() => watch.root.isConnected && watch.change({ stage: "plane" })); // not while parts are being shown
  }

  function styleAll() {
    const { cells, chosen } = watch;
    const rest = cells.length === 0 ? STYLE.plain : { dim: STYLE.dim, hide: STYLE.hidden, show: STYLE.plain }[watch.view.others];
    for (let cell = 0; cell < styles.length; cell += 1) styles[cell] = chosen[cell] ? STYLE.chosen : rest;
    view.style(body, styles);
  }

  /** Minutes of tails as frames before and after the one shown. */
  const tails = { behind: 0, ahead: 0, width: 2, colour: "cell", of: "chosen" };

  function tailsAt(frame) {
    const { timeline, view: { tail, ahead } } = watch;
    const minutes = timeline.minutes(frame);
    tails.behind = tail ? Math.max(frame - timeline.frame(minutes - tail), 0) : 0;
    tails.ahead = ahead ? Math.max(timeline.frame(minutes + ahead) - frame, 0) : 0;
    return tails;
  }

  function show() {
    const wasHidden = root.hidden;
    root.hidden = !isShown();
    if (root.hidden || watch.noSpace) return;
    if (wasHidden) view?.invalidate(); // what it last drew may be a picture of motion
    if (!view) make();
    if (!view) return;
    view.resize();
    const { data } = watch;
    if (shown.version !== watch.version) { // another calibration or pose: everything lies elsewhere
      view.place(body, data.calibration, pose());
      shown.version = watch.version;
    }
    const look = watch.view;
    if (shown.camera !== look.camera) view.setCamera(shown.camera = look.camera);
    view.paint(body, watch.painter, watch.timeline);
    if (shown.cells !== watch.cells || shown.others !== look.others) {
      Object.assign(shown, { cells: watch.cells, others: look.others });
      styleAll();
    }
    const key = [look.tail, look.ahead, look.tailWidth, look.tailColour, look.tailsOf, look.shell, look.names, watch.version].join("|");
    if (shown.key !== key) {
      shown.key = key;
      Object.assign(tails, { width: look.tailWidth, colour: look.tailColour, of: look.tailsOf });
      view.show({
        ground: data.ground, tails: tailsAt, shell: look.shell, names: look.names, cellNames: data.cell_names ?? {},
      });
    }
    if (body.frame !== watch.clock.frame || view.draws === 0) tick();
  }

  function tick() {
    if (!view || !isShown()) return;
    if (watch.clock.playing) view.drawNow(watch.clock.frame);
    else view.draw(watch.clock.frame);
  }

  /** Keys work on the stage, and on the page while nothing else has the focus. */
  function key(event) {
    if (!watch.root.isConnected || typesInto(event.target)) return;
    if (document.querySelector(".modal.show, .offcanvas.show, dialog[open]")) return;
    if (event.key === "?" && !event.defaultPrevented) {
      event.preventDefault();
      showKeys();
    } else if (view && isShown() && event.target === document.body && view.key(event)) {
      event.preventDefault();
    }
  }
  const keyUp = (event) => view && event.target === document.body && view.keyUp(event);
  document.addEventListener("keydown", key, true);
  document.addEventListener("keyup", keyUp, true);
  const away = () => view?.heldTool && view.holdTool(null);
  window.addEventListener("blur", away);

  return {
    show,
    tick,
    hovered: () => view?.highlight(body, watch.hoveredCell),
    resize: () => isShown() && view?.resize(),
    end() {
      document.removeEventListener("keydown", key, true);
      document.removeEventListener("keyup", keyUp, true);
      window.removeEventListener("blur", away);
      view?.end();
    },
  };
}

const ICONS = { // on a ground of 16 by 16
  box: "M2.5 3.5h11v9h-11z",
  lasso: "M8 2.5c3.6 0 6 1.7 6 4s-2.4 4-6 4-6-1.7-6-4 2.4-4 6-4zM5.2 10c-1.2.9-1.2 2.3.2 2.7 1.3.4 2 .9 1.4 2",
  whole: "M2.5 5.5v-3h3M10.5 2.5h3v3M13.5 10.5v3h-3M5.5 13.5h-3v-3M8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  keys: "M5.7 5.8c.1-1.5 1-2.4 2.4-2.4s2.4.9 2.4 2.1c0 2-2.4 2-2.4 4.2M8.1 12.6v.1",
};

/** The tools that choose many, the way back, and the list of keys: a small column over the stage. */
function toolButtons(view) {
  const made = (icon, words, onclick, attributes = {}) => element(
    "button",
    { type: "button", class: "stage-tool", title: words, "aria-label": words, onclick, ...attributes },
    element("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, element("path", { d: ICONS[icon] })),
  );
  const tool = (name, words) => made(name, words, () => view()?.takeTool(name), { "aria-pressed": "false" });
  const tools = { box: tool("box", "Choose with a box (hold B)"), lasso: tool("lasso", "Choose with a lasso (hold L)") };
  return {
    element: element(
      "div",
      { class: "stage-tools", role: "group", "aria-label": "Tools of the stage" },
      ...Object.values(tools),
      made("whole", "The whole embryo as at first (key 0)", () => view()?.reset()),
      made("keys", "Keys (key ?)", showKeys),
    ),
    show(taken) { for (const [name, button] of Object.entries(tools)) button.setAttribute("aria-pressed", String(name === taken)); },
  };
}
