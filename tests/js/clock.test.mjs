import { test } from "node:test";
import assert from "node:assert/strict";
import { Clock, Timeline } from "../../assets/modules/clock.mjs";

/** A clock whose browser is this test: `pass(ms)` lets time go by and calls what waits for a frame. */
function staged(options = {}) {
  const stage = { time: 1000, waiting: null, asked: 0 };
  const clock = new Clock(new Timeline(1, Array.from({ length: 101 }, (_, i) => i * 1.5)), {
    now: () => stage.time,
    request: (step) => { stage.waiting = step; stage.asked += 1; return stage.asked; },
    cancel: () => { stage.waiting = null; },
    ...options,
  });
  stage.pass = (ms) => {
    stage.time += ms;
    const step = stage.waiting;
    stage.waiting = null;
    step?.();
  };
  return { clock, stage };
}

test("frames and minutes turn into each other, through uneven intervals too", () => {
  const timeline = new Timeline(-1, [0, 1, 3, 3.5]);
  assert.deepEqual([-1, 0, 0.5, 1.5, 2].map((frame) => timeline.minutes(frame)), [0, 1, 2, 3.25, 3.5]);
  for (const frame of [-1, -0.5, 0.2, 1, 1.9, 2]) assert.ok(Math.abs(timeline.frame(timeline.minutes(frame)) - frame) < 1e-12);
  assert.deepEqual([timeline.minutes(-3), timeline.minutes(4)], [-2, 4.5], "beyond the ends as fast as there");
  assert.deepEqual([timeline.frame(-5), timeline.frame(9)], [-1, 2], "frames are held");
});

test("a timeline of one frame stands still; one that doesn't rise is refused", () => {
  assert.equal(new Timeline(4, [0]).minutes(9), 0);
  assert.throws(() => new Timeline(1, [0, 1, 1]), /rise at frame 3/);
  assert.throws(() => new Timeline(1, []), /one frame/);
  assert.equal(Timeline.ofMinutes(9.5).frame(3.25), 3.25);
});

test("it plays at minutes a second, and asks for frames only while it plays", () => {
  const { clock, stage } = staged({ speed: 15 });
  assert.equal(stage.asked, 0);
  clock.play();
  assert.equal(stage.asked, 1);
  stage.pass(100); // 1.5 minutes: one frame
  assert.ok(Math.abs(clock.frame - 2) < 1e-9);
  stage.pass(50);
  assert.ok(Math.abs(clock.frame - 2.5) < 1e-9);
  clock.pause();
  assert.equal(stage.waiting, null);
  const { asked } = stage;
  stage.pass(5000);
  clock.seek(50);
  assert.equal(stage.asked, asked);
  assert.equal(clock.minutes, 73.5);
});

test("it stops at the end, and plays again from the start", () => {
  const { clock, stage } = staged({ speed: 40, range: [1, 3] });
  clock.play();
  for (let i = 0; i < 10; i += 1) stage.pass(100);
  assert.equal(clock.frame, 3);
  assert.equal(clock.playing, false);
  assert.equal(stage.waiting, null);
  clock.play();
  assert.equal(clock.frame, 1);
});

test("a tab that slept goes on from where it was", () => {
  const { clock, stage } = staged({ speed: 6 });
  clock.play();
  stage.pass(600_000);
  assert.ok(Math.abs(clock.minutes - 1.5) < 1e-9, "a quarter of a second at most");
});

test("steps stop it and land on whole frames", () => {
  const { clock, stage } = staged();
  clock.play();
  stage.pass(100);
  clock.seek(5.4);
  clock.step(1);
  assert.equal(clock.playing, false);
  assert.equal(clock.frame, 6);
  clock.step(-1);
  assert.equal(clock.frame, 5);
  clock.seek(5.4);
  clock.step(-1);
  assert.equal(clock.frame, 5);
  clock.seek(1);
  clock.step(-1);
  assert.equal(clock.frame, 1, "held at the start");
});

test("seeking is held within the range, and what is no number goes to the start", () => {
  const { clock } = staged({ range: [2, 9] });
  clock.seek(100);
  assert.equal(clock.frame, 9);
  clock.seek(Number.NaN);
  assert.equal(clock.frame, 2);
});

test("subscribers are told of every change, and of nothing else", () => {
  const { clock, stage } = staged({ speed: 15 });
  const told = [];
  const end = clock.subscribe(({ frame, playing }) => told.push([Number(frame.toFixed(3)), playing]));
  clock.seek(4);
  clock.seek(4);
  clock.play();
  clock.play();
  stage.pass(100);
  clock.pause();
  clock.pause();
  assert.deepEqual(told, [[4, false], [4, true], [5, true], [5, false]]);
  end();
  clock.seek(7);
  assert.equal(told.length, 4);
});

test("a corrected interval keeps the frame and changes the minutes", () => {
  const { clock } = staged();
  clock.seek(11);
  clock.retime(new Timeline(1, Array.from({ length: 101 }, (_, i) => i)));
  assert.deepEqual([clock.frame, clock.minutes], [11, 10]);
});

test("an embryo of one frame doesn't play", () => {
  const { clock, stage } = staged({ range: [1, 1] });
  clock.play();
  assert.equal(clock.playing, false);
  assert.equal(stage.asked, 0);
});
