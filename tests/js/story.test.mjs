/** A story's course, on a clock whose time is told by hand. */
import { test } from "node:test";
import assert from "node:assert/strict";
import { Clock, Timeline } from "../../assets/modules/clock.mjs";
import { readingMs, Story, wayThere } from "../../assets/modules/story.mjs";

const NOTES = [{ frame: 10, text: "first" }, { frame: 40, text: "second ".repeat(20) }, { frame: 20, text: "back" }];

/** A story with a browser whose time runs when `pass(ms)` is called, in steps of 20 ms. */
function begun({ notes = NOTES, jumps = false } = {}) {
  let time = 0;
  let step = null;
  let waiting = [];
  const clock = new Clock(new Timeline(0, Array.from({ length: 101 }, (_, i) => i)), {
    now: () => time, request: (run) => { step = run; return 1; }, cancel: () => { step = null; },
  });
  const shown = [];
  const show = (note, frame) => { shown.push([note.text.slice(0, 6), frame]); clock.seek(frame); };
  const phases = [];
  const story = new Story(notes, clock, show, {
    jumps, now: () => time, told: () => phases.push(`${story.at} ${story.phase}${story.paused ? " paused" : ""}`),
    later: (run, ms) => { const due = { run, at: time + ms }; waiting.push(due); return () => { waiting = waiting.filter((each) => each !== due); }; },
  });
  clock.subscribe(() => story.tick());
  const pass = (ms) => {
    for (const end = time + ms; time < end;) {
      time += 20;
      const now = step;
      step = null;
      now?.();
      for (const due of waiting.filter(({ at }) => at <= time)) {
        waiting = waiting.filter((each) => each !== due);
        due.run();
      }
    }
  };
  return { clock, story, shown, phases, pass };
}

test("a text stands as long as it takes to read it, within reason", () => {
  assert.equal(readingMs(""), 4000);
  assert.equal(readingMs("x".repeat(100)), 7000);
  assert.equal(readingMs("x".repeat(2000)), 25_000);
});

test("the way from note to note takes between one and a half and eight seconds", () => {
  assert.equal(10 / wayThere(10), 1.5);
  assert.equal(60 / wayThere(60), 5);
  assert.equal(300 / wayThere(300), 8);
});

test("it goes from note to note: time plays on, jumps back, and ends", () => {
  const { clock, story, shown, phases, pass } = begun();
  story.visit(0);
  assert.deepEqual([clock.frame, story.phase, clock.playing], [10, "reading", false]);
  pass(readingMs("first"));
  assert.deepEqual([story.at, story.phase, clock.playing], [1, "way", true]);
  assert.deepEqual(shown.at(-1), ["second", 10], "its view is set before time plays there");
  pass(1200);
  assert.ok(clock.frame > 15 && clock.frame < 30, `half way at ${clock.frame}`);
  pass(1400);
  assert.deepEqual([clock.frame, story.phase, clock.playing, clock.speed], [40, "reading", false, 10]);
  pass(readingMs(NOTES[1].text) - 200);
  assert.equal(story.at, 1);
  pass(300);
  assert.deepEqual([story.at, clock.frame, story.phase], [2, 20, "reading"]);
  pass(5000);
  assert.equal(story.phase, "end");
  assert.deepEqual(phases, ["0 reading", "1 way", "1 reading", "2 reading", "2 end"]);
  pass(60_000);
  assert.equal(phases.length, 5);
});

test("with reduced motion time never plays", () => {
  const { clock, story, pass } = begun({ jumps: true });
  story.visit(0);
  pass(4000);
  assert.deepEqual([story.at, story.phase, clock.frame, clock.playing], [1, "reading", 40, false]);
});

test("it rests while it is paused, and goes on with what was left", () => {
  const { story, pass } = begun();
  story.visit(0);
  pass(3000);
  story.toggle();
  assert.deepEqual([story.paused, story.reading.left], [true, 1000]);
  pass(60_000);
  assert.equal(story.at, 0);
  story.toggle();
  pass(900);
  assert.equal(story.at, 0);
  pass(200);
  assert.equal(story.at, 1);
});

test("whoever stops the clock on the way pauses the story, and who plays goes on", () => {
  const { clock, story, pass } = begun();
  story.visit(0);
  pass(4500);
  clock.pause();
  assert.deepEqual([story.phase, story.paused], ["way", true]);
  const stood = clock.frame;
  pass(10_000);
  assert.equal(clock.frame, stood);
  clock.play();
  assert.equal(story.paused, false);
  pass(4000);
  assert.deepEqual([clock.frame, story.phase], [40, "reading"]);
});

test("whoever plays while a text stands has the clock, and the story waits", () => {
  const { clock, story, pass } = begun();
  story.visit(0);
  clock.play();
  assert.equal(story.paused, true);
  pass(3000);
  assert.equal(story.at, 0);
  assert.equal(Math.round(clock.frame), 40, "at the reader's speed of 10 minutes a second");
  story.toggle();
  pass(100);
  assert.deepEqual([story.paused, clock.playing], [false, false]);
  pass(4000);
  assert.equal(story.at, 1);
});

test("next, previous and stop", () => {
  const { clock, story, pass } = begun();
  story.visit(0);
  story.next();
  assert.deepEqual([story.at, story.phase], [1, "way"]);
  story.next();
  assert.deepEqual([story.at, story.phase, clock.frame, clock.playing], [2, "way", clock.frame, true]);
  story.previous();
  assert.deepEqual([story.at, story.phase, clock.frame], [1, "reading", 40]);
  story.previous();
  story.previous();
  assert.deepEqual([story.at, clock.frame], [0, 10]);
  story.next();
  pass(300);
  story.stop();
  const stood = clock.frame;
  assert.deepEqual([story.phase, clock.playing, clock.speed], ["end", false, 10]);
  pass(60_000);
  assert.deepEqual([clock.frame, story.at], [stood, 1]);
});

test("at the end it can be begun again", () => {
  const { clock, story, pass } = begun({ notes: [NOTES[0]] });
  story.visit(0);
  pass(4000);
  assert.equal(story.phase, "end");
  clock.seek(77);
  story.toggle();
  assert.deepEqual([story.phase, clock.frame], ["reading", 10]);
});
