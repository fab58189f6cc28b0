/**
 * Several embryos with one clock: which moment of one is which of another. Pure.
 *
 * An embryo here is {tracks, timeline, clock}; `clock` is the pose's, {zero (minute of the recording), rate
 * (developmental minutes a minute of recording)}, or null. `match` says what makes two moments the same:
 * "minutes" (of the recording), "development" (minutes after the birth of ABal, at each embryo's own rate), "count"
 * (as many nuclei), or a cell: minutes since its division.
 */

const EDGE = 1e-6; // frames: what rounding may add at either end of a recording

export const MATCHES = ["minutes", "development", "count"];

/** "matched by …", for a screen. */
export function matchWords(match) {
  return {
    minutes: "minutes of the recording",
    development: "developmental minutes",
    count: "cell count",
  }[match] ?? `minutes since the division of ${match}`;
}

/**
 * The frame at which daughters of the cell called `name` are first seen, following her without a gap (as
 * facts.mjs counts a division); null where that isn't seen.
 */
export function divisionFrame(tracks, name) {
  const cell = tracks.names.indexOf(name);
  if (cell < 0) return null;
  const last = tracks.firstRow[cell + 1] - 1;
  const seen = tracks.daughters[cell].some((daughter) => tracks.previous[tracks.firstRow[daughter]] === last);
  return seen && tracks.time[last] + 1 > tracks.startFrame ? tracks.time[last] + 1 : null;
}

/**
 * The count of nuclei as a curve that only rises: the frames at which there are more than ever before, and how
 * many. Counts waver (a nucleus is lost for a frame, tracking stops near the end), and then one count would mean
 * many moments; the first moment of each count is one. {frames: number[], counts: number[]}, both rising.
 */
export function rises(tracks) {
  const frames = [];
  const counts = [];
  for (let frame = tracks.startFrame; frame <= tracks.lastFrame; frame += 1) {
    const count = tracks.countAt(frame);
    if (count > (counts.at(-1) ?? 0)) {
      frames.push(frame);
      counts.push(count);
    }
  }
  return { frames, counts };
}

/** y at x on the straight lines through rising `xs` and their `ys`; null outside of them. */
function between(xs, ys, x) {
  if (xs.length === 0 || x < xs[0] - EDGE || x > xs.at(-1) + EDGE) return null;
  let [low, high] = [0, xs.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle;
    else high = middle;
  }
  if (low === high) return ys[low];
  const share = Math.min(Math.max((x - xs[low]) / (xs[high] - xs[low]), 0), 1);
  return ys[low] + share * (ys[high] - ys[low]);
}

/**
 * How moments of `first` are found in `other`: {frame(frame), why}. `frame` turns a frame of the first (with its
 * fraction) into the other's, null where the other has no such moment; `why` says so where it never has one.
 */
export function matched(first, other, match) {
  if (match === "count") return byCount(first, other);
  if (match === "minutes") return byMinutes(first, other, [0, 1], [0, 1]);
  const [here, there] = [zeroOf(first, match), zeroOf(other, match)];
  if (here && there) return byMinutes(first, other, here, there);
  const which = here ? "this embryo" : "the first embryo";
  const why = match === "development"
    ? `The developmental clock of ${which} isn't known`
    : `The division of ${match} isn't seen in ${which}`;
  return { frame: () => null, why };
}

/** [minute of the recording that is zero, minutes counted a minute of recording], or null. */
function zeroOf({ tracks, timeline, clock }, match) {
  if (match === "development") return Number.isFinite(clock?.zero) && clock.rate > 0 ? [clock.zero, clock.rate] : null;
  const frame = divisionFrame(tracks, match);
  return frame === null ? null : [timeline.minutes(frame), 1];
}

function byMinutes(first, other, [zero, rate], [otherZero, otherRate]) {
  const { startFrame, lastFrame } = other.tracks;
  const [begin, end] = [startFrame, lastFrame].map((frame) => other.timeline.minutes(frame));
  return {
    why: "",
    frame(frame) {
      const minutes = otherZero + ((first.timeline.minutes(frame) - zero) * rate) / otherRate;
      if (minutes < begin - EDGE || minutes > end + EDGE) return null;
      return Math.min(Math.max(other.timeline.frame(minutes), startFrame), lastFrame);
    },
  };
}

function byCount(first, other) {
  const [here, there] = [rises(first.tracks), rises(other.tracks)];
  return {
    why: "",
    frame(frame) {
      const count = between(here.frames, here.counts, frame);
      return count === null ? null : between(there.counts, there.frames, count);
    },
  };
}
