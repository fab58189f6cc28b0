/**
 * Where the chosen cells lie in all embryos at this minute: of each name how many have it and how far apart it
 * lies, and for one of them the embryos, nearest to the median place first.
 */

import { element } from "./dom.mjs";
import { frameAt, lifeOf, median, NOWHERE, placeOfCell, spreadOf } from "./collection_places.mjs";
import { colourOfNames } from "./collection_colours.mjs";

const MOST_NAMES = 24;
const MOST_SEARCHED = 200; // names that are looked for at every telling
const um = (value) => (value === null ? "–" : value.toFixed(1));

/** Fills `root`; `collection` is the page. Returns {show() (the choice changed), tick() (the time did)}. */
export function collectionPanel(root, collection) {
  const summary = element("div", { class: "spread" });
  const list = element("div", { class: "spread-list" });
  root.replaceChildren(summary, list);
  let focus = ""; // the name whose embryos are listed
  let listedAs = "";

  /** {name, followed (entries that have it at all), here: [{entry, cell, place}], spread} at this minute. */
  function lying(name) {
    const minute = collection.clock.minutes;
    const followed = [];
    const here = [];
    for (const entry of collection.entries) {
      const cell = entry.tracks.names.indexOf(name);
      if (cell < 0) continue;
      followed.push({ entry, cell });
      const frame = frameAt(entry, minute);
      const place = frame === NOWHERE ? null : placeOfCell(entry, cell, frame);
      if (place) here.push({ entry, cell, frame, place });
    }
    return { name, followed, here, spread: spreadOf(here.map(({ place }) => place)) };
  }

  /** When most embryos have the cell: the middle of its median life. */
  function middleOf(followed) {
    const lives = followed.map(({ entry, cell }) => lifeOf(entry, cell));
    return [0, 1].map((end) => median(lives.map((life) => life[end])));
  }

  function show() {
    listedAs = "";
    tick();
  }

  function tick() {
    const { cells = [], view, clock } = collection;
    if (!view.panel || !clock) return;
    if (cells.length === 0) {
      summary.replaceChildren(element("p", {
        class: "quiet", text: view.cells.length
          ? "None of the embryos that have come follows the chosen cells."
          : "Choose a cell, by its name or by a click, and see where it lies in all embryos.",
      }));
      list.replaceChildren();
      return;
    }
    const all = cells.slice(0, MOST_SEARCHED).map(lying);
    const here = all.filter((each) => each.here.length);
    const told = (here.length ? here : all).slice(0, MOST_NAMES);
    if (!told.some(({ name }) => name === focus)) focus = told.reduce((a, b) => (b.here.length > a.here.length ? b : a)).name;
    const absent = cells.length - told.length;
    summary.replaceChildren(table(told), ...(absent > 0
      ? [element("p", { class: "quiet small", text: here.length > MOST_NAMES ? `The first ${MOST_NAMES} of ${here.length} names.` : `${absent} of the chosen names ${absent === 1 ? "isn't" : "aren't"} there at this minute.` })] : []));
    tellEmbryos(told.find(({ name }) => name === focus));
  }

  function table(all) {
    const colourOf = colourOfNames(collection.view, collection.data.palettes);
    const head = [
      ["Cell", "Cell name"], ["Embryos", "How many of the embryos that follow it have it at this minute"],
      ["Spread", "Median distance, in µm, from the median place"], ["9 of 10", "Nine of ten lie within so many µm of it"],
    ];
    return element(
      "table", { class: "cell-facts" },
      element("thead", {}, element("tr", {}, ...head.map(([text, title]) => element("th", { scope: "col", title, text })))),
      element("tbody", {}, ...all.map(({ name, followed, here, spread }) => element(
        "tr", { "aria-current": name === focus ? "true" : null },
        element("th", { scope: "row" }, element("button", {
          type: "button", class: "to-moment", title: `List the embryos that follow ${name}`,
          onclick: () => { focus = name; show(); },
        }, element("i", { class: "dot", style: `background: ${colourOf(name)}` }), name)),
        element("td", { text: `${here.length} of ${followed.length}` }),
        element("td", { class: "spread-um", text: `${um(spread.median)}${spread.median === null ? "" : " µm"}` }),
        element("td", { text: um(spread.ninth) }),
      ))),
    );
  }

  function tellEmbryos({ name, followed, here, spread }) {
    const key = [name, here.length, collection.clock.playing ? "" : collection.clock.frame, collection.view.scale].join("|");
    if (key === listedAs) return;
    listedAs = key;
    const [born, gone] = middleOf(followed);
    const when = followed.length ? `${name} is there from minute ${Math.round(born)} to ${Math.round(gone)} in the median.` : "";
    const go = here.length < followed.length / 2 && followed.length
      ? [element("button", { type: "button", class: "quiet-button", text: `Go to minute ${Math.round((born + gone) / 2)}`,
        onclick: () => collection.clock.seek(Math.round((born + gone) / 2)) })] : [];
    const scaled = collection.view.scale === "same" ? " Embryos are drawn at one size, so µm are those of a middling one." : "";
    const order = here.map((each, i) => ({ ...each, distance: spread.distances[i] })).sort((a, b) => a.distance - b.distance);
    list.replaceChildren(
      element("h2", { text: `${name} in ${here.length} embryo${here.length === 1 ? "" : "s"}` }),
      element("p", { class: "quiet small", text: `${when}${scaled}` }), ...go,
      element("ol", { class: "spread-embryos" }, ...order.map(({ entry, frame, distance }) => element(
        "li", {},
        element("a", { href: linkTo(entry, name, frame), text: entry.told.name, title: `Open ${entry.told.name} at this cell and moment` }),
        entry.told.simulated ? element("span", { class: "quiet small", text: "simulated" }) : "",
        element("span", { class: "spread-um", text: `${um(distance)} µm` }),
      ))),
    );
  }

  return { show, tick };
}

const linkTo = (entry, name, frame) => (
  window.blastoscope.address(`/embryos/${entry.told.id}?v=2&cells=${encodeURIComponent(name)}&frame=${Number(frame.toFixed(2))}`));
