/** The help on keys: every part of the page says which keys it has, and "?" lists them all. */

import { element } from "./dom.mjs";

const groups = new Map(); // title -> [[keys, words], …]

/** Tell of keys: `entries` are [[["Alt", "←"], "words"], …], under a `title`; a second time they take the first's place. */
export function tellKeys(title, entries) { groups.set(title, entries); }

/** What has been told: [[title, entries], …], in the order in which it came. */
export const toldKeys = () => [...groups];

/** Open the list of keys. It closes by Escape, its button or a click beside it; the focus goes back. */
export function showKeys() {
  if (document.querySelector("dialog.keys[open]")) return;
  const dialog = element(
    "dialog",
    { class: "keys", "aria-labelledby": "keys-title" },
    element("div", { class: "keys-head" }, element("h2", { id: "keys-title", text: "Keys" }), element("button", {
      type: "button", class: "quiet-button", text: "Close", onclick: () => dialog.close(),
    })),
    element("div", { class: "keys-groups" }, ...toldKeys().map(([title, entries]) => element(
      "section",
      {},
      element("h3", { text: title }),
      element("dl", {}, ...entries.map(([keys, words]) => element(
        "div",
        {},
        element("dt", {}, ...keys.map((key) => element("kbd", { text: key }))),
        element("dd", { text: words }),
      ))),
    ))),
  );
  dialog.addEventListener("keydown", (event) => event.stopPropagation()); // Escape closes this and nothing else
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
