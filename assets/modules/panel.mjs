/** The chosen cells: chips, table of facts, curves with the time cursor. */

import { element } from "./dom.mjs";
import { COLUMNS, cellFacts, tableText } from "./facts.mjs";
import { cellsOf } from "./choice.mjs";
import { minutesOfPaths } from "./paths.mjs";
import { SPEED_MEANING, displacement, expression, speed } from "./cell_curves.mjs";

export const MOST_CURVES = 60;
const MOST_CHIPS = 40;
const MOST_DASHED = 12; // lines of one colour are told apart by their dashes while there are few
const DASHES = [{ plotly: "solid", css: "solid" }, { plotly: "dash", css: "dashed" }, { plotly: "dot", css: "dotted" }];
const CURVES = [
  { title: "Displacement, µm", meaning: "Straight distance from where the cell was first seen" },
  { title: "Speed, µm/min", meaning: SPEED_MEANING },
  { title: "blot", meaning: "Reporter expression after background correction, arbitrary units; negative values are real" },
];

/** Chips of the terms of a choice; `remove(term)` is told. */
export function chips(root, terms, names, colourOf, remove) {
  const more = terms.length - MOST_CHIPS;
  root.replaceChildren(...terms.slice(0, MOST_CHIPS).map((term) => {
    const cells = cellsOf(term, names);
    const words = cells.length === 1 && !term.endsWith("*") ? term : `${term} · ${cells.length}`;
    const chip = element(
      "span",
      { class: "chip", role: "listitem", title: cells.length ? null : "This embryo follows no such cell" },
      element("i", { class: "dot" }), words,
      element("button", { type: "button", "aria-label": `Remove ${term}`, text: "×", onclick: () => remove(term) }),
    );
    chip.classList.toggle("empty", cells.length === 0);
    if (cells.length) chip.querySelector(".dot").style.background = colourOf(cells[0]);
    return chip;
  }));
  if (more > 0) root.append(element("span", { class: "chip", role: "listitem", text: `and ${more} more` }));
}

/** How the line of each chosen cell is drawn, in curves and beside its name: colour, and dash for a few. */
export function lineKeys(cells, colourOf) {
  const used = new Map();
  return new Map(cells.map((cell) => {
    const colour = colourOf(cell);
    const nth = used.get(colour) ?? 0;
    used.set(colour, nth + 1);
    return [cell, { colour, dash: cells.length <= MOST_DASHED ? DASHES[nth % DASHES.length] : DASHES[0] }];
  }));
}

/** The table of facts as an element; `go(frame)` is told of a click on a birth or a division. */
export function factsTable(facts, keys, go) {
  const head = COLUMNS.map((column) => element("th", { scope: "col", title: column.explanation, tabindex: "0", text: column.title }));
  const cellOf = (column, fact, i) => {
    const text = column.text(fact);
    const note = column.note?.(fact);
    const frame = { Birth: fact.birth !== null && fact.first, Division: fact.division !== null && fact.last + 1 }[column.title];
    const inside = Number.isInteger(frame)
      ? element("button", { type: "button", class: "to-moment", title: "Go to this moment", text, onclick: () => go(frame) })
      : text;
    const made = element(i === 0 ? "th" : "td", { scope: i === 0 ? "row" : null }, inside);
    if (i === 0) {
      const { colour, dash } = keys.get(fact.cell);
      made.prepend(element("i", { class: "line-key", style: `border-top: 2px ${dash.css} ${colour}` }));
    }
    if (note) made.append(element("span", { class: "fact-note", text: note }));
    return made;
  };
  return element(
    "table",
    { class: "cell-facts" },
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...facts.map((fact) => element("tr", {}, ...COLUMNS.map((column, i) => cellOf(column, fact, i))))),
  );
}

function saved(text, name) {
  const link = element("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Fill `root` with what is told of `cells`; `name` names the CSV file. Returns the facts. */
export function tellCells(root, { tracks, timeline, calibration, cells, keys, name, go, toast }) {
  const facts = cells.map((cell) => cellFacts(tracks, timeline, calibration, cell));
  const copy = () => navigator.clipboard.writeText(tableText(facts, "\t")).then(
    () => toast("The table is copied."),
    () => toast("The browser doesn't allow copying here; save the CSV file instead."),
  );
  root.replaceChildren(
    element(
      "div",
      { class: "facts-head" },
      element("h2", { text: `${cells.length} chosen cell${cells.length === 1 ? "" : "s"}` }),
      element("span", { class: "grow" }),
      element("button", { type: "button", class: "quiet-button", text: "Copy", title: "Copy the table", onclick: copy }),
      element("button", {
        type: "button", class: "quiet-button", text: "CSV", title: "Save the table as a CSV file",
        onclick: () => saved(tableText(facts), `${name}_cells.csv`),
      }),
    ),
    element("div", { class: "facts-box", tabindex: "0", role: "region", "aria-label": "Facts of the chosen cells" }, factsTable(facts, keys, go)),
  );
  return facts;
}

/** The minutes in which `cells` live, with a little room at both ends. */
function spanOf(tracks, timeline, cells) {
  const [first, last] = minutesOfPaths(tracks, timeline, cells);
  const room = Math.max((last - first) * 0.04, 0.5);
  return [first - room, last + room];
}

/** Plotly's data and layout of the curves of `cells` (the first MOST_CURVES), three under one another. */
export function curvesFigure(tracks, timeline, calibration, cells, keys, template) {
  const shown = cells.slice(0, MOST_CURVES);
  const data = shown.flatMap((cell) => [
    displacement(tracks, timeline, calibration, cell),
    speed(tracks, timeline, calibration, cell),
    expression(tracks, timeline, "blot", cell),
  ].map(({ minutes, values }, i) => ({
    type: "scatter", mode: minutes.length === 1 ? "markers" : "lines", x: minutes, y: values,
    name: tracks.names[cell].replaceAll("<", "&lt;"), line: { color: keys.get(cell).colour, dash: keys.get(cell).dash.plotly, width: 1.5 },
    marker: { color: keys.get(cell).colour },
    xaxis: "x", yaxis: i ? `y${i + 1}` : "y",
    hovertemplate: "%{fullData.name} · %{x:.1f} min · %{y:.3~s}<extra></extra>",
  })));
  const height = 0.27;
  const domain = (i) => [1 - (i + 1) * height - i * 0.095, 1 - i * height - i * 0.095];
  const axis = (i) => ({ domain: domain(i), automargin: false, zeroline: true, nticks: 4, fixedrange: true });
  return {
    data,
    layout: {
      template, showlegend: false, hovermode: "closest", dragmode: false,
      margin: { l: 48, r: 12, t: 20, b: 36 },
      xaxis: {
        range: spanOf(tracks, timeline, shown),
        title: { text: "minutes of the recording", standoff: 4 }, automargin: false, fixedrange: true, anchor: "y3",
      },
      yaxis: axis(0), yaxis2: axis(1), yaxis3: axis(2),
      annotations: CURVES.map(({ title, meaning }, i) => ({
        text: title, hovertext: meaning, x: 0, xref: "paper", xanchor: "left", y: domain(i)[1], yref: "paper",
        yanchor: "bottom", showarrow: false, font: { size: 12 },
      })),
    },
  };
}
