/** What can be set of the stage: tails, names, what isn't chosen, shell, perspective. One button that opens a small sheet. */

import { element, select } from "./dom.mjs";
import { sheetUnder } from "./sheet.mjs";
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
    { class: "stage-sheet popover-box", id, role: "group", "aria-label": "What the stage shows" },
    row("Tails behind", controls.tail),
    row("Tails ahead", controls.ahead),
    row("Tails of", controls.tailsOf),
    row("Tails drawn", controls.tailWidth, controls.tailColour),
    row("Not chosen", controls.others),
    element("div", { class: "sheet-checks" }, ...Object.values(switches).map(({ label }) => label)),
    row("Look at", element("div", { class: "looks", role: "group", "aria-label": "Look at a side" }, ...Object.values(looks))),
  );
  const button = element("button", {
    type: "button", class: "quiet-button", text: "View", title: "Tails, names, what isn't chosen", "aria-controls": id,
  });
  const opened = sheetUnder(button, sheet, write);

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
    elements: [opened.element],
    show() {
      opened.element.hidden = watch.view.stage !== "space";
      if (!opened.isOpen()) return;
      if (opened.element.hidden) opened.open(false);
      else write();
    },
    end: opened.end,
  };
}

function check(words, changed) {
  const input = element("input", { type: "checkbox", onchange: (event) => changed(event.target.checked) });
  return { input, label: element("label", { class: "sheet-check" }, input, words) };
}
