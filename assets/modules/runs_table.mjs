/* The page of all runs: rows on demand, fresh while something runs, some chosen to compare or delete. */

import { ask, remove, seen } from "./live.mjs";

const at = (id) => document.getElementById(id);
const BUSY = 2000; // ms between two looks while a run in sight waits or runs
const QUIET = 10_000; // else: somebody may start one
let leave = null;

/** What the table asks for, as the address keeps it; empty parts are left out. */
export function queryOf(view) {
  const query = new URLSearchParams(Object.entries(view).filter(([, value]) => value));
  return query.toString();
}

/** ag-grid's sort model as the server reads it. */
export function sortOf(model) {
  return model.map(({ colId, sort }) => `${colId}:${sort}`).join(",");
}

const ALWAYS = ["name", "state"];
const NARROW = 700; // px; below that a row's second line tells the score and what it was measured on
const ROW_PX = { one: 36, two: 52 };

/** Which columns are left out of a table of this width, px. */
export function hiddenAt(width, columns) {
  return width < NARROW ? columns.filter((column) => !ALWAYS.includes(column)) : [];
}

/** "1 run", "1,234 runs". */
export function counted(count) {
  return `${count.toLocaleString("en")} run${count === 1 ? "" : "s"}`;
}

export async function mount(config) {
  leave?.abort();
  leave = new AbortController();
  const { signal } = leave;
  const grid = await window.dash_ag_grid.getApiAsync("runs-grid");
  const view = { q: at("runs-search").value.trim(), state: at("runs-state").value };
  let active = true;
  const alive = () => !signal.aborted && !grid.isDestroyed() && at("runs-grid") !== null;

  async function getRows({ startRow, endRow, sortModel, successCallback, failCallback }) {
    const sort = sortOf(sortModel);
    try {
      const { rows, total } = await ask(`/run-rows?${queryOf({ ...view, sort, from: String(startRow), to: endRow })}`);
      if (!alive()) return;
      successCallback(rows, total);
      active = rows.some((row) => row.state === "running" || row.state === "queued");
      const all = !view.q && !view.state;
      at("runs-empty").hidden = !(all && total === 0);
      at("runs-table").hidden = all && total === 0;
      at("runs-found").textContent = all ? counted(total) : total ? `${counted(total)} found` : "No run matches";
      at("runs-trouble").textContent = "";
    } catch {
      failCallback();
      if (alive()) at("runs-trouble").textContent = "The runs can’t be listed: the server doesn’t answer. Trying again …";
    }
  }

  const refresh = () => alive() && grid.refreshInfiniteCache();
  const go = (path) => {
    history.pushState({}, "", window.blastoscope.address(path));
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  };
  const chosen = () => grid.getSelectedNodes().map((node) => node.id);

  function tellChosen() {
    const count = chosen().length;
    at("runs-bar").hidden = count === 0;
    at("runs-chosen").textContent = `${counted(count)} chosen`;
    at("runs-compare").disabled = count < 2 || count > config.most_compared;
    at("runs-compare").title = count > config.most_compared ? `At most ${config.most_compared} at a time` : count < 2 ? "Choose two or more" : "";
  }

  function changeView() {
    Object.assign(view, { q: at("runs-search").value.trim(), state: at("runs-state").value });
    const query = queryOf(view);
    history.replaceState(history.state, "", `${location.pathname}${query ? `?${query}` : ""}`);
    grid.purgeInfiniteCache();
  }

  const on = (target, event, act) => target.addEventListener(event, act, { signal });
  let typing = null;
  on(at("runs-search"), "input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => alive() && changeView(), 250);
  });
  on(at("runs-state"), "change", changeView);
  on(at("runs-clear"), "click", () => grid.deselectAll());
  on(at("runs-compare"), "click", () => go(`/compare?runs=${chosen().join(",")}`));
  on(at("runs-delete"), "click", () => remove(chosen(), () => {
    grid.deselectAll();
    refresh();
  }));
  on(window, "runschange", refresh);
  grid.addEventListener("selectionChanged", tellChosen);
  grid.addEventListener("rowClicked", ({ event, data }) => {
    if (data && !event.target.closest("a, input, .ag-selection-checkbox")) go(`/runs/${data.id}`);
  });
  on(at("runs-grid"), "click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    history.pushState({}, "", link.href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  });
  const columns = grid.getColumns().map((column) => column.getColId()).filter((id) => !id.startsWith("ag-Grid"));
  const fit = () => {
    const hidden = hiddenAt(at("runs-grid").clientWidth, columns);
    const height = hidden.length ? ROW_PX.two : ROW_PX.one;
    if (grid.getGridOption("rowHeight") !== height) {
      grid.setGridOption("rowHeight", height);
      grid.purgeInfiniteCache();
    }
    grid.setColumnsVisible(hidden, false);
    grid.setColumnsVisible(columns.filter((column) => !hidden.includes(column)), true);
  };
  const size = new ResizeObserver(() => alive() && fit());
  size.observe(at("runs-grid"));
  signal.addEventListener("abort", () => size.disconnect());
  grid.setGridOption("datasource", { getRows });
  (async () => {
    while (alive()) {
      await seen(active ? BUSY : QUIET, signal);
      refresh();
    }
  })();
  return null;
}
