/**
 * "Save": the view as a picture, a figure or a video, the chosen cells as a table, the address of it all. Made in
 * the browser; nothing is sent anywhere.
 */

import { element } from "./dom.mjs";
import { cellFacts, tableText } from "./facts.mjs";
import { count, fileName, handOver } from "./saved_file.mjs";

/** What pictures and videos need is fetched when one is made. */
const dialogs = () => import("./save_dialogs.mjs");

/** The button "Save" with its menu, as an element; `watch` is the page. */
export function saveMenu(watch) {
  const isPlane = () => watch.view.stage === "plane" && watch.view.beside.length === 0;
  const entries = [
    { words: () => "Picture (PNG)…", act: async () => (await dialogs()).pictureDialog(watch), shown: () => !isPlane() },
    { words: () => "Figure on white ground (PNG)", act: async () => (await dialogs()).saveFigure(watch), shown: () => !isPlane() },
    { words: () => "Figure on white ground (SVG)", act: () => watch.savePlaneFigure(), shown: isPlane },
    { words: () => "Video…", act: async () => (await dialogs()).videoDialog(watch), shown: () => !isPlane() },
    {
      words: () => (watch.cells.length ? `Table of ${count(watch.cells.length, "chosen cell")} (CSV)` : "Table of chosen cells (CSV): choose cells first"),
      act: () => saveTable(watch), able: () => watch.cells.length > 0,
    },
    { words: () => "Copy link", act: () => copyLink(watch) },
  ];
  return menu("Save", "Save a picture, a video, a table, or the link of this view", entries, watch);
}

/** A button that opens a menu of `entries` {words(), act(), shown?(), able?()}; arrow keys and Escape as anywhere. */
function menu(label, title, entries, watch) {
  const list = element("div", { class: "save-list", role: "menu", "aria-label": label, popover: "manual", hidden: true });
  const items = () => [...list.children].filter((item) => !item.disabled);
  const button = element("button", {
    type: "button", class: "quiet-button", "aria-haspopup": "menu", "aria-expanded": "false", title, text: `${label} ▾`,
    onclick: () => (list.hidden ? open() : close()),
  });
  const outside = (event) => { if (!box.contains(event.target)) close(); };

  function open() {
    list.replaceChildren(...entries.filter((entry) => entry.shown?.() ?? true).map((entry) => element("button", {
      type: "button", role: "menuitem", tabindex: "-1", text: entry.words(), disabled: entry.able?.() === false,
      onclick: () => {
        close();
        button.focus();
        Promise.resolve(entry.act()).catch((error) => watch.toast(`That didn't work: ${error.message}`));
      },
    })));
    list.hidden = false;
    list.showPopover?.();
    button.setAttribute("aria-expanded", "true");
    place();
    document.addEventListener("pointerdown", outside, true);
    window.addEventListener("resize", close);
    items()[0]?.focus();
  }
  /** Under the button and within the window; over all else, as the row of tools scrolls on a phone and would cut it off. */
  function place() {
    const { left, bottom } = button.getBoundingClientRect();
    list.style.top = `${bottom + 4}px`;
    list.style.left = `${Math.max(8, Math.min(left, innerWidth - list.offsetWidth - 8))}px`;
  }
  function close() {
    if (list.isConnected && !list.hidden) list.hidePopover?.();
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("resize", close);
  }
  const box = element("div", {
    class: "save-menu",
    onkeydown: (event) => {
      if (list.hidden) return;
      const all = items();
      const at = all.indexOf(document.activeElement);
      const to = {
        ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length, Home: 0, End: all.length - 1,
      }[event.key];
      if (to !== undefined) all[to].focus();
      else if (event.key === "Escape") { close(); button.focus(); }
      else if (event.key === "Tab") { close(); return; }
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  }, button, list);
  return box;
}

// Tables and links

function saveTable({ cells, tracks, timeline, data }) {
  const facts = cells.map((cell) => cellFacts(tracks, timeline, data.calibration, cell));
  handOver(new Blob([tableText(facts)], { type: "text/csv" }), fileName(data.name, "cells", "csv"));
}

async function copyLink(watch) {
  watch.writeAddress();
  try {
    await navigator.clipboard.writeText(location.href);
    watch.toast("The address of this view is copied.");
  } catch {
    watch.toast(`Copy it from here: ${location.href}`);
  }
}
