/** A small sheet that a button opens under itself; Escape, a click elsewhere or the focus going elsewhere closes it. */

import { element } from "./dom.mjs";

/**
 * `button` and its `sheet` together: {element, open(wanted), isOpen(), end()}. `opened()` is told before the
 * sheet is placed: under the button and within the window, whatever scrolls around it.
 */
export function sheetUnder(button, sheet, opened = () => {}) {
  const box = element("div", { class: "sheet-box" }, button, sheet);
  const outside = (event) => { if (!box.contains(event.target)) open(false); };
  const resized = () => !sheet.hidden && place();
  sheet.hidden = true;
  button.setAttribute("aria-expanded", "false");

  function open(wanted) {
    sheet.hidden = !wanted;
    button.setAttribute("aria-expanded", String(wanted));
    document.removeEventListener("pointerdown", outside, true);
    if (!wanted) return;
    opened();
    place();
    document.addEventListener("pointerdown", outside, true);
  }

  function place() {
    const at = button.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const left = Math.max(8, Math.min(at.left, clientWidth - sheet.offsetWidth - 8));
    Object.assign(sheet.style, { left: `${Math.round(left)}px`, top: `${Math.round(at.bottom + 4)}px`, maxHeight: `${Math.round(clientHeight - at.bottom - 12)}px` });
  }

  button.addEventListener("click", () => open(sheet.hidden));
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
  window.addEventListener("resize", resized);
  return {
    element: box,
    open,
    isOpen: () => !sheet.hidden,
    end() {
      document.removeEventListener("pointerdown", outside, true);
      window.removeEventListener("resize", resized);
    },
  };
}
