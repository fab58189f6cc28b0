import { test } from "node:test";
import assert from "node:assert/strict";
import { Timeline } from "../../assets/modules/clock.mjs";
import { divisionFrame, matched, matchWords, rises } from "../../assets/modules/matching.mjs";
import { tiny, timeline } from "./tiny.mjs";

/** An embryo of which only the count of nuclei is known, from frame `start`, `minutes` a frame. */
function counted(counts, { start = 1, minutes = 1, clock = null } = {}) {
  const tracks = {
    startFrame: start, lastFrame: start + counts.length - 1, names: [], countAt: (frame) => counts[frame - start],
  };
  return { tracks, clock, timeline: new Timeline(start, counts.map((_, i) => i * minutes)) };
}

test("minutes of the recording, whatever the frames are called and however long they last", () => {
  const first = counted(new Array(11).fill(4), { start: 1, minutes: 1.5 });
  const other = counted(new Array(8).fill(4), { start: -2, minutes: 1 });
  const { frame } = matched(first, other, "minutes");
  assert.equal(frame(1), -2);
  assert.equal(frame(3), 1, "three minutes");
  assert.equal(frame(3.5), 1.75);
  assert.ok(Math.abs(frame(1 + 7 / 1.5) - 5) < 1e-9, "its last moment");
  assert.equal(frame(5.8), null, "the other ends at 7 minutes");
  assert.equal(frame(0), null, "and doesn't begin before its first frame");
});

test("developmental minutes go by zero and rate of each clock", () => {
  const first = counted(new Array(21).fill(4), { clock: { zero: 4, rate: 1 } });
  const other = counted(new Array(31).fill(4), { clock: { zero: 10, rate: 0.5 } });
  const { frame } = matched(first, other, "development");
  assert.equal(frame(5), 11, "minute 4 of the first is its zero; the other's is minute 10, frame 11");
  assert.equal(frame(8), 17, "three developmental minutes are six of a slow embryo");
  assert.equal(frame(1), 3, "and so before zero: four are eight");
  assert.equal(frame(16), null, "22 minutes on, past the other's end");
  const unknown = matched(first, counted([4, 4], { clock: { zero: null, rate: 1 } }), "development");
  assert.equal(unknown.frame(5), null);
  assert.match(unknown.why, /clock of this embryo isn't known/);
  assert.match(matched(counted([4, 4]), other, "development").why, /first embryo/);
});

test("a count that wavers is matched at the first moment of each new height", () => {
  assert.deepEqual(rises(counted([4, 4, 6, 5, 6, 8, 3, 2]).tracks), { frames: [1, 3, 6], counts: [4, 6, 8] });
  assert.deepEqual(rises(counted([0, 0, 2]).tracks), { frames: [3], counts: [2] });
});

test("by cell count: as many nuclei as the first one has", () => {
  const first = counted([4, 4, 6, 6, 8, 12, 12]);
  const other = counted([2, 4, 4, 4, 4, 6, 7, 6, 8, 10], { start: 10, minutes: 0.7 });
  const { frame } = matched(first, other, "count");
  assert.equal(frame(1), 11, "four nuclei");
  assert.equal(frame(3), 15, "six");
  assert.equal(frame(5), 18, "eight: after seven and the loss of one");
  assert.equal(frame(2), 13, "half way from four to six in both");
  assert.equal(frame(4), 16, "seven, by the straight line from six to eight");
  assert.equal(frame(5.5), 19, "ten");
  assert.equal(frame(6), null, "the other never has twelve");
  assert.equal(frame(7), null, "past its highest count the first says nothing more");
});

test("an embryo that begins later has no such moment yet", () => {
  const { frame } = matched(counted([4, 6, 8, 12]), counted([8, 8, 12]), "count");
  assert.equal(frame(1), null);
  assert.equal(frame(2.9), null);
  assert.equal(frame(3), 1);
  assert.equal(frame(4), 3);
});

test("minutes since a division, which must be seen in both", () => {
  const embryo = { tracks: tiny(), timeline: timeline(), clock: null };
  assert.equal(divisionFrame(embryo.tracks, "AB"), 3, "ABa and ABp are first seen at frame 3");
  assert.equal(divisionFrame(embryo.tracks, "ABal"), null, "no daughters are followed");
  assert.equal(divisionFrame(embryo.tracks, "MSa"), null, "no such cell");
  const quick = { ...embryo, timeline: new Timeline(1, [0, 1, 2, 3, 4, 5, 6]) };
  const { frame } = matched(embryo, quick, "AB");
  assert.equal(frame(3), 3, "the moment of the division");
  assert.equal(frame(4), 4.5, "1.5 minutes on is one and a half frames of the quick one");
  assert.equal(frame(1), null, "3 minutes before; the quick one begins 2 before");
  assert.match(matched(embryo, counted([4, 4]), "AB").why, /division of AB isn't seen in this embryo/);
  assert.match(matched(counted([4, 4]), embryo, "AB").why, /first embryo/);
});

test("an embryo matched with itself stays where it is", () => {
  const embryo = { tracks: tiny(), timeline: timeline(), clock: { zero: 3, rate: 1.1 } };
  for (const match of ["minutes", "development", "AB"]) {
    for (const at of [1, 2.25, 5, 6.75]) assert.ok(Math.abs(matched(embryo, embryo, match).frame(at) - at) < 1e-9, match);
  }
});

test("words for each way of matching", () => {
  assert.equal(matchWords("count"), "cell count");
  assert.equal(matchWords("EMS"), "minutes since the division of EMS");
});
