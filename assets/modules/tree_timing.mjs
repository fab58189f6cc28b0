/**
 * Divisions that come early, late or not at all, against the measured lineage (services/reference_lineage.csv:
 * medians over 66 EPIC and LIVE embryos, Murray et al. 2012; Murray lab). Pure.
 *
 * Times are compared as developmental minutes: minutes of the recording after the birth of ABal, times the rate
 * at which this embryo develops. A line that runs early hands that down to its daughters, so a division also
 * tells whether its own cell cycle is odd or only as odd as its mother's division was.
 */

export const SDS = 2.5; // of the reference: beyond so many a division is early or late,
export const LEAST_MIN = 5; // but not before so many developmental minutes,
export const MISSING_SDS = 4; // and missing when the cell is still followed so many sd past its time,
export const MISSING_MIN = 15; // but not before so many minutes

export const SOURCE = "timing compared with medians over 66 embryos (EPIC and LIVE; Murray et al. 2012, Murray lab)";
export const RULE = `Early or late: more than ${SDS} standard deviations, and at least ${LEAST_MIN} developmental minutes, `
  + `from the median. Missing: followed undivided for more than ${MISSING_SDS} standard deviations, and at least `
  + `${MISSING_MIN} minutes, past it.`;

export const KINDS = ["early", "late", "missing"];

/** Of a cell: its last row, and whether a daughter follows in the next frame or any is known at all. */
function endOf(tracks, cell) {
  const row = tracks.firstRow[cell + 1] - 1;
  const daughters = tracks.daughters[cell];
  return {
    frame: tracks.time[row],
    divides: daughters.some((daughter) => tracks.previous[tracks.firstRow[daughter]] === row),
    childless: daughters.length === 0,
  };
}

/**
 * The odd divisions in lineage order: [{cell, kind ("early", "late", "missing"), by (developmental minutes after
 * the median: negative is early), at (minute of the recording: of the division, or where the cell was last
 * seen), expected (the same of the reference), inherited (its mother's division was as odd)}].
 *
 * `reference` is an object, cell -> [division, sd] (developmental minutes of a mother's last frame; sd null where
 * one embryo told it); `clock` {zero, rate} as the pose has it. Without a zero nothing can be said: [].
 */
export function oddDivisions(tracks, timeline, reference, clock) {
  if (!clock || clock.zero === null) return [];
  const developmental = (minute) => (minute - clock.zero) * clock.rate;
  const differences = new Map(); // cell -> how much later it divided than the median
  const found = [];
  tracks.names.forEach((name, cell) => {
    if (!Object.hasOwn(reference, name)) return;
    const [division, sd] = reference[name];
    const { frame, divides, childless } = endOf(tracks, cell);
    if (!divides && !childless) return; // it divided while nobody followed it
    const by = developmental(timeline.minutes(frame)) - division;
    const least = divides ? Math.max(SDS * (sd ?? 0), LEAST_MIN) : Math.max(MISSING_SDS * (sd ?? 0), MISSING_MIN);
    if (divides) differences.set(cell, by);
    if (!(divides ? Math.abs(by) > least : by > least)) return;
    const mothers = differences.get(tracks.mothers[cell]);
    const at = timeline.minutes(divides ? frame + 1 : frame);
    found.push({
      cell,
      kind: divides ? (by < 0 ? "early" : "late") : "missing",
      by,
      at,
      expected: at - by / clock.rate,
      inherited: divides && mothers !== undefined && mothers * by > 0 && Math.abs(by - mothers) <= LEAST_MIN,
    });
  });
  return found;
}

const minutes = (value) => `${Math.round(Math.abs(value))} min`;

/** What is told of an odd division, without the cell's name. */
export function oddWords({ kind, by, at, expected, inherited }) {
  if (kind === "missing") {
    return `division missing: expected at ${Math.round(expected)} min, still undivided at ${Math.round(at)} min`;
  }
  const rest = inherited ? ", as its mother was" : "";
  return `divides ${minutes(by)} ${kind}, at ${Math.round(at)} min (expected ${Math.round(expected)})${rest}`;
}

/** "3 early, 1 late, 2 missing" of the ones given; "" for none. */
export function oddCounts(odd) {
  return KINDS.flatMap((kind) => {
    const count = odd.filter((each) => each.kind === kind).length;
    return count ? [`${count} ${kind}`] : [];
  }).join(", ");
}
