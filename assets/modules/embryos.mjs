/** The embryos page: rows on demand, the view in the address, choosing embryos and taking them on. */
import { columnsAt, counted, embryosParam, filterModel, filterOf, queryOf, sortedColumns, sortOf, TWO_LINES } from "./embryo_view.mjs";
import { download } from "./download.mjs";
import { receiveFiles, followKnown } from "./import.mjs";

const MOST_SIDE_BY_SIDE = 6; // the page's embryo and watch_view.mjs's MOST_BESIDE

const b = window.blastoscope;
const COLUMNS = ["choose", "name", "gene", "strain", "date", "end_cells", "curve", "cells", "frames", "minutes", "flags", "source", "tags"];
const byId = (id) => document.getElementById(id);
const setProps = (id, props) => window.dash_clientside.set_props(id, props);

let page = null; // what belongs to the page that is open: its grid, view and listeners

/** Called with the page's config when its layout stands. */
export async function mount(config) {
  page?.gone.abort();
  const grid = await window.dash_ag_grid.getApiAsync("embryo-grid");
  // dash-ag-grid gives the grid a datasource of its own when it is ready; ours must come after it.
  while (!grid.getGridOption("datasource")) await new Promise((resolve) => setTimeout(resolve, 10));
  page = {
    grid,
    view: config.view,
    gone: new AbortController(),
    serial: 0,
    total: config.total,
    matching: null, // {ids, view} once all that match were asked for
    last: null, // row that was chosen last, where a shift-click starts
  };
  b.chosen.clear();
  Object.assign(b, { choose, chooseAll, allChosen, guessHint: config.guess_hint });
  restoreView(config.view);
  grid.setGridOption("datasource", { getRows });
  const place = history.state?.embryosRow; // where somebody was who comes back
  if (place) grid.ensureIndexVisible(Math.min(place, Math.max(page.total - 1, 0)), "top");
  fitColumns(); // a row's height can be set once there is a datasource
  listen();
  receiveFiles({ limitMb: config.limit_mb, signal: page.gone.signal, onChange: refresh });
  followKnown();
  tellChosen();
  return window.dash_clientside.no_update;
}

/** A word from the server after something was done: {text, undo}; `undo` goes back to it when asked. */
export function say(said) {
  if (!said) return window.dash_clientside.no_update;
  const undo = said.undo && { label: "Undo", run: () => setProps("embryos-undo", { data: { ...said.undo, at: Date.now() } }) };
  b.toast(said.text, undo);
  for (const id of said.gone ?? []) b.chosen.delete(id);
  if (said.view) changeView(said.view);
  tellChosen();
  refresh();
  if (said.next) go(b.address(said.next));
  return window.dash_clientside.no_update;
}

function restoreView(view) {
  const { grid } = page;
  if (view.sort) grid.applyColumnState({ state: sortedColumns(view.sort), defaultState: { sort: null } });
  const model = filterModel(view.filter);
  if (model) grid.setFilterModel(model);
}

/* Rows */

async function getRows({ startRow, endRow, sortModel, filterModel: model, successCallback, failCallback }) {
  const here = page;
  here.view.sort = sortOf(sortModel);
  here.view.filter = filterOf(model);
  keepAddress();
  const serial = ++here.serial;
  try {
    const answer = await ask({ from: startRow, to: endRow });
    successCallback(answer.rows, answer.total);
    if (serial === here.serial && here === page) tellFound(answer);
  } catch (error) {
    failCallback();
    if (serial === here.serial && here === page) tellTrouble(error);
  }
}

async function ask(more) {
  const query = new URLSearchParams(Object.entries(page.view).filter(([, value]) => value));
  for (const [key, value] of Object.entries(more)) query.set(key, value);
  const response = await fetch(b.address(`/embryo-rows?${query}`)).catch(() => {
    throw new Error("Blastoscope can't be reached. It may have been stopped, or there is no network.");
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error?.message ?? `The embryos can't be listed (status ${response.status}).`);
  return answer;
}

function tellFound({ total, found, nothing }) {
  page.total = total;
  byId("embryos-found").textContent = found;
  byId("embryos-trouble").hidden = true;
  byId("embryos-nothing").hidden = total > 0;
  byId("embryos-nothing-text").textContent = nothing;
  byId("embryos-show-all").hidden = !queryOf({ ...page.view, sort: "" });
  page.grid.refreshHeader();
}

function tellTrouble(error) {
  byId("embryos-trouble-text").textContent = error.message;
  byId("embryos-trouble").hidden = false;
}

/** Ask for the rows in sight again; the place and the choice stay. */
function refresh() {
  if (!page || !byId("embryo-grid")) return;
  page.matching = null;
  page.grid.refreshInfiniteCache();
}

/* The view and its address */

function changeView(changes) {
  Object.assign(page.view, changes);
  for (const [field, id] of [["q", "embryo-search"], ["set", "embryo-set"], ["tag", "embryo-tag"]]) {
    if (field in changes && byId(id).value !== changes[field]) setProps(id, { value: changes[field] });
  }
  page.matching = null;
  tellSet();
  if (page.grid.getDisplayedRowCount()) page.grid.ensureIndexVisible(0, "top");
  page.grid.purgeInfiniteCache();
}

function tellSet() {
  byId("embryo-set-delete").hidden = !page.view.set;
}

function keepAddress() {
  const address = location.pathname + queryOf(page.view);
  if (address !== location.pathname + location.search) history.replaceState(history.state, "", address);
}

function go(address) {
  const { grid } = page;
  const embryosRow = Math.round(grid.getVerticalPixelRange().top / grid.getGridOption("rowHeight"));
  history.replaceState({ ...history.state, embryosRow }, "");
  history.pushState({}, "", address);
  window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  scrollTo(0, 0);
}

/* Choosing */

function choose(id, row, range) {
  const on = !b.chosen.has(id);
  const [from, to] = range && page.last !== null ? [page.last, row].sort((a, c) => a - c) : [row, row];
  for (let i = from; i <= to; i++) {
    const data = page.grid.getDisplayedRowAtIndex(i)?.data;
    if (data) b.chosen[on ? "add" : "delete"](data.id);
  }
  page.last = row;
  tellChosen();
}

async function chooseAll(on) {
  b.chosen.clear();
  if (on) {
    try {
      const { ids } = await ask({ ids: 1 });
      page.matching = { ids, view: { ...page.view } };
      for (const id of ids) b.chosen.add(id);
    } catch (error) {
      tellTrouble(error);
    }
  }
  tellChosen();
}

const allChosen = () => page.total > 0 && b.chosen.size >= page.total;

function tellChosen() {
  const count = b.chosen.size;
  byId("embryos-chosen-bar").hidden = !count;
  byId("embryos-chosen-count").textContent = `${counted(count, "embryo")} chosen`;
  byId("embryos-to-beside").hidden = count < 2 || count > MOST_SIDE_BY_SIDE;
  byId("embryos-to-collection").hidden = count < 2;
  const all = byId("embryos-choose-all");
  all.hidden = count >= page.total;
  all.textContent = `Choose all ${page.total.toLocaleString("en")}`;
  setProps("embryos-chosen", { data: [...b.chosen] });
  page.grid.refreshCells({ columns: ["choose"], force: true });
  page.grid.refreshHeader();
}

function takeTo(path) {
  const embryos = embryosParam(b.chosen, page.matching);
  if (embryos) return go(b.address(`${path}?embryos=${encodeURIComponent(embryos).replaceAll("%2C", ",").replaceAll("%3A", ":")}`));
  setProps("embryos-next", { data: path }); // too many ids for an address: name them first
  return setProps("embryos-set-dialog", { is_open: true });
}

/* Listening */

const open = (id) => go(b.address(`/embryos/${id}`));

function listen() {
  const { signal } = page.gone;
  const on = (target, type, run) => target.addEventListener(type, run, { signal });
  const here = page;
  const alive = () => here === page && byId("embryo-grid") !== null;

  let waiting = 0;
  on(document, "input", ({ target }) => {
    if (target.id !== "embryo-search") return;
    clearTimeout(waiting);
    const q = target.value.trim();
    waiting = setTimeout(() => alive() && changeView({ q }), 200);
  });
  on(document, "change", ({ target }) => {
    if (target.id === "embryo-set") changeView({ set: target.value });
    if (target.id === "embryo-tag") changeView({ tag: target.value });
  });
  const plain = (event) => !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  const clicks = {
    "embryos-choose-all": () => chooseAll(true),
    "embryos-choose-none": () => chooseAll(false),
    "embryos-to-labels": () => takeTo("/labels"),
    "embryos-to-train": () => takeTo("/train"),
    "embryos-to-collection": () => takeTo("/collection"),
    "embryos-to-beside": () => {
      const [first, ...others] = b.chosen;
      go(b.address(`/embryos/${first}?v=2&beside=${others.join(",")}`));
    },
    "embryos-again": refresh,
    "embryos-show-all": () => { page.grid.setFilterModel(null); changeView({ q: "", set: "", tag: "" }); },
  };
  on(document, "click", (event) => {
    if (!alive()) return;
    const link = event.target.closest(".embryo-grid a, .import-panel a");
    if (link && plain(event)) { // ag-grid tells of clicks too late to keep the browser from following the link
      event.preventDefault();
      go(link.href);
      return;
    }
    const button = event.target.closest("button");
    if (!button) return;
    clicks[button.id]?.();
    if (button.dataset.form) download([...b.chosen], button.dataset.form);
    if (button.dataset.opens) {
      setProps("embryos-next", { data: null });
      setProps(button.dataset.opens, { is_open: true });
    }
    if (button.dataset.closes) setProps(button.dataset.closes, { is_open: false });
  });
  for (const type of ["focus", "visibilitychange"]) {
    on(type === "focus" ? window : document, type, () => alive() && !document.hidden && refresh());
  }
  new ResizeObserver(() => alive() && fitColumns()).observe(byId("embryo-grid"));
  hints(on);

  here.grid.addEventListener("cellClicked", ({ column, data, event }) => {
    const elsewhere = !data || column.getColId() === "choose" || event.target.closest("a") || String(getSelection());
    if (!elsewhere && plain(event)) open(data.id);
  });
  here.grid.addEventListener("cellKeyDown", ({ data, event, rowIndex }) => {
    if (!data) return;
    if (event.key === "Enter") open(data.id);
    else if (event.key === " ") choose(data.id, rowIndex, event.shiftKey);
    else return;
    event.preventDefault();
  });
}

function fitColumns() {
  const width = byId("embryo-grid").clientWidth;
  const shown = columnsAt(width);
  const rowHeight = width < TWO_LINES ? 52 : 36;
  if (page.grid.getGridOption("rowHeight") !== rowHeight) page.grid.setGridOption("rowHeight", rowHeight);
  page.grid.setColumnsVisible(COLUMNS.filter((column) => shown.includes(column)), true);
  page.grid.setColumnsVisible(COLUMNS.filter((column) => !shown.includes(column)), false);
}

/** The whole sentence behind a short word, on hover and when its cell has the focus. */
function hints(on) {
  const box = byId("embryos-hint");
  function show(element) {
    const words = element?.matches?.("[data-hint]") ? [element] : [...(element?.querySelectorAll?.("[data-hint]") ?? [])];
    box.hidden = !words.length;
    document.querySelector("[aria-describedby=embryos-hint]")?.removeAttribute("aria-describedby");
    if (!words.length) return;
    element.setAttribute("aria-describedby", "embryos-hint");
    box.replaceChildren(...words.map((word) => Object.assign(document.createElement("p"), { textContent: word.dataset.hint })));
    const at = words[0].getBoundingClientRect();
    box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - box.offsetWidth - 8))}px`;
    box.style.top = `${at.bottom + 6 + box.offsetHeight > innerHeight ? at.top - box.offsetHeight - 6 : at.bottom + 6}px`;
  }
  on(document, "mouseover", ({ target }) => show(target.closest?.(".ag-cell, [data-hint]")));
  on(document, "focusin", ({ target }) => show(target.closest?.(".ag-cell, [data-hint]")));
  on(document, "keydown", ({ key }) => key === "Escape" && show(null));
  document.addEventListener("scroll", () => show(null), { capture: true, passive: true, signal: page.gone.signal });
}
