/* Following one run from where it stands to its end. What asks, draws and waits is given, so tests need no page. */

import { MetricRows } from "./metric_rows.mjs";

export const FINAL = new Set(["done", "failed", "cancelled"]);
const TICK = 1010; // ms from one question to the next: just over the second that an answer may be held
const HURRIED = 250; // while the reader waits for a cancel
const CACHED = 1100; // an answer may be held for one second on its way
const RUN_EVERY = 2; // ticks between two questions for the run itself; its rows tell the epoch
const LONGEST = 10_000;

/** The run isn't there: deleted by somebody. */
export class Gone extends Error {}
/** No answer came, or none that can be read. The next one may. */
export class Lost extends Error {}

/**
 * Follow a run until it is over, gone or `signal` aborts; resolves with its last state, "gone" or "left".
 *
 * `source`: `run()` and `metrics(after)` answer JSON, or throw `Gone` or `Lost`. `screen`: `run(run, rows)`,
 * `extend(rows, added)`, `redraw(rows)`, `lost()`, `found()`, `hurried()`. `wait(ms)` resolves after that time
 * and when the page can be seen; `now()` is a clock in ms.
 */
export async function follow(source, screen, { signal, wait, now = () => performance.now() }) {
  const rows = new MetricRows();
  let anew = false; // rows were dropped; what is drawn is from before
  let run = null;
  let over = false;
  let lost = 0;

  async function news() {
    for (let asked = 0; asked < 3; asked += 1) {
      const after = rows.next;
      const answer = await source.metrics(after);
      if (signal.aborted) return false;
      const { kind, added } = rows.take(answer, after);
      if (kind === "ask" || kind === "redraw") anew = true;
      if (kind === "ask") continue;
      if (kind === "nothing") return false;
      if (anew) screen.redraw(rows);
      else screen.extend(rows, added);
      anew = false;
      return true;
    }
    return false;
  }

  for (let tick = 0; !signal.aborted; tick += 1) {
    const asked = now();
    try {
      const ending = rows.last("loss/train")?.epoch >= run?.epochs;
      const due = run?.state !== "running" || tick % RUN_EVERY === 0 || ending || screen.hurried();
      const [, found] = await Promise.all([news(), due ? source.run() : run]);
      run = found;
      if (signal.aborted) break;
      if (lost) screen.found();
      lost = 0;
      screen.run(run, rows);
      if (over) return run.state; // rows were asked for once more since its end was seen
      if (FINAL.has(run.state)) {
        over = true;
        await news(); // its last rows were written before its state
        await wait(CACHED);
        continue;
      }
    } catch (error) {
      if (error instanceof Gone) return "gone";
      if (!(error instanceof Lost)) throw error;
      lost += 1;
      if (!signal.aborted) screen.lost(error);
    }
    const pause = lost ? Math.min(TICK * 2 ** (lost - 1), LONGEST) : screen.hurried() ? HURRIED : TICK;
    await wait(Math.max(0, pause - (now() - asked))); // drawing takes time of its own
  }
  return "left";
}
