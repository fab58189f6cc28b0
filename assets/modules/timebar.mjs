/** The one control of time: play, steps, speed, slider, and the cell count with divisions beneath it. */

import { element, select } from "./dom.mjs";
import { cellCounts, divisions } from "./cell_curves.mjs";

const SPEEDS = [1, 2, 5, 10, 20, 40];
const THUMB = 16; // width of the slider's thumb in watch.css: its middle runs from half of it to the end less half

/** "124 min · 186 cells" at the clock's time. */
export function readout(clock, tracks) {
  return `${Math.round(clock.minutes)} min · ${tracks.countAt(Math.floor(clock.frame))} cells`;
}

/**
 * Fill `root` with the controls of `clock`. `developmental(minutes)` tells the minutes after ABal's birth,
 * or null where the recording doesn't show it. `tell` {readout(), more()} has other words than those of one
 * embryo. Returns {show(), retimed()}.
 */
export function timebar(root, clock, tracks, developmental, tell = {}) {
  const play = element("button", { type: "button", class: "play", onclick: () => clock.toggle() });
  const step = (words, sign, frames) => element("button", {
    type: "button", class: "step", "aria-label": words, title: `${words} (${frames < 0 ? "←" : "→"})`, text: sign,
    onclick: () => clock.step(frames),
  });
  const slider = element("input", {
    type: "range", class: "time-slider", "aria-label": "Time", step: "any",
    oninput: () => clock.seek(Number(slider.value)),
    onchange: () => clock.seek(Math.round(Number(slider.value))),
  });
  const told = element("output", { class: "time-readout", "aria-live": "off" });
  const more = element("span", { class: "time-more quiet" });
  const speed = select("Speed", SPEEDS.map((each) => [each, `${each} min/s`]), clock.speed, (value) => { clock.speed = Number(value); });
  const curve = countCurve(tracks, clock);
  root.replaceChildren(
    element("div", { class: "time-buttons" }, play, step("One frame back", "◀", -1), step("One frame on", "▶", 1), speed),
    element("div", { class: "time-track" }, slider, curve.element),
    element("div", { class: "time-told" }, told, more),
  );

  let shown = "";
  const show = () => {
    const { playing } = clock;
    if (play.dataset.playing !== String(playing)) {
      play.dataset.playing = String(playing);
      play.setAttribute("aria-label", playing ? "Pause" : "Play");
      play.title = playing ? "Pause (space bar)" : "Play (space bar)";
      play.textContent = playing ? "❚❚" : "▶";
    }
    slider.value = clock.frame;
    curve.mark((clock.frame - clock.range[0]) / (clock.range[1] - clock.range[0] || 1));
    const text = tell.readout ? tell.readout() : readout(clock, tracks);
    if (text !== shown) {
      shown = text;
      told.textContent = text;
      slider.setAttribute("aria-valuetext", text);
    }
    const frame = `frame ${Math.floor(clock.frame)}`;
    const after = developmental(clock.minutes);
    const words = tell.more ? tell.more() : after === null ? frame : `${frame} · developmental minute ${Math.round(after)}`;
    if (more.textContent !== words) more.textContent = words;
  };
  const retimed = () => {
    [slider.min, slider.max] = clock.range;
    show();
  };
  retimed();
  return { show, retimed };
}

function countCurve(tracks, clock) {
  const [counts, divided] = [cellCounts(tracks), divisions(tracks)];
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  const last = Math.max(counts.length - 1, 1);
  const at = (i) => ((1000 * i) / last).toFixed(2);
  const line = [...counts].map((count, i) => `${at(i)} ${(100 - (96 * count) / most).toFixed(1)}`).join("L");
  const busiest = divided.reduce((a, b) => Math.max(a, b), 1);
  const ticks = [...divided].flatMap((number, i) => (
    number ? [`M${at(i)} 100V${(100 - 12 - (30 * number) / busiest).toFixed(1)}`] : []
  )).join("");
  const seek = (event) => {
    const box = drawing.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    clock.seek(Math.round(clock.range[0] + share * (clock.range[1] - clock.range[0])));
  };
  const drawing = element(
    "svg",
    { class: "count-curve", viewBox: "0 0 1000 100", preserveAspectRatio: "none", "aria-hidden": "true",
      onpointerdown: (event) => { drawing.setPointerCapture(event.pointerId); seek(event); },
      onpointermove: (event) => { if (event.buttons) seek(event); } },
    element("path", { class: "count-area", d: `M0 100L${line}L1000 100Z` }),
    element("path", { class: "division-ticks", d: ticks || "M0 0" }),
    element("path", { class: "count-line", d: `M${line}` }),
  );
  const cursor = element("div", { class: "count-cursor" });
  const box = element(
    "div",
    { class: "count-box", title: `Cells over time, at most ${most}; ticks are divisions` },
    drawing, cursor, element("span", { class: "count-most", text: `${most} cells`, "aria-hidden": "true" }),
  );
  box.style.setProperty("--inset", `${THUMB / 2}px`);
  return { element: box, mark: (share) => { cursor.style.transform = `translateX(${(100 * share).toFixed(3)}%)`; } };
}
