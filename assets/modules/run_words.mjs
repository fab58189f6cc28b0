/* A run's state in words and numbers that people read. */

import { epochSeconds } from "./metric_rows.mjs";

export const STATE_WORDS = { queued: "Queued", running: "Running", done: "Done", failed: "Failed", cancelled: "Cancelled" };

/** Seconds as a person says them. */
export function duration(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) return "";
  const s = Math.max(0, seconds);
  if (s < 1) return "under 1 s";
  if (s < 59.5) return `${Math.round(s)} s`;
  const minutes = Math.floor(Math.round(s) / 60);
  if (minutes < 60) return minutes < 10 ? `${minutes} min ${Math.round(s) % 60} s` : `${Math.round(s / 60)} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A count with thin thousands; large ones rounded to three figures, as a speed is read. */
export function about(count) {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 2);
  return (Math.round(count / step) * step).toLocaleString("en");
}

/** A score or loss as it is read: .000 for scores' tables is three decimals. */
export function number(value, digits = 3) {
  return value === null || value === undefined || !Number.isFinite(value) ? "–" : value.toFixed(digits);
}

const places = ["", "next in line", "second in line", "third in line"];

/** The parts of the state line behind the state's own word. `waited`: seconds since the newest row came in. */
export function stateParts(run, rows, { queue = null, runner = true, trainRows = null, waited = 0, cancelling = false } = {}) {
  const losses = rows.of("loss/train");
  const epoch = Math.max(run.epoch, losses.at(-1)?.epoch ?? 0);
  const took = run.started && run.finished ? run.finished - run.started : null;
  if (run.state === "queued") {
    if (!runner) return ["no runner is alive, so nothing starts: see the server’s log"];
    return [places[queue] ?? (queue ? `number ${queue} in line` : "starts in a moment")];
  }
  if (run.state === "running") {
    if (cancelling) return ["stopping, its last checkpoint is kept"];
    if (!epoch) return [run.phase || "starting", run.device].filter(Boolean);
    const pace = epochSeconds(losses);
    const sure = pace === null ? null : Math.max(0, (run.epochs - epoch) * pace - Math.min(waited, pace));
    const left = sure > 60 ? Math.round(sure / 10) * 10 : sure; // an estimate: no seconds that jump about
    return [
      `epoch ${epoch} of ${run.epochs}`,
      epoch >= run.epochs ? "writing the report" : left === null ? "" : `about ${duration(left)} left`,
      pace && trainRows ? `${about(trainRows / pace)} rows/s` : "",
      run.device,
    ].filter(Boolean);
  }
  if (run.state === "failed") return [epoch ? `after ${epoch} of ${run.epochs} epochs` : "before its first epoch"];
  return [
    epoch === run.epochs ? `${epoch} epochs` : `${epoch} of ${run.epochs} epochs`,
    took === null ? "" : `in ${duration(took)}`,
    run.device,
  ].filter(Boolean);
}
