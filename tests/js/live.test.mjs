import assert from "node:assert/strict";
import { test } from "node:test";

import { arrangement, extension, formOf, lossTitle, marks, whole } from "../../assets/modules/curves.mjs";
import { follow, Gone, Lost } from "../../assets/modules/follow.mjs";
import { epochSeconds, MetricRows, places, smoothed } from "../../assets/modules/metric_rows.mjs";
import { about, duration, stateParts } from "../../assets/modules/run_words.mjs";

const TAGS = ["loss/train", "loss/validation", "learning_rate"];
const loss = (epoch) => 2 / epoch;

/** Rows of epochs first..last, numbered from `seq`. */
function epochs(first, last, seq = (first - 1) * TAGS.length) {
  const rows = [];
  for (let epoch = first; epoch <= last; epoch += 1) {
    for (const tag of TAGS) rows.push({ seq: (seq += 1), epoch, tag, value: loss(epoch), wall: 1000 + 2 * epoch });
  }
  return rows;
}
const answer = (rows, generation = 0) => ({ generation, rows, next: rows.at(-1)?.seq ?? 0 });
const drawnEpochs = (rows, tag = "loss/train") => rows.of(tag).map((row) => row.epoch);

test("rows come once, whatever comes twice", () => {
  const rows = new MetricRows();
  assert.equal(rows.take(answer(epochs(1, 2)), 0).kind, "extend");
  assert.equal(rows.take(answer(epochs(1, 2)), 0).kind, "nothing");
  const { kind, added } = rows.take(answer(epochs(2, 3)), 3);
  assert.equal(kind, "extend");
  assert.deepEqual(added.get("loss/train").map((row) => row.epoch), [3]);
  assert.deepEqual(drawnEpochs(rows), [1, 2, 3]);
  assert.equal(rows.next, 9);
});

test("a raised generation begins anew", () => {
  const rows = new MetricRows();
  rows.take(answer(epochs(1, 5)), 0);
  assert.equal(rows.take(answer(epochs(4, 4, 100_000), 1), rows.next).kind, "ask");
  assert.equal(rows.next, 0);
  assert.equal(rows.take(answer(epochs(1, 5), 0), 0).kind, "nothing", "an old answer from a cache");
  const kept = [...epochs(1, 3), ...epochs(4, 4, 100_000)];
  assert.equal(rows.take(answer(kept, 1), 0).kind, "extend");
  assert.deepEqual(drawnEpochs(rows), [1, 2, 3, 4]);
});

test("a raised generation in an answer to 0 is taken as it is", () => {
  const rows = new MetricRows();
  assert.equal(rows.take(answer(epochs(1, 2), 3), 0).kind, "redraw");
  assert.deepEqual(drawnEpochs(rows), [1, 2]);
});

test("the best epoch is the first of lowest validation loss; a loss that is no number is none", () => {
  const rows = new MetricRows();
  const values = [3, null, 1, 2, 1];
  rows.take(answer(values.map((value, i) => ({ seq: i + 1, epoch: i + 1, tag: "loss/validation", value, wall: 0 }))), 0);
  assert.equal(rows.best().epoch, 3);
  assert.equal(new MetricRows().best(), null);
});

test("smoothing: weight 0 changes nothing, a constant stays, null is passed over", () => {
  assert.deepEqual(smoothed([1, 5, 2], 0), [1, 5, 2]);
  for (const value of smoothed([4, 4, 4], 0.9)) assert.ok(Math.abs(value - 4) < 1e-12);
  const [first, gap, second] = smoothed([1, null, 3], 0.5);
  assert.equal(first, 1);
  assert.equal(gap, null);
  assert.ok(Math.abs(second - (0.25 * 1 + 0.5 * 3) / 0.75) < 1e-12);
});

test("the time axis counts minutes since the start, and an epoch's length ignores a break", () => {
  assert.deepEqual(places([{ epoch: 4, wall: 160 }], "time", 100), [1]);
  assert.deepEqual(places([{ epoch: 4, wall: 160 }], "epoch", 100), [4]);
  const walls = [0, 2, 4, 600, 602, 604].map((wall) => ({ wall }));
  assert.equal(epochSeconds(walls), 2);
  assert.equal(epochSeconds([{ wall: 1 }]), null);
});

test("durations and counts as people say them", () => {
  assert.deepEqual([0.3, 42, 200, 3599, 7500, null].map(duration), ["under 1 s", "42 s", "3 min 20 s", "60 min", "2 h 5 min", ""]);
  assert.deepEqual([48_731, 999, 0.4].map(about), ["48,700", "999", "0"]);
});

const running = { state: "running", epoch: 3, epochs: 10, started: 1000, finished: null, phase: "", device: "CPU" };

test("the state line tells epoch, time left, throughput and device", () => {
  const rows = new MetricRows();
  rows.take(answer(epochs(1, 3)), 0);
  assert.deepEqual(stateParts(running, rows, { trainRows: 1000 }), ["epoch 3 of 10", "about 14 s left", "500 rows/s", "CPU"]);
  assert.deepEqual(stateParts({ ...running, state: "queued", epoch: 0 }, new MetricRows(), { queue: 2 }), ["second in line"]);
  assert.match(stateParts({ ...running, state: "queued", epoch: 0 }, new MetricRows(), { queue: 1, runner: false })[0], /no runner/);
  assert.deepEqual(stateParts({ ...running, state: "done", epoch: 10, finished: 1072 }, rows), ["10 epochs", "in 1 min 12 s", "CPU"]);
});

const traces = [
  { meta: { tag: "loss/train", twin: true } },
  { meta: { tag: "loss/train", twin: true, smooth: true } },
  { meta: { tag: "learning_rate" } },
];

for (const smoothing of [0, 0.6]) {
  test(`growing piece by piece draws what drawing all at once draws (smoothing ${smoothing})`, () => {
    const view = { axis: "time", smoothing, started: 1000 };
    const rows = new MetricRows();
    const drawn = traces.map(() => ({ x: [], y: [] }));
    for (const piece of [epochs(1, 1), epochs(2, 4), epochs(5, 5)]) {
      const { added } = rows.take(answer(piece), rows.next);
      const { update, numbers } = extension(traces, rows, added, view);
      numbers.forEach((trace, i) => {
        drawn[trace].x.push(...update.x[i]);
        drawn[trace].y.push(...update.y[i]);
      });
    }
    const all = whole(traces, rows, view);
    assert.deepEqual(drawn.map(({ x }) => x), all.x);
    assert.deepEqual(drawn.map(({ y }) => y), all.y);
    assert.equal(all.x[0].length, 5);
    assert.deepEqual(all.visible, [true, smoothing > 0, true]);
    assert.deepEqual(all.opacity.map((o) => o < 1), [smoothing > 0, false, false]);
  });
}

test("panels share one time axis and stand side by side, under each other, or as a strip", () => {
  const view = { axis: "epoch", log: true, epochs: 20 };
  assert.equal(arrangement("wide", view)["yaxis.type"], "log");
  assert.equal(arrangement("wide", view)["yaxis3.type"], undefined, "scores have no log axis");
  assert.ok(arrangement("wide", view)["xaxis.domain"][1] < arrangement("wide", view)["xaxis2.domain"][0]);
  assert.ok(arrangement("narrow", view)["yaxis.domain"][0] > arrangement("narrow", view)["yaxis2.domain"][1]);
  assert.ok(arrangement("strip", view).height < 200);
  assert.deepEqual([formOf(1000, false), formOf(1000, true), formOf(390, false), formOf(390, true)], ["wide", "strip", "narrow", "stack"]);
});

test("the best epoch and the majority are marked", () => {
  const shapes = marks({ epoch: 7, wall: 1014 }, 0.68, { axis: "epoch", over: true }, { quiet: "#111", text: "#222" });
  assert.deepEqual(shapes.map((shape) => shape.xref), ["x", "x2", "x3", "x3 domain"]);
  assert.equal(shapes[0].x0, 7);
  assert.match(lossTitle({ epoch: 7 }, { over: true }, { quiet: "#111" }), /best: epoch 7/);
  assert.match(lossTitle({ epoch: 7 }, { over: false }, { quiet: "#111" }), /best so far: epoch 7/);
  assert.equal(shapes[3].y0, 0.68);
});

/** A run on a server that loses answers, restarts and holds old answers, as a plain program. */
function world(script) {
  const seen = { drawn: [], runs: [], lost: 0, found: 0, redrawn: 0, waits: [] };
  let asked = 0;
  const source = {
    metrics: async (after) => script.metrics(after, (asked += 1)),
    run: async () => script.run(asked),
  };
  const screen = {
    extend: (rows, added) => seen.drawn.push(...(added.get("loss/train") ?? []).map((row) => row.epoch)),
    redraw: (rows) => { seen.redrawn += 1; seen.drawn = drawnEpochs(rows); },
    run: (run) => seen.runs.push(run.state),
    lost: () => { seen.lost += 1; },
    found: () => { seen.found += 1; },
    hurried: () => script.hurried?.(asked) ?? false,
  };
  const signal = script.signal ?? new AbortController().signal;
  return { seen, go: () => follow(source, screen, { signal, wait: async (ms) => seen.waits.push(ms), now: () => 0 }) };
}

test("a run is followed to its end, lost answers leave no gap and no double", async () => {
  const all = epochs(1, 6);
  const { seen, go } = world({
    metrics: async (after, asked) => {
      if (asked === 2 || asked === 3) throw new Lost("broken off");
      const upTo = Math.min(asked, 6) * TAGS.length;
      return answer(all.filter((row) => row.seq > after && row.seq <= upTo));
    },
    run: (asked) => ({ state: asked >= 6 ? "done" : "running" }),
  });
  assert.equal(await go(), "done");
  assert.deepEqual(seen.drawn, [1, 2, 3, 4, 5, 6]);
  assert.deepEqual([seen.lost, seen.found], [2, 1]);
  assert.equal(seen.runs.at(-1), "done");
  assert.deepEqual(seen.waits.slice(1, 3), [1010, 2020], "it waits longer while nothing answers");
});

test("rows that came while the answer after a raised generation was lost are drawn anew", async () => {
  const { seen, go } = world({
    metrics: async (after, asked) => {
      if (asked === 1) return answer(epochs(1, 5));
      if (asked === 3) throw new Lost("broken off");
      const kept = [...epochs(1, 3), ...epochs(4, 6, 100_000)];
      return answer(kept.filter((row) => row.seq > after), 1);
    },
    run: (asked) => ({ state: asked >= 4 ? "done" : "running" }),
  });
  await go();
  assert.deepEqual(seen.drawn, [1, 2, 3, 4, 5, 6]);
  assert.equal(seen.redrawn, 1);
});

test("last rows that a cache held back are fetched before it stops", async () => {
  let stale = 0;
  const { seen, go } = world({
    metrics: async (after) => ((stale += 1) < 3 ? answer([]) : answer(epochs(1, 2).filter((row) => row.seq > after))),
    run: () => ({ state: "done" }),
  });
  await go();
  assert.deepEqual(seen.drawn, [1, 2]);
});

test("it ends when the run is gone and when the reader leaves, and a fault of ours is not called a lost answer", async () => {
  const gone = world({ metrics: async () => { throw new Gone("x"); }, run: () => ({ state: "running" }) });
  assert.equal(await gone.go(), "gone");
  const controller = new AbortController();
  const left = world({
    signal: controller.signal,
    metrics: async () => { controller.abort(); return answer([]); },
    run: () => ({ state: "running" }),
  });
  assert.equal(await left.go(), "left");
  assert.deepEqual(left.seen.runs, []);
  const faulty = world({ metrics: async () => { throw new TypeError("ours"); }, run: () => ({ state: "running" }) });
  await assert.rejects(faulty.go(), TypeError);
});

test("a reader who waits for a cancel is told quickly", async () => {
  const { seen, go } = world({
    metrics: async () => answer([]),
    run: (asked) => ({ state: asked > 3 ? "cancelled" : "running" }),
    hurried: () => true,
  });
  assert.equal(await go(), "cancelled");
  assert.ok(seen.waits.slice(0, 3).every((ms) => ms === 250));
});

test("the table of runs: what it asks for, and what a narrow one leaves out", async () => {
  const { counted, hiddenAt, queryOf, sortOf } = await import("../../assets/modules/runs_table.mjs");
  assert.equal(queryOf({ q: "a b", state: "", from: "0" }), "q=a+b&from=0");
  assert.equal(sortOf([{ colId: "accuracy", sort: "desc" }, { colId: "name", sort: "asc" }]), "accuracy:desc,name:asc");
  assert.deepEqual([1, 1234].map(counted), ["1 run", "1,234 runs"]);
  assert.deepEqual(hiddenAt(400, ["name", "curve", "accuracy"]), ["curve", "accuracy"]);
  assert.deepEqual(hiddenAt(1400, ["name", "curve", "accuracy"]), []);
});

test("runs laid over each other: each run's traces get its own points", async () => {
  const { arrangement: panels, pointsOf } = await import("../../assets/modules/compare.mjs");
  const rows = new MetricRows();
  rows.take(answer(epochs(1, 2)), 0);
  const both = [{ meta: { run: "a", tag: "loss/validation" } }, { meta: { run: "b", tag: "loss/validation" } }];
  const { numbers, update } = pointsOf(both, "b", rows, { axis: "epoch" }, 0);
  assert.deepEqual(numbers, [1]);
  assert.deepEqual(update, { x: [[1, 2]], y: [[2, 1]], mode: ["lines"] });
  assert.ok(panels(390, { axis: "epoch" }).height > panels(1200, { axis: "epoch" }).height);
});

test("a page that nobody sees asks nothing until it is seen again, and a reader who leaves isn't waited for", async () => {
  const { seen } = await import("../../assets/modules/live.mjs");
  globalThis.document = Object.assign(new EventTarget(), { hidden: true });
  const { signal } = new AbortController();
  let over = false;
  const waited = seen(1, signal).then(() => { over = true; });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(over, false);
  document.hidden = false;
  document.dispatchEvent(new Event("visibilitychange"));
  await waited;
  const leaving = new AbortController();
  const left = seen(60_000, leaving.signal);
  leaving.abort();
  await left;
  delete globalThis.document;
});
