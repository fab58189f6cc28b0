/* A run's metric rows as they arrive: each once, in order, whatever gets lost or comes twice. No page in here. */

export class MetricRows {
  constructor() {
    this.begin(0);
  }

  begin(generation) {
    this.generation = generation;
    this.next = 0;
    this.byTag = new Map();
  }

  /**
   * Take the answer that was asked with `after`. What follows from it:
   * "ask"     rows were dropped since: ask again from `next`, which is 0 now;
   * "redraw"  the rows begin anew: draw all of them;
   * "extend"  draw the rows of `added` behind the others;
   * "nothing" no news, or an answer from an older generation that a cache still held.
   */
  take(answer, after) {
    const nothing = { kind: "nothing", added: new Map() };
    if (answer.generation < this.generation) return nothing;
    const anew = answer.generation > this.generation;
    if (anew) this.begin(answer.generation);
    if (anew && after !== 0) return { kind: "ask", added: new Map() };
    const added = new Map();
    for (const row of answer.rows) {
      if (row.seq <= this.next) continue;
      this.next = row.seq;
      for (const series of [this.byTag, added]) {
        if (!series.has(row.tag)) series.set(row.tag, []);
        series.get(row.tag).push(row);
      }
    }
    if (anew) return { kind: "redraw", added };
    return added.size ? { kind: "extend", added } : nothing;
  }

  of(tag) {
    return this.byTag.get(tag) ?? [];
  }

  last(tag) {
    return this.of(tag).at(-1);
  }

  /** The row of lowest validation loss, the first of equal ones. */
  best() {
    let best = null;
    for (const row of this.of("loss/validation")) {
      if (row.value !== null && (best === null || row.value < best.value)) best = row;
    }
    return best;
  }
}

/**
 * `values` as an exponential moving average that keeps `weight` (0 to below 1) of what came before, corrected
 * for its start. It looks back only, so a value that was drawn never changes; null stays null.
 */
export function smoothed(values, weight) {
  let sum = 0;
  let share = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    share = weight * share + (1 - weight);
    return sum / share;
  });
}

/** Where rows stand on the time axis: their epoch, or minutes since `started` (Unix seconds). */
export function places(rows, axis, started) {
  return rows.map((row) => (axis === "epoch" ? row.epoch : Math.max(0, row.wall - started) / 60));
}

/** Seconds of an epoch: the middle of the latest nine, so that a break or a slow start doesn't count. */
export function epochSeconds(rows) {
  const walls = rows.slice(-10).map((row) => row.wall);
  const steps = walls.slice(1).map((wall, i) => wall - walls[i]).sort((a, b) => a - b);
  return steps.length ? steps[Math.floor((steps.length - 1) / 2)] : null;
}
