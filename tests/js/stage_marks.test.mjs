import test from "node:test";
import assert from "node:assert/strict";
import { Camera } from "../../assets/modules/camera.mjs";
import { armsOf, barOf, barWords, letterOf, sideWords } from "../../assets/modules/stage_marks.mjs";

const ANIMAL = { axes: "animal", rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
const RECORDED = { axes: "recorded", rotation: [1, 0, 0, 0, -1, 0, 0, 0, -1] };

test("the scale bar is a round number of µm and as long as it says", () => {
  for (const perUm of [0.7, 3.1, 9, 14, 55, 200, 1400]) {
    const { um, px } = barOf(perUm);
    assert.ok(px >= 56 && px <= 140, `${px} px`);
    assert.ok(Math.abs(px / perUm - um) < 1e-9);
    const first = um / 10 ** Math.floor(Math.log10(um) + 1e-9);
    assert.ok([1, 2, 5].some((step) => Math.abs(step - first) < 1e-9), `${um} µm`);
  }
  assert.deepEqual(barOf(14), { um: 10, px: 140 });
  assert.equal(barWords(10, true), "10 µm");
  assert.equal(barWords(0.5, false), "0.5 µm at the centre");
});

test("the bar says the same as the camera at the centre's depth", () => {
  const camera = new Camera({ zoom: 1.7 });
  const { um, px } = barOf(camera.scale(900, 700));
  const [a, b] = [[0, 0, 0], camera.toWorld([um, 0, 0])].map((world) => camera.project(world, 900, 700));
  assert.ok(Math.abs(b.x - a.x - px) < 1e-6);
});

test("canonically anterior is left, dorsal up, and left faces the viewer", () => {
  const arms = Object.fromEntries(armsOf(ANIMAL, Camera.canonical()).map((arm) => [arm.letter, arm]));
  assert.ok(arms.A.x < -0.99 && arms.P.x > 0.99);
  assert.ok(arms.D.y < -0.99 && arms.V.y > 0.99, "y runs down on a screen");
  assert.ok(arms.L.towards > 0.99 && arms.R.towards < -0.99);
  assert.deepEqual(letterOf(arms.L), [0, 0, true]);
  assert.equal(letterOf(arms.R)[2], false, "the far end of what one looks along isn't told");
});

test("a recording's own axes stand where its numbers grow", () => {
  const arms = Object.fromEntries(armsOf(RECORDED, Camera.canonical()).map((arm) => [arm.letter, arm]));
  assert.deepEqual(Object.keys(arms), ["x", "y", "z"]);
  assert.ok(arms.x.x > 0.99 && arms.y.y > 0.99, "x right, y down");
  assert.ok(arms.z.towards < -0.99, "z away from the viewer");
  assert.deepEqual(Object.values(sideWords(RECORDED)).map(({ text }) => text), ["−x", "+x", "−z", "+z", "−y", "+y"]);
  assert.equal(sideWords(ANIMAL).D.words, "Look at the dorsal side");
});
