/**
 * What is told of a cell: birth, division, cell-cycle length, path, expression. Pure functions of tracks, a
 * timeline (clock.mjs) and a calibration {pixel_um, plane_um}.
 *
 * A cell is born at its first frame, and divides at the first frame of its daughters, so that its cycle runs
 * from one to the other. Either end counts as seen only where mother and daughter follow each other from one
 * frame to the next. Where an end wasn't seen the length is a lower bound, and the words say why.
 */

import { mother } from "./lineage.mjs";

/** Place of a row in µm: [x, y, z]. */
export function placeOf(tracks, calibration, row) {
  return [
    tracks.value("x", row) * calibration.pixel_um,
    tracks.value("y", row) * calibration.pixel_um,
    tracks.value("z", row) * calibration.plane_um,
  ];
}

/** Straight distance between two places. */
export const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/**
 * Facts of `cell`: name, mother (her name, "" for none), first and last frame; birth, division (minutes, null
 * where not seen), cycle (minutes) with cycleSeen; until (minute of the last frame); why (words on what
 * wasn't seen, "" when all was); path (µm, over all recorded steps); meanBlot, maxBlot.
 */
export function cellFacts(tracks, timeline, calibration, cell) {
  const rows = [tracks.firstRow[cell], tracks.firstRow[cell + 1] - 1];
  const [first, last] = rows.map((row) => tracks.time[row]);
  const bornHere = tracks.previous[rows[0]] >= 0;
  const divides = tracks.daughters[cell].some((daughter) => tracks.previous[tracks.firstRow[daughter]] === rows[1]);
  const [begin, until] = [timeline.minutes(first), timeline.minutes(last)];
  const division = divides ? timeline.minutes(last + 1) : null;
  return {
    cell,
    name: tracks.names[cell],
    mother: mother(tracks.names[cell]) ?? "",
    first,
    last,
    birth: bornHere ? begin : null,
    from: begin,
    until,
    division,
    cycle: (division ?? until) - begin,
    cycleSeen: bornHere && divides,
    why: whyNotSeen(tracks, first, last, bornHere, divides),
    path: pathLength(tracks, calibration, rows),
    ...expressionOf(tracks, "blot", rows),
  };
}

function whyNotSeen(tracks, first, last, bornHere, divides) {
  const words = [];
  if (!bornHere) words.push(first <= tracks.startFrame ? "born before the start" : "birth not tracked");
  if (!divides) words.push(last >= tracks.lastFrame ? "there at the end" : "no longer tracked");
  return words.join("; ");
}

function pathLength(tracks, calibration, [firstRow, lastRow]) {
  let length = 0;
  for (let row = firstRow + 1; row <= lastRow; row += 1) {
    length += distance(placeOf(tracks, calibration, row - 1), placeOf(tracks, calibration, row));
  }
  return length;
}

function expressionOf(tracks, measure, [firstRow, lastRow]) {
  let sum = 0;
  let most = -Infinity;
  for (let row = firstRow; row <= lastRow; row += 1) {
    const value = tracks.value(measure, row);
    sum += value;
    if (value > most) most = value;
  }
  return { meanBlot: sum / (lastRow - firstRow + 1), maxBlot: most };
}

const one = (value) => value.toFixed(1);

/** The columns of the table: {title, explanation, cell (text of a fact), csv: {name, value}[]}. */
export const COLUMNS = [
  {
    title: "Cell",
    explanation: "Sulston name",
    text: (fact) => fact.name,
    csv: { cell: (fact) => fact.name },
  },
  {
    title: "Cycle, min",
    explanation: "Cell-cycle length: from its birth to the birth of its daughters. ≥ where an end wasn't seen: "
      + "it lived at least so long.",
    text: (fact) => (fact.cycleSeen ? one(fact.cycle) : `≥ ${one(fact.cycle)}`),
    note: (fact) => fact.why,
    csv: {
      cycle_min: (fact) => one(fact.cycle),
      cycle_is: (fact) => (fact.cycleSeen ? "exact" : "at least"),
      not_seen: (fact) => fact.why,
    },
  },
  {
    title: "Birth",
    explanation: "Minute of the recording in which it is first seen; < where it was there before",
    text: (fact) => (fact.birth === null ? `< ${one(fact.from)}` : one(fact.birth)),
    csv: { birth_min: (fact) => (fact.birth === null ? "" : one(fact.birth)), first_seen_min: (fact) => one(fact.from) },
  },
  {
    title: "Division",
    explanation: "Minute of the recording in which its daughters are first seen; > where that isn't seen",
    text: (fact) => (fact.division === null ? `> ${one(fact.until)}` : one(fact.division)),
    csv: { division_min: (fact) => (fact.division === null ? "" : one(fact.division)), last_seen_min: (fact) => one(fact.until) },
  },
  {
    title: "Path, µm",
    explanation: "Length of its way in x, y and z, summed from frame to frame as recorded; jitter of the "
      + "tracking adds to it",
    text: (fact) => one(fact.path),
    csv: { path_um: (fact) => one(fact.path) },
  },
  {
    title: "blot, mean",
    explanation: "Mean over its frames of blot: reporter expression after background correction, arbitrary "
      + "units, may be negative",
    text: (fact) => Math.round(fact.meanBlot).toString(),
    csv: { mean_blot: (fact) => one(fact.meanBlot) },
  },
  {
    title: "max",
    explanation: "Largest blot of its frames",
    text: (fact) => Math.round(fact.maxBlot).toString(),
    csv: { max_blot: (fact) => String(fact.maxBlot) },
  },
  {
    title: "Mother",
    explanation: "The cell that divided into it",
    text: (fact) => fact.mother || "–",
    csv: { mother: (fact) => fact.mother },
  },
];

/** A field of a CSV file: text may not begin like a formula; numbers stay as they are. */
export function harmless(value) {
  const text = String(value);
  const guarded = /^[=+\-@\t\r]/.test(text) && !Number.isFinite(Number(text)) ? `'${text}` : text;
  return /[",\n\t]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** The facts as a table of text, one line a cell; `separator` "," for a CSV file, a tab for the clipboard. */
export function tableText(facts, separator = ",") {
  const columns = COLUMNS.flatMap((column) => Object.entries(column.csv));
  const lines = [columns.map(([name]) => name), ...facts.map((fact) => columns.map(([, value]) => value(fact)))];
  return lines.map((line) => line.map(harmless).join(separator)).join("\n") + "\n";
}
