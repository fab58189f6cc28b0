import test from "node:test";
import assert from "node:assert/strict";
import { Pace } from "../../assets/modules/stage_pace.mjs";

function frames(pace, from, ms, count) {
  for (let i = 0; i <= count; i += 1) pace.moved(from + i * ms);
  return from + count * ms;
}

test("at rest it is supersampled and fine, whatever happened before", () => {
  const pace = new Pace();
  frames(pace, 0, 80, 100);
  assert.deepEqual(pace.sharpness(false, 1), { pixels: 2, fine: true });
  assert.deepEqual(pace.sharpness(false, 3), { pixels: 2, fine: true });
});

test("slow frames make it coarser, step by step", () => {
  const pace = new Pace();
  assert.deepEqual(pace.sharpness(true, 1), { pixels: 1, fine: false });
  let now = frames(pace, 0, 60, 8);
  assert.equal(pace.sharpness(true, 1).pixels, 0.75);
  now = frames(pace, now + 60, 60, 40);
  assert.equal(pace.sharpness(true, 1).pixels, 0.55);
});

test("quick frames make it as sharp as at rest, unless that turns out slow", () => {
  const pace = new Pace();
  const now = frames(pace, 0, 16, 41);
  assert.deepEqual(pace.sharpness(true, 1), { pixels: 2, fine: true });
  let later = frames(pace, now + 40, 40, 10);
  assert.equal(pace.sharpness(true, 1).pixels, 1);
  later = frames(pace, later + 16, 16, 100);
  assert.equal(pace.sharpness(true, 1).pixels, 1, "it isn't tried again");
});

test("pauses are no slow frames", () => {
  const pace = new Pace();
  frames(pace, 0, 400, 50);
  assert.equal(pace.sharpness(true, 1).pixels, 1);
});
