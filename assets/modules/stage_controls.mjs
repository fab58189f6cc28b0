/** What can be set of the stage: tails, names, what isn't chosen, shell, perspective. One button that opens a small sheet. */

import { element, select } from "./dom.mjs";
import { KEY_OF, SIDES, sideWords } from "./stage_marks.mjs";

export const TAILS = [0, 5, 10, 20, 40, 80];
const minutes = (value, words) => [value, value ? `${value} min` : words];
let made = 0;

/**
 * The controls of the stage: {elements (for the row of tools), show()}. `show` is called after each change of
 * the view, and writes only what is open.
 */
export function stageControls(watch) {
  const id = `stage-sheet-${made += 1}`;
  const set = (name, read = (value) => value) => (value) => watch.change({ [name]: read(value) });
  const tailsOf = (value, name) => [...new Set([...TAILS, watch.view[name]])].sort((a, b) => a - b).map((each) => minutes(each, value));
  const controls = {
    tail: select("Tails behind", tailsOf("none", "tail"), "", set("tail", Number)),
    ahead: select("Tails ahead", tailsOf("none", "ahead"), "", set("ahead", Number)),
    tailWidth: select("Width of tails", [1, 2, 3, 4, 5, 6].map((px) => [px, `${px} px`]), "", set("tailWidth", Number)),
    tailColour: select("Colour of tails", [["cell", "as the cell"], ["time", "by time"]], "", set("tailColour")),
    tailsOf: select("Tails of", [["chosen", "chosen cells"], ["all", "all cells"]], "", set("tailsOf")),
    others: select("What isn't chosen", [["dim", "dimmed"], ["hide", "hidden"], ["show", "as ever"]], "", set("others")),
  };
  const switches = {
    names: check("Names of chosen cells", set("names")),
    shell: check("Eggshell", set("shell")),
    perspective: check("Perspective", (on) => (watch.space ? watch.space.flat(!on) : null)),
  };
  const row = (words, ...inside) => element("div", { class: "sheet-row" }, element("span", { "aria-hidden": "true", text: words }), element("div", {}, ...inside));
  const looks = Object.fromEntries(SIDES.map((side) => [side, element("button", {
    type: "button", class: "look", "aria-keyshortcuts": String(KEY_OF[side]), onclick: () => watch.space?.look(side),
  })]));
  const sheet = element(
    "div",
    { class: "stage-sheet popover-box", id, role: "group", "aria-label": "What the stage shows", hidden: true },
    row("Tails behind", controls.tail),
    row("Tails ahead", controls.ahead),
    row("Tails of", controls.tailsOf),
    row("Tails drawn", controls.tailWidth, controls.tailColour),
    row("Not chosen", controls.others),
    element("div", { class: "sheet-checks" }, ...Object.values(switches).map(({ label }) => label)),
    row("Look at", element("div", { class: "looks", role: "group", "aria-label": "Look at a side" }, ...Object.values(looks))),
  );
  const button = element("button", {
    type: "button", class: "quiet-button", text: "View", title: "Tails, names, what isn't chosen", "aria-expanded": "false", "aria-controls": id,
    onclick: () => open(sheet.hidden),
  });
  const box = element("div", { class: "sheet-box" }, button, sheet);
  const outside = (event) => { if (!box.contains(event.target)) open(false); };

  function open(wanted) {
    sheet.hidden = !wanted;
    button.setAttribute("aria-expanded", String(wanted));
    if (wanted) {
      write();
      place();
      document.addEventListener("pointerdown", outside, true);
    } else {
      document.removeEventListener("pointerdown", outside, true);
    }
  }

  /** Under the button and within the page, whatever scrolls around it. */
  function place() {
    const at = button.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const left = Math.max(8, Math.min(at.left, clientWidth - sheet.offsetWidth - 8));
    Object.assign(sheet.style, { left: `${Math.round(left)}px`, top: `${Math.round(at.bottom + 4)}px`, maxHeight: `${Math.round(clientHeight - at.bottom - 12)}px` });
  }
  const resized = () => !sheet.hidden && place();
  window.addEventListener("resize", resized);

  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || sheet.hidden) return;
    event.preventDefault();
    event.stopPropagation();
    open(false);
    button.focus();
  });
  box.addEventListener("focusout", (event) => {
    if (!sheet.hidden && event.relatedTarget && !box.contains(event.relatedTarget)) open(false);
  });

  function write() {
    const { view } = watch;
    for (const [name, control] of Object.entries(controls)) {
      if (![...control.options].some(({ value }) => value === String(view[name]))) {
        control.append(element("option", { value: view[name], text: `${view[name]} min` })); // from an address
      }
      control.value = String(view[name]);
    }
    for (const name of ["tailWidth", "tailColour", "tailsOf"]) controls[name].disabled = view.tail === 0 && view.ahead === 0;
    switches.names.input.checked = view.names;
    switches.shell.input.checked = view.shell;
    switches.perspective.input.checked = !(view.camera?.flat ?? false);
    switches.shell.label.hidden = !watch.data.pose?.shell;
    for (const [side, { text, words }] of Object.entries(sideWords(watch.data.pose))) {
      looks[side].textContent = text;
      looks[side].setAttribute("aria-label", words);
      looks[side].title = `${words} (key ${KEY_OF[side]})`;
    }
  }

  return {
    elements: [box],
    show() {
      box.hidden = watch.view.stage !== "space";
      if (box.hidden && !sheet.hidden) open(false);
      if (!sheet.hidden) write();
    },
    end() {
      document.removeEventListener("pointerdown", outside, true);
      window.removeEventListener("resize", resized);
    },
  };
}

function check(words, changed) {
  const input = element("input", { type: "checkbox", onchange: (event) => changed(event.target.checked) });
  return { input, label: element("label", { class: "sheet-check" }, input, words) };
}
