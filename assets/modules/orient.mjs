/**
 * Turning an embryo by hand. What is tried is seen at once, in this tab alone; it is kept, for everybody, when
 * "Save for everybody" is pressed.
 */

import { element } from "./dom.mjs";
import { rotationOf } from "./camera.mjs";
import { SAME, degreesBetween, turnAbout, turnedBy, whenceWords } from "./pose.mjs";

const AXES = [["x", "A–P"], ["y", "D–V"], ["z", "L–R"]];
const FINE = 45; // degrees to either side

/**
 * The controls as {element, show()}; `show` after any change of the view or data. Uses watch.data (pose, id),
 * setPose, change, view.camera, address and toast.
 */
export function orientControls(watch) {
  let saved = watch.data.pose;
  let shown = saved;
  let busy = false;
  const tried = []; // {pose, camera} before each turn that isn't saved

  const whence = element("p", { class: "orient-whence", role: "status" });
  const button = (text, title, onclick, kind = "quiet-button") => element("button", { type: "button", class: kind, text, title, onclick });
  const rows = AXES.map(([axis, words]) => axisRow(axis, words));
  const taken = button(
    "Take what I see", "What I see now is right: anterior is left and dorsal is up", () => takeWhatISee(),
  );
  const undo = button("Undo", "Take the last turn back", () => takeBack());
  const names = button("Back to the names", "Orient it by the names of its cells again, for everybody", () => keep(null));
  const save = button("Save for everybody", "Keep this orientation with the embryo", () => keep(watch.data.pose.rotation), "btn btn-primary btn-sm");
  const root = element(
    "div",
    { class: "orient", role: "group", "aria-label": "Orientation", onkeydown: ownKeys },
    whence,
    ...rows.map((row) => row.element),
    element("div", { class: "orient-actions" }, taken, undo, names, save),
  );

  function axisRow(axis, words) {
    let from = null; // the pose that a fine turn began from
    const told = element("output", { class: "orient-angle", text: "0°" });
    const turn = (degrees) => element("button", {
      type: "button", class: "quiet-button orient-turn", text: { "-90": "↻", 90: "↺", 180: "180°" }[degrees],
      "aria-label": `Turn by ${Math.abs(degrees)}° ${degrees < 0 ? "clockwise " : ""}about ${words}`, title: `Turn by ${Math.abs(degrees)}°`,
      onclick: () => attempt(turnedBy(watch.data.pose, turnAbout(axis, degrees))),
    });
    const slider = element("input", {
      type: "range", min: -FINE, max: FINE, step: 1, value: 0, class: "orient-slider", "aria-label": `Fine turn about ${words}, degrees`,
      oninput: () => {
        if (from === null) {
          from = watch.data.pose;
          note();
        }
        told.textContent = `${slider.value}°`;
        preview(turnedBy(from, turnAbout(axis, Number(slider.value))));
      },
      onchange: () => {
        from = null;
        slider.value = 0;
        told.textContent = "0°";
      },
    });
    const label = element("span", { class: "orient-axis", text: words });
    return { axis, words, label, element: element("div", { class: "orient-row" }, label, turn(-90), turn(90), turn(180), slider, told) };
  }

  function note() { tried.push({ pose: watch.data.pose, camera: watch.view.camera }); }

  function preview(pose) {
    shown = pose;
    watch.setPose(pose);
    show();
  }

  function attempt(pose) {
    note();
    preview(pose);
  }

  function takeWhatISee() {
    const { camera } = watch.view;
    const turn = camera ? rotationOf(camera.turn) : SAME;
    attempt(turnedBy(watch.data.pose, turn));
    if (camera) watch.change({ camera: { ...camera, turn: [0, 0, 0, 1] } }); // the picture stays as it is
  }

  function takeBack() {
    const { pose, camera } = tried.pop();
    preview(pose);
    if (camera !== watch.view.camera) watch.change({ camera });
  }

  /** Save a rotation (null: by the names) with the embryo, and show what the server makes of it. */
  async function keep(rotation) {
    const before = saved.whence === "hand" ? saved.rotation : null;
    busy = true;
    show();
    try {
      const response = await fetch(watch.address(`/api/v1/embryos/${watch.data.id}/pose`), {
        method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ rotation }),
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.error?.message ?? `the server answered ${response.status}`);
      saved = answer;
      tried.length = 0;
      preview(answer);
      const words = rotation === null ? "The orientation is by the names again." : "The orientation is kept with the embryo, for everybody.";
      watch.toast(words, { label: "Undo", run: () => keep(before) });
    } catch (error) {
      watch.toast(`The orientation couldn't be saved: ${error.message}`);
    } finally {
      busy = false;
      show();
    }
  }

  function show() {
    const { pose } = watch.data;
    if (pose !== shown) { // somebody corrected the calibration, say: the server's word counts
      saved = shown = pose;
      tried.length = 0;
    }
    const turned = tried.length > 0 && degreesBetween(pose.rotation, saved.rotation) > 0.01;
    const words = turned ? "Tried here, not saved." : whenceWords(pose);
    if (whence.textContent !== words) whence.textContent = words;
    whence.classList.toggle("warned", pose.mirrored && !turned);
    for (const { axis, words: animal, label } of rows) label.textContent = pose.axes === "animal" ? animal : axis;
    undo.disabled = tried.length === 0 || busy;
    save.disabled = !turned || busy;
    names.disabled = busy || saved.whence !== "hand";
    taken.disabled = busy;
  }

  show();
  return { element: root, show };
}

/** Keys that move a slider or press a button are its own, not the clock's. */
function ownKeys(event) {
  if (event.target.closest("input, button") && event.key !== "Escape") event.stopPropagation();
}
