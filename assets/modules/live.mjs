/* One run's page: follows the run and draws what comes. The layout comes from pages/run.py. */

import { Curves } from "./curves.mjs";
import { FINAL, follow, Gone, Lost } from "./follow.mjs";
import { MetricRows } from "./metric_rows.mjs";
import { number, stateParts, STATE_WORDS } from "./run_words.mjs";

const api = (path) => window.blastoscope.address(path);
let leave = null; // ends what the page before this one followed

/** Answers JSON; throws `Gone` for 404 and `Lost` where no answer came or none that can be used. */
export async function ask(path, options) {
  const response = await fetch(api(path), options).catch((error) => {
    throw new Lost(error.message);
  });
  if (response.status === 404) throw new Gone(path);
  if (!response.ok) throw new Lost(`answer ${response.status}`);
  return response.json().catch((error) => {
    throw new Lost(error.message);
  });
}

/** Resolves after `ms` and when the page can be seen, at once when `signal` aborts. */
export function seen(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      if (document.hidden && !signal.aborted) return;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(() => {
      document.addEventListener("visibilitychange", done);
      done();
    }, ms);
    signal.addEventListener("abort", done);
  });
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function viewOfAddress() {
  const query = new URLSearchParams(location.search);
  const smoothing = Number(query.get("smoothing"));
  return {
    axis: query.get("x") === "time" ? "time" : "epoch",
    log: query.get("log") === "1",
    smoothing: smoothing > 0 && smoothing < 1 ? smoothing : 0,
  };
}

function viewToAddress(view) {
  const address = new URL(location.href);
  const put = (name, value) => (value ? address.searchParams.set(name, value) : address.searchParams.delete(name));
  put("x", view.axis === "time" ? "time" : "");
  put("log", view.log ? "1" : "");
  put("smoothing", view.smoothing ? String(view.smoothing) : "");
  history.replaceState(history.state, "", address);
}

/** Follow the run of `page` ({id, figure, run, facts, folded}) until it is over or the reader leaves. */
export function mount(page) {
  leave?.abort();
  leave = new AbortController();
  new RunScreen(page, leave).start();
  return null;
}

class RunScreen {
  constructor(page, controller) {
    this.page = page;
    this.controller = controller;
    this.signal = controller.signal;
    this.run_ = page.run;
    this.rows = new MetricRows();
    this.aside = { queue: null, runner: true, facts: page.facts };
    this.cameAt = performance.now();
    this.logged = 0;
    this.at = (id) => document.getElementById(id);
  }

  start() {
    const { run } = this.page;
    const over = FINAL.has(run.state);
    const view = { ...viewOfAddress(), strip: run.state === "done", over, epochs: run.epochs, started: run.started ?? run.created };
    this.curves = new Curves(this.at("run-curves"), this.page.figure, view);
    this.curves.majority(this.page.facts?.majority ?? null);
    this.controls();
    this.run(run, this.rows);
    const own = this.at("run-curves");
    const left = setInterval(() => own.isConnected || this.controller.abort(), 500);
    this.signal.addEventListener("abort", () => {
      clearInterval(left);
      this.curves.close();
    });
    const source = {
      run: async () => {
        const [found] = await Promise.all([ask(`/api/v1/runs/${this.page.id}`), this.askAside()]);
        return found;
      },
      metrics: (after) => ask(`/api/v1/runs/${this.page.id}/metrics?after=${after}`),
    };
    const wait = (ms) => Promise.race([seen(ms, this.signal), new Promise((wake) => { this.wake = wake; })]);
    follow(source, this, { signal: this.signal, wait }).then((end) => this.end(end));
  }

  // ---- what the loop calls

  extend(rows, added) {
    this.rows = rows;
    this.cameAt = performance.now();
    this.curves.extend(rows, added);
  }

  redraw(rows) {
    this.rows = rows;
    this.cameAt = performance.now();
    this.curves.redraw(rows);
  }

  run(run, rows) {
    if (run.started && this.curves.view.started !== run.started) {
      this.curves.view.started = run.started;
      if (this.curves.view.axis === "time") this.curves.redraw(rows);
    }
    this.run_ = run;
    this.at("run-curves").classList.toggle("curves-empty", !rows.last("loss/train"));
    this.stateLine(rows);
    this.numbers(rows);
    this.at("run-cancel").hidden = FINAL.has(run.state);
    if (FINAL.has(run.state) && !this.curves.view.over) this.curves.look({ over: true, strip: run.state === "done" }, rows);
    if (FINAL.has(run.state)) this.foldButton();
  }

  lost() {
    this.at("run-connection").textContent = "No answer from the server. Trying again …";
  }

  found() {
    this.at("run-connection").textContent = "";
  }

  hurried() {
    return Boolean(this.cancelling);
  }

  end(state) {
    if (state === "gone") {
      this.at("run-state").replaceChildren(element("span", "run-word run-word-cancelled", "Deleted"));
      for (const id of ["run-progress", "run-cancel", "run-delete"]) this.at(id).hidden = true;
      window.dash_clientside.set_props("run-over", { data: "gone" });
    } else if (state !== "left") {
      this.askAside(true).catch(() => {});
      if (FINAL.has(this.page.run.state)) return; // the page came with its report
      window.dash_clientside.set_props("run-over", { data: state });
      window.blastoscope.countRuns();
    }
  }

  // ---- what is shown

  stateLine(rows) {
    const { run_: run } = this;
    const parts = stateParts(run, rows, {
      queue: this.aside.queue,
      runner: this.aside.runner,
      trainRows: this.aside.facts?.train_rows ?? null,
      waited: (performance.now() - this.cameAt) / 1000,
      cancelling: this.cancelling || this.aside.cancelling,
    });
    const text = [STATE_WORDS[run.state], ...parts].join("\n");
    if (text !== this.said) {
      this.said = text;
      this.at("run-state").replaceChildren(
        element("span", `run-word run-word-${run.state}`, STATE_WORDS[run.state]),
        ...parts.map((part) => element("span", "state-part", part)),
      );
    }
    const bar = this.at("run-progress");
    const share = run.state === "done" ? 1 : Math.max(run.epoch, rows.last("loss/train")?.epoch ?? 0) / run.epochs;
    bar.hidden = FINAL.has(run.state);
    bar.firstElementChild.style.width = `${(100 * share).toFixed(1)}%`;
    bar.setAttribute("aria-valuenow", Math.round(100 * share));
  }

  numbers(rows) {
    const box = this.at("run-numbers");
    const best = rows.best();
    const done = this.run_.state === "done";
    box.hidden = done || !best;
    if (box.hidden) return;
    const at = (tag) => rows.of(tag).find((row) => row.epoch === best.epoch)?.value;
    const told = [
      ["validation loss", best.value],
      ["accuracy", at("accuracy/validation")],
      ["balanced accuracy", at("balanced_accuracy/validation")],
      ["macro-F1", at("macro_f1/validation")],
      ["majority", this.aside.facts?.majority],
    ];
    const line = element("p", "run-numbers-title", `On validation, at the best epoch${FINAL.has(this.run_.state) ? "" : " so far"} (${best.epoch})`);
    if (this.run_.inflated) {
      const word = element("span", "warning-word", "inflated");
      word.title = this.run_.inflated;
      line.append(" ", word);
    }
    const list = element("dl", "run-numbers-list");
    for (const [name, value] of told) {
      const pair = element("div", "");
      pair.append(element("dt", "", name), element("dd", "", number(value)));
      list.append(pair);
    }
    box.replaceChildren(line, list);
  }

  async askAside(last = false) {
    const open = this.at("run-log")?.open;
    const needed = this.run_.state === "queued" || !this.aside.facts || open || this.cancelling;
    if (!needed && !last) return;
    const found = await ask(`/runs/${this.page.id}/aside?after=${open ? this.logged : -1}`);
    this.aside = found;
    if (found.facts) this.curves.majority(found.facts.majority ?? null);
    const lines = this.at("run-log-lines");
    for (const row of found.rows) {
      if (row.seq <= this.logged) continue;
      this.logged = row.seq;
      const time = new Date(row.wall * 1000).toLocaleTimeString("en-GB");
      lines.append(`${time}  ${row.text}\n`);
    }
  }

  // ---- what the reader does

  controls() {
    const on = (id, event, act) => this.at(id).addEventListener(event, act, { signal: this.signal });
    const log = this.at("curves-log");
    const time = this.at("curves-time");
    const smoothing = this.at("curves-smoothing");
    const show = () => {
      const { view } = this.curves;
      log.setAttribute("aria-pressed", String(view.log));
      time.setAttribute("aria-pressed", String(view.axis === "time"));
      if (Number(smoothing.value) !== view.smoothing) smoothing.value = view.smoothing;
      viewToAddress(view);
    };
    const look = (change) => {
      this.curves.look(change, this.rows);
      show();
    };
    on("curves-log", "click", () => look({ log: !this.curves.view.log }));
    on("curves-time", "click", () => look({ axis: this.curves.view.axis === "time" ? "epoch" : "time" }));
    on("curves-smoothing", "input", () => look({ smoothing: Number(smoothing.value) }));
    on("curves-fold", "click", () => {
      this.curves.look({ strip: !this.curves.view.strip }, this.rows);
      this.foldButton();
    });
    on("run-log", "toggle", () => this.askAside().catch(() => {}));
    on("run-cancel", "click", () => this.cancel());
    on("run-delete", "click", () => remove([this.page.id], () => {
      window.dash_clientside.set_props("run-go", { href: api("/runs") });
    }));
    show();
    this.at("run-log-lines").textContent = "";
  }

  foldButton() {
    const button = this.at("curves-fold");
    button.hidden = !FINAL.has(this.run_.state);
    button.textContent = this.curves.view.strip ? "Larger curves" : "Smaller curves";
    this.at("curves-controls").hidden = this.curves.view.strip;
    this.at("run-curves-panel").classList.toggle("curves-folded", this.curves.view.strip);
  }

  async cancel() {
    const button = this.at("run-cancel");
    this.cancelling = true;
    button.disabled = true;
    this.stateLine(this.rows);
    try {
      await ask(`/api/v1/runs/${this.page.id}/cancel`, { method: "POST" });
      this.wake?.(); // ask now, not at the next tick
    } catch (error) {
      this.cancelling = false;
      button.disabled = false;
      this.stateLine(this.rows);
      window.blastoscope.toast("The run couldn’t be cancelled: the server didn’t answer. Try again.");
    }
  }
}

/** Delete runs, offer an undo, and call `then` when they are gone from view. */
export async function remove(ids, then) {
  const send = (path) => ask(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ids }),
  });
  try {
    const { count } = await send("/runs/delete");
    then();
    window.blastoscope.toast(count === 1 ? "The run is deleted." : `${count} runs are deleted.`, {
      label: "Undo",
      run: () => send("/runs/restore").then(
        () => {
          window.blastoscope.toast(count === 1 ? "The run is back." : `${count} runs are back.`);
          window.dispatchEvent(new CustomEvent("runschange"));
        },
        () => window.blastoscope.toast("That didn’t work: the server didn’t answer."),
      ),
    });
  } catch {
    window.blastoscope.toast("Nothing was deleted: the server didn’t answer.");
  }
}
