/** The button that puts another embryo beside this one; the rest is beside.mjs's, fetched when it is wanted. */

import { element } from "./dom.mjs";
import { embryoField, foundEmbryos } from "./embryo_field.mjs";
import { MOST_BESIDE } from "./watch_view.mjs";

/** The button "Side by side" with its field, as an element with `show()`. */
export function besideMenu(watch) {
  const field = embryoField({
    label: "Embryo beside this one",
    search: (words) => foundEmbryos(watch.address, words),
    leaves: (id) => id === watch.data.id || watch.view.beside.includes(id),
    chosen: ({ id }) => {
      close();
      watch.change({ beside: [...watch.view.beside, id].slice(0, MOST_BESIDE) });
    },
  });
  const sheet = element("div", { class: "beside-sheet", role: "dialog", "aria-label": "Side by side", hidden: true }, field);
  const button = element("button", {
    type: "button", class: "quiet-button", text: "Side by side", title: "Put up to five other embryos beside this one, with one clock and one choice",
    "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => (sheet.hidden ? open() : close()),
  });
  const outside = (event) => { if (!box.contains(event.target)) close(); };
  function open() {
    sheet.hidden = false;
    sheet.classList.toggle("from-right", button.getBoundingClientRect().left > innerWidth / 2);
    button.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", outside, true);
    field.focusField();
  }
  function close() {
    sheet.hidden = true;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
  }
  const box = element("div", {
    class: "beside-menu",
    onkeydown: (event) => {
      if (event.key !== "Escape" || sheet.hidden) return;
      close();
      button.focus();
      event.preventDefault();
      event.stopPropagation();
    },
  }, button, sheet);
  return Object.assign(box, { show() { box.hidden = watch.view.beside.length > 0; } });
}
