import test from "node:test";
import assert from "node:assert/strict";
import { Gestures } from "../../assets/modules/gestures.mjs";

/** An element that hears events, and what is told of them. */
function stage({ tool = () => null } = {}) {
  const element = new EventTarget();
  const told = [];
  let clock = 0;
  const say = (name) => (...args) => { told.push([name, ...args]); return name === "tap" ? "what was tapped" : undefined; };
  const names = ["turn", "pan", "zoom", "began", "ended", "tap", "doubleTap", "hover", "left", "outlining", "outlined"];
  const intents = { ...Object.fromEntries(names.map((name) => [name, say(name)])), tool };
  const gestures = new Gestures(element, intents, { now: () => clock, place: ({ x, y }) => ({ x, y }) });
  const send = (type, more = {}) => {
    const event = Object.assign(new Event(type, { cancelable: true }), { pointerId: 1, pointerType: "mouse", button: 0, shiftKey: false, x: 0, y: 0, ...more });
    element.dispatchEvent(event);
    return event;
  };
  const drag = (points, more = {}) => {
    send("pointerdown", { ...points[0], ...more });
    for (const point of points.slice(1)) send("pointermove", { ...point, ...more });
    send("pointerup", { ...points.at(-1), ...more });
  };
  const names_ = () => told.map(([name]) => name);
  return { gestures, told, send, drag, names: names_, wait: (ms) => { clock += ms; } };
}

test("a drag turns by what the pointer moved, and is told to begin and to end", () => {
  const { told, drag } = stage();
  drag([{ x: 10, y: 10 }, { x: 12, y: 10 }, { x: 20, y: 15 }, { x: 30, y: 12 }]);
  assert.deepEqual(told, [["began"], ["turn", 10, 5], ["turn", 10, -3], ["ended"]]);
});

test("with shift, the right or the middle button a drag pans", () => {
  for (const more of [{ shiftKey: true }, { button: 2 }, { button: 1 }]) {
    const { told, drag } = stage();
    drag([{ x: 0, y: 0 }, { x: 9, y: 0 }], more);
    assert.deepEqual(told, [["began"], ["pan", 9, 0], ["ended"]]);
  }
});

test("a press that rests on its place is a tap, the second soon after a double tap", () => {
  const { told, drag, wait } = stage();
  drag([{ x: 5, y: 5 }, { x: 6, y: 6 }], { shiftKey: true });
  wait(200);
  drag([{ x: 7, y: 5 }]);
  wait(200);
  drag([{ x: 7, y: 5 }]);
  assert.deepEqual(told, [
    ["tap", 5, 5, { adds: true, touch: false }],
    ["doubleTap", 7, 5, { adds: false, touch: false, last: "what was tapped" }],
    ["tap", 7, 5, { adds: false, touch: false }],
  ]);
});

test("two taps far apart in time or place are two taps", () => {
  const { names, drag, wait } = stage();
  drag([{ x: 5, y: 5 }]);
  wait(500);
  drag([{ x: 5, y: 5 }]);
  drag([{ x: 60, y: 5 }]);
  assert.deepEqual(names(), ["tap", "tap", "tap"]);
});

test("a right click is no tap", () => {
  const { told, drag } = stage();
  drag([{ x: 5, y: 5 }], { button: 2 });
  assert.deepEqual(told, []);
});

test("one finger turns, two pan and zoom about their middle; the one that stays does nothing more", () => {
  const { told, send } = stage();
  const finger = (id, x, y) => ({ pointerId: id, pointerType: "touch", x, y });
  send("pointerdown", finger(1, 100, 100));
  send("pointermove", finger(1, 120, 100));
  send("pointerdown", finger(2, 220, 100));
  send("pointermove", finger(2, 320, 100));
  send("pointerup", finger(2, 320, 100));
  send("pointermove", finger(1, 200, 200));
  send("pointerup", finger(1, 200, 200));
  assert.deepEqual(told, [
    ["began"], ["turn", 20, 0], ["ended"], ["began"],
    ["pan", 50, 0], ["zoom", 2, 220, 100], ["ended"],
  ]);
});

test("the wheel zooms towards the pointer and never scrolls the page", async () => {
  const { told, send } = stage();
  const event = send("wheel", { x: 30, y: 40, deltaY: -100, deltaMode: 0, ctrlKey: false });
  assert.equal(event.defaultPrevented, true);
  assert.equal(told[0][0], "began");
  const [, factor, x, y] = told[1];
  assert.ok(factor > 1.1 && factor < 1.3);
  assert.deepEqual([x, y], [30, 40]);
  await new Promise((resolve) => setTimeout(resolve, 260));
  assert.deepEqual(told.at(-1), ["ended"]);
});

test("with a tool a drag draws an outline instead; shift adds", () => {
  let kind = "box";
  const { told, drag } = stage({ tool: () => kind });
  drag([{ x: 10, y: 10 }, { x: 30, y: 10 }, { x: 40, y: 50 }], { shiftKey: true });
  assert.deepEqual(told.at(-1), ["outlined", "box", [10, 10, 40, 10, 40, 50, 10, 50], true]);
  kind = "lasso";
  drag([{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 11, y: 0 }, { x: 10, y: 10 }]);
  assert.deepEqual(told.at(-1), ["outlined", "lasso", [0, 0, 10, 0, 10, 10], false]);
});

test("what is drawn can be given up, and then nothing is chosen", () => {
  const { told, send, gestures } = stage({ tool: () => "box" });
  send("pointerdown", { x: 0, y: 0 });
  send("pointermove", { x: 50, y: 50 });
  assert.equal(gestures.cancel(), true);
  assert.deepEqual(told.at(-1), ["outlined", "box", null, false]);
  send("pointerup", { x: 50, y: 50 });
  assert.equal(told.at(-1)[0], "outlined");
  assert.equal(gestures.cancel(), false);
});

test("a broken off touch is neither a tap nor a choice", () => {
  const { told, send } = stage();
  send("pointerdown", { pointerType: "touch", x: 5, y: 5 });
  send("pointercancel", { pointerType: "touch", x: 5, y: 5 });
  assert.deepEqual(told, []);
});

test("a finger that rests adds to the choice", async () => {
  const { told, send } = stage();
  send("pointerdown", { pointerType: "touch", x: 5, y: 5 });
  await new Promise((resolve) => setTimeout(resolve, 560));
  send("pointerup", { pointerType: "touch", x: 5, y: 5 });
  assert.deepEqual(told, [["tap", 5, 5, { adds: true, touch: true }]]);
});

test("the pointer without a button only points", () => {
  const { told, send } = stage();
  send("pointermove", { x: 3, y: 4 });
  send("pointerleave");
  assert.deepEqual(told, [["hover", 3, 4], ["left"]]);
});
