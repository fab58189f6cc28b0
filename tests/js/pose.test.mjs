import test from "node:test";
import assert from "node:assert/strict";
import {
  SAME, applied, composed, degreesBetween, developmentalOf, inverse, minuteOf, proper, recordedOf, turnAbout, turnedBy, whenceWords, worldOf,
} from "../../assets/modules/pose.mjs";
import { Camera, rotationOf } from "../../assets/modules/camera.mjs";

const determinant = (r) => r[0] * (r[4] * r[8] - r[5] * r[7]) - r[1] * (r[3] * r[8] - r[5] * r[6]) + r[2] * (r[3] * r[7] - r[4] * r[6]);
const close = (a, b, within = 1e-9) => a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < within, `${a} is not ${b}`));
const pose = {
  rotation: turnAbout("z", 30), centre: [30, 20, 10], axes: "animal", whence: "names", why: "", mirrored: false,
  shell: { centre: [1, 0, 0], semiaxes: [30, 15, 18] }, clock: { zero: 12, rate: 1.25 },
};

test("a quarter turn about z takes x to y, and so round", () => {
  close(applied(turnAbout("z", 90), [1, 0, 0]), [0, 1, 0]);
  close(applied(turnAbout("x", 90), [0, 1, 0]), [0, 0, 1]);
  close(applied(turnAbout("y", 90), [0, 0, 1]), [1, 0, 0]);
  for (const axis of ["x", "y", "z"]) {
    assert.ok(Math.abs(determinant(turnAbout(axis, 37)) - 1) < 1e-12);
    close([90, 90, 90, 90].reduce((turn, by) => composed(turnAbout(axis, by), turn), [...SAME]), SAME);
  }
});

test("places go to the world and back", () => {
  const place = [41.2, 13.3, 7.1];
  close(recordedOf(pose, worldOf(pose, place)), place);
  close(worldOf(pose, pose.centre), [0, 0, 0]);
  close(composed(inverse(pose.rotation), pose.rotation), SAME);
});

test("what is nearly a rotation is made one, of determinant 1", () => {
  const rough = turnAbout("y", 20).map((value) => Number(value.toFixed(3)));
  const made = proper(rough);
  assert.ok(Math.abs(determinant(made) - 1) < 1e-12);
  close(composed(made, inverse(made)), SAME);
  assert.ok(degreesBetween(made, turnAbout("y", 20)) < 0.1);
});

test("turning by hand turns the world and its shell, and stays proper after many turns", () => {
  const turned = turnedBy(pose, turnAbout("z", 90));
  assert.equal(turned.whence, "hand");
  close(turned.shell.semiaxes, [15, 30, 18]);
  close(turned.shell.centre, [0, 1, 0]);
  const before = worldOf(pose, [33, 21, 12]);
  close(worldOf(turned, [33, 21, 12]), applied(turnAbout("z", 90), before));
  let many = pose;
  for (let i = 0; i < 1000; i += 1) many = turnedBy(many, turnAbout("xyz"[i % 3], 7.3));
  close(composed(many.rotation, inverse(many.rotation)), SAME, 1e-12);
  assert.ok(Math.abs(determinant(many.rotation) - 1) < 1e-12);
});

test("what is seen becomes the world: the picture stays when the camera goes back", () => {
  const camera = new Camera({ turn: [0.2, -0.4, 0.1, 0.88] });
  const seen = camera.toEye(worldOf(pose, [44, 10, 3]));
  const taken = turnedBy(pose, rotationOf(camera.turn));
  close(worldOf(taken, [44, 10, 3]), seen, 1e-6);
});

test("the developmental clock runs both ways", () => {
  assert.equal(developmentalOf(pose, 12), 0);
  assert.equal(developmentalOf(pose, 20), 10);
  assert.equal(minuteOf(pose, 10), 20);
  assert.equal(developmentalOf({ clock: { zero: null, rate: 1 } }, 3), null);
});

test("words say where an orientation comes from", () => {
  assert.match(whenceWords(pose), /names/);
  assert.match(whenceWords({ ...pose, whence: "hand" }), /by hand/);
  const recorded = { ...pose, whence: "recorded", axes: "recorded" };
  assert.match(whenceWords({ ...recorded, why: "too few" }), /As it was recorded.*too few/);
  assert.match(whenceWords({ ...recorded, mirrored: true }), /fits only mirrored: flipped when recorded, or named so/);
});
