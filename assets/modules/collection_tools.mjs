/** What is chosen and set over the stage of the collection: embryos, cells, colours; and how far loading is. */

import { element, select } from "./dom.mjs";
import { searchField } from "./search.mjs";
import { chips } from "./panel.mjs";
import { collectionLegend, colourOfNames } from "./collection_colours.mjs";

const SIZES = [[0.3, "small nuclei"], [0.5, "half size"], [1, "true size"]];

/** Makes the tools in `root` (components/collection.py) of a Collection: {show(), progress(), listing(have, total)}. */
export function collectionTools(root, collection) {
  const change = (name, read = (value) => value) => (value) => collection.change({ [name]: read(value) });
  const facts = root.querySelector(".collection-facts");
  const choice = root.querySelector(".collection-choice");
  const out = element("details", { class: "left-out", hidden: true }, element("summary"), element("ul"));
  const real = element("input", { type: "checkbox", onchange: () => collection.change({ real: real.checked }) });
  choice.replaceChildren(out, element("label", { class: "sheet-check" }, real, "Real only"));
  let embryos = null;

  const bar = element("progress", { max: 1, "aria-label": "Embryos loaded" });
  const words = element("span", { role: "status" });
  const stop = element("button", { type: "button", class: "quiet-button" });
  const loading = element("div", { class: "collection-loading", hidden: true }, words, bar, stop);

  let search = element("div");
  let searched = null; // the names that it knows
  const clear = element("button", {
    type: "button", class: "quiet-button", text: "Clear", title: "Choose nothing (Escape)", onclick: () => collection.change({ cells: [] }),
  });
  const chipList = element("div", { class: "chips", role: "list", "aria-label": "Chosen cells" });
  const controls = {
    colour: select("Colours", [
      ["name", "Name"],
      { group: "Founder", options: [["safe", "Founder"], ["acetree", "Founder, AceTree's colours"]] },
      ["compact", "Compact name"], ["embryo", "Embryo"],
    ], "", change("colour")),
    k: select("Characters of the compact name", Array.from({ length: 12 }, (_, i) => [i + 1, `${i + 1}`]), "", change("k", Number)),
    others: select("Other cells", [["dim", "dim the others"], ["hide", "hide the others"], ["show", "show the others"]], "", change("others")),
    scale: select("Scale", [["um", "µm"], ["same", "same size"]], "", change("scale")),
    size: select("Size of nuclei", SIZES, "", change("size", Number)),
  };
  const fold = element("button", { type: "button", class: "quiet-button fold", onclick: () => collection.change({ panel: !collection.view.panel }) });
  root.querySelector(".watch-tools").replaceChildren(
    element("div", { class: "tools-choice", onfocusout: () => setTimeout(tellSearch) }, search, clear, chipList),
    element("div", { class: "tools-view" }, ...Object.values(controls)),
    fold,
  );
  const legend = element("details", { class: "stage-legend", open: !matchMedia("(max-width: 800px)").matches }, element("summary"), element("div"));
  root.querySelector(".stage").append(loading, legend);

  function tellEmbryos() {
    const { view, data } = collection;
    const options = [["all", "All embryos"], ...Object.entries(data.sets).map(([name, count]) => [`set:${name}`, `${name} (${count})`])];
    if (!options.some(([value]) => value === view.embryos)) options.push([view.embryos, view.embryos.startsWith("set:") ? view.embryos.slice(4) : "Chosen embryos"]);
    if (embryos?.dataset.options !== JSON.stringify(options)) {
      embryos?.remove();
      embryos = select("Embryos", options, view.embryos, change("embryos"));
      embryos.dataset.options = JSON.stringify(options);
      choice.prepend(embryos);
    }
    embryos.value = view.embryos;
    real.checked = view.real;
  }

  /** Names come with the embryos; who is typing keeps the field. */
  function tellSearch() {
    if (searched === collection.names || search.contains(document.activeElement)) return;
    searched = collection.names;
    const made = searchField(searched, (terms) => collection.choose(terms, "add"), "None of these embryos follows", collection.data.cell_names);
    search.replaceWith(made);
    search = made;
  }

  function tellFacts() {
    const { told, leftOut, cut, unloaded, entries } = collection;
    const simulated = entries.filter((entry) => entry.told.simulated).length;
    const parts = told.length ? [`${entries.length} of ${told.length} embryos laid over each other`] : [];
    if (simulated) parts.push(`${simulated} of them simulated`);
    if (cut) parts.push(`the first ${cut.shown} of ${cut.total.toLocaleString("en")}; save a set of others to see them`);
    if (unloaded.length) parts.push(`${unloaded.length} couldn't be loaded`);
    facts.textContent = parts.join(" · ");
    out.hidden = leftOut.length === 0;
    out.firstChild.textContent = `${leftOut.length} left out`;
    out.lastChild.replaceChildren(...leftOut.map(({ told: embryo, why }) => element(
      "li", {}, element("a", { href: window.blastoscope.address(`/embryos/${embryo.id}`), text: embryo.name }), `: ${why}`,
    )));
  }

  function tellLegend() {
    const { title, meaning, swatches } = collectionLegend(collection.view, collection.data.palettes);
    legend.hidden = collection.entries.length === 0;
    legend.firstChild.textContent = title;
    legend.title = meaning;
    const list = element("ul", { class: "swatches" }, ...swatches.map(({ label, colour }) => (
      element("li", {}, element("i", { class: "dot", style: `background: ${colour}` }), label))));
    legend.lastChild.replaceChildren(element("p", { class: "legend-title", text: meaning }), list);
  }

  function progress() {
    const { loading: now, unloaded } = collection;
    const left = now ? now.left.length : 0;
    loading.hidden = !now || (!now.running && left === 0 && unloaded.length === 0);
    if (loading.hidden) return;
    bar.value = now.done / Math.max(now.total, 1);
    if (now.running) words.textContent = `Loading embryo ${Math.min(now.done + 1, now.total)} of ${now.total}`;
    else words.textContent = left ? `${left} embryos weren't loaded` : `${unloaded.length} embryos couldn't be loaded`;
    bar.hidden = !now.running;
    stop.textContent = now.running ? "Cancel" : "Load the rest";
    stop.onclick = () => (now.running ? now.cancel() : collection.resume());
  }

  function show() {
    const { view } = collection;
    tellEmbryos();
    tellSearch();
    tellFacts();
    tellLegend();
    for (const [name, control] of Object.entries(controls)) control.value = String(view[name]);
    controls.k.hidden = view.colour !== "compact";
    controls.others.hidden = clear.hidden = view.cells.length === 0;
    fold.textContent = view.panel ? "Hide places ▸" : "◂ Places";
    fold.setAttribute("aria-expanded", String(view.panel));
    const colourOf = colourOfNames(view, collection.data.palettes);
    chips(chipList, view.cells, collection.names, (cell) => colourOf(collection.names[cell]), (term) => (
      collection.change({ cells: view.cells.filter((each) => each !== term) })));
    progress();
  }

  function listing(have, total) {
    facts.textContent = `Finding how ${total} embryos lie: ${have}`;
  }

  return { show, progress: () => { progress(); tellFacts(); }, listing };
}
