/** The labels page in the browser: the lineage in a label's colours, the table of classes, and the address. */
import { cellAt, named, shades } from "./label_tree.mjs";
import { COLUMNS, asText, rowsOf, shownAs, sorted } from "./label_rows.mjs";

const b = globalThis.blastoscope;
const HEIGHT = 184;
const MARGIN = { left: 34, right: 6, top: 4, bottom: 6 };
const SETTLED_MS = 150;
const FIRST_ROWS = 200; // of the table; the rest on request

const state = { shown: null, tree: null, sort: { key: "rows", descending: true }, all: false, marked: -1, host: null };

/**
 * Draw what the server counted. `tree` as components/lineage_diagram.py gives it. Resolves when the reader has
 * settled on it: figures take longer to draw than a slider takes to move on.
 */
export async function show(shown, tree) {
  const { no_update: nothing } = globalThis.dash_clientside;
  if (!shown) return nothing;
  Object.assign(state, { shown, tree, all: false, marked: -1 });
  history.replaceState(history.state, "", `${location.pathname}?${shown.query}`);
  attach();
  drawTree();
  drawTable();
  await new Promise((resolve) => setTimeout(resolve, state.settled ? SETTLED_MS : 0));
  if (state.shown !== shown) return nothing;
  state.settled = true;
  return shown.query;
}

/** The reader points at a bar (Plotly's hoverData, null for none): its class stands out of the tree. */
export function point(...hovered) {
  if (state.shown && state.host?.isConnected && !state.pointing) mark(hovered.find(Boolean)?.points[0].pointIndex ?? -1);
  return null;
}

/* Listeners belong to elements of the page, which is made anew whenever somebody comes back to it. */
function attach() {
  const host = document.getElementById("labels-tree");
  if (state.host === host) return;
  state.host = host;
  state.watch?.disconnect();
  state.watch = new ResizeObserver(drawTree);
  state.watch.observe(host);
  host.addEventListener("pointermove", pointed);
  host.addEventListener("pointerleave", () => {
    state.pointing = false;
    mark(-1);
  });
  document.getElementById("labels-copy").addEventListener("click", copy);
  document.getElementById("labels-csv").addEventListener("click", save);
}

const svg = (tag, attributes, text) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
};

/** Where a cell's line stands, in px. */
function placer(width) {
  const { tree } = state;
  const [first, last] = tree.minutes;
  const down = (minute) => MARGIN.top + ((minute - first) / (last - first)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const across = (x) => MARGIN.left + x * (width - MARGIN.left - MARGIN.right);
  return { down, across, place: (cell) => ({ x: across(tree.x[cell]), top: down(tree.top[cell]), bottom: down(tree.bottom[cell]) }) };
}

function drawTree() {
  const { host, tree, shown } = state;
  if (!host?.isConnected || !shown || host.clientWidth < 50) return;
  const width = host.clientWidth;
  const { down, place } = placer(width);
  const { classes, of_cell: ofCell } = shown;
  const colours = shades(classes);
  const count = `${classes.length.toLocaleString("en-US")} ${classes.length === 1 ? "class" : "classes"}`;
  const picture = svg("svg", { width, height: HEIGHT, role: "img", "aria-label": `The lineage, coloured by ${count} of the label. The table below holds the same.` });
  for (const minute of [0, 60, 120, 180]) {
    picture.append(
      svg("line", { class: "grid", x1: MARGIN.left - 4, x2: width - MARGIN.right, y1: down(minute), y2: down(minute) }),
      svg("text", { class: "minute", x: MARGIN.left - 7, y: down(minute) + 4, "text-anchor": "end" }, minute),
    );
  }
  const lines = new Map();
  tree.names.forEach((_, cell) => {
    const { x, top, bottom } = place(cell);
    const mother = tree.mother[cell];
    const path = [`M${x.toFixed(1)} ${top.toFixed(1)}V${bottom.toFixed(1)}`];
    lines.set(ofCell[cell], [...(lines.get(ofCell[cell]) ?? []), ...path]);
    if (mother >= 0) { // the line across at a division is the mother's
      const across = `M${place(mother).x.toFixed(1)} ${top.toFixed(1)}H${x.toFixed(1)}`;
      lines.set(ofCell[mother], [...(lines.get(ofCell[mother]) ?? []), across]);
    }
  });
  for (const index of [...lines.keys()].sort((a, c) => a - c)) {
    const d = lines.get(index).join("");
    if (index < 0) {
      picture.append(svg("path", { d, class: "unseen" }));
      continue;
    }
    const group = svg("g", { class: `class of-${classes[index].colour}`, "data-class": index });
    group.append(svg("path", { d, class: "outline" }), svg("path", { d, class: "line", style: `stroke:${colours[index]}` }));
    picture.append(group);
  }
  const wide = measure();
  for (const { index, x, y } of named(tree, classes, ofCell, place, wide, width - MARGIN.right)) {
    picture.append(svg("text", { class: "name", x, y: y + 4, "data-class": index }, classes[index].label));
  }
  host.replaceChildren(picture);
  mark(state.marked);
}

function measure() {
  state.canvas ??= document.createElement("canvas").getContext("2d");
  state.canvas.font = `600 11px ${getComputedStyle(document.body).fontFamily}`;
  return (text) => state.canvas.measureText(text).width;
}

function pointed(event) {
  const { host, tree, shown } = state;
  state.pointing = true;
  const box = host.getBoundingClientRect();
  const cell = cellAt(tree, placer(host.clientWidth).place, event.clientX - box.left, event.clientY - box.top);
  mark(cell < 0 ? -1 : shown.of_cell[cell], cell);
}

/** Let one class stand out of the tree and say what it is; -1 for none. */
function mark(index, cell = -1) {
  state.marked = index;
  const { host, shown, tree } = state;
  const picture = host.querySelector("svg");
  picture?.classList.toggle("marking", index >= 0);
  for (const each of host.querySelectorAll("[data-class]")) each.classList.toggle("marked", Number(each.dataset.class) === index);
  const word = document.getElementById("labels-tree-word");
  if (index >= 0) {
    const total = shown.classes.reduce((sum, each) => sum + each.rows, 0) || 1;
    const { label, rows, cells } = shown.classes[index];
    const whose = cell >= 0 ? `${tree.names[cell]} is of class ${label}: ` : `${label}: `;
    word.textContent = `${whose}${shownAs("rows", rows)} rows (${shownAs("share", rows / total)}) of ${cells === 1 ? "1 cell" : `${shownAs("cells", cells)} cells`}`;
  } else if (cell >= 0) {
    word.textContent = `${tree.names[cell]} is in none of these embryos.`;
  } else {
    word.textContent = "One colour is one class; grey is in none of these embryos. Minutes after the birth of ABal run down; anterior is left.";
  }
}

function tableRows() {
  return sorted(rowsOf(state.shown.classes), state.sort.key, state.sort.descending);
}

function drawTable() {
  const host = document.getElementById("labels-table");
  const rows = tableRows();
  const { key: by, descending } = state.sort;
  const make = (tag, attributes = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), attributes);
    made.append(...children);
    return made;
  };
  const head = make("tr");
  for (const { key, title, number } of COLUMNS) {
    const button = make("button", { type: "button", textContent: title, onclick: () => sortBy(key) });
    const cell = make("th", { scope: "col", className: number ? "number" : "" }, button);
    if (key === by) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
    head.append(cell);
  }
  const body = make("tbody");
  for (const row of state.all ? rows : rows.slice(0, FIRST_ROWS)) {
    const line = make("tr");
    for (const { key, number } of COLUMNS) {
      if (key === "label") {
        const swatch = make("span", { className: "swatch" });
        swatch.style.background = `var(--founder-${row.colour})`;
        line.append(make("th", { scope: "row" }, swatch, row.label));
      } else line.append(make("td", { className: number ? "number" : "", textContent: shownAs(key, row[key]) }));
    }
    body.append(line);
  }
  const caption = make("caption", { className: "visually-hidden", textContent: `Classes, with rows before and after: ${state.shown.resampling}` });
  host.replaceChildren(make("table", {}, caption, make("thead", {}, head), body));
  if (!state.all && rows.length > FIRST_ROWS) {
    const words = `Show all ${rows.length.toLocaleString("en-US")} classes`;
    host.append(make("button", { type: "button", className: "btn btn-secondary btn-sm", textContent: words, onclick: () => { state.all = true; drawTable(); } }));
  }
}

function sortBy(key) {
  const { sort } = state;
  state.sort = { key, descending: sort.key === key ? !sort.descending : key !== "label" };
  drawTable();
  document.querySelector(`#labels-table th[aria-sort] button`)?.focus();
}

async function copy() {
  try {
    await navigator.clipboard.writeText(asText(tableRows(), "\t"));
    b.toast("The table is copied.");
  } catch {
    b.toast("This browser doesn't allow copying; Download CSV works.");
  }
}

function save() {
  const address = URL.createObjectURL(new Blob([asText(tableRows())], { type: "text/csv" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: `${state.shown.file}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
