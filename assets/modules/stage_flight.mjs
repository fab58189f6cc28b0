/** A camera's short way from one state to another, and when two states are the same. Pure. */

import { Camera, between } from "./camera.mjs";

const FLIGHT_MS = 250;
const eased = (share) => (share < 0.5 ? 2 * share * share : 1 - (2 - 2 * share) ** 2 / 2);

export class Flight {
  #began = null;

  /** Between two states of a camera (`Camera.state()`). */
  constructor(from, to) { Object.assign(this, { from, to }); }

  /** Put `camera` where it is at `now` (ms); true when it has arrived. The first call is the start. */
  steer(camera, now) {
    this.#began ??= now;
    const share = Math.min((now - this.#began) / FLIGHT_MS, 1);
    const { from, to } = this;
    if (share === 1) {
      camera.set(to);
      return true;
    }
    const part = eased(share);
    const at = (a, b) => a + part * (b - a);
    camera.set({
      turn: between(from.turn, to.turn, part), zoom: from.zoom * (to.zoom / from.zoom) ** part,
      pan: [at(from.pan[0], to.pan[0]), at(from.pan[1], to.pan[1])], flat: to.flat,
    });
    return false;
  }
}

const near = (a, b) => Math.abs(a - b) < 1e-6;

/** Whether two states of a camera are the same view. */
export function isSameView(a, b) {
  return a.flat === b.flat && near(a.zoom, b.zoom) && a.pan.every((value, i) => near(value, b.pan[i]))
    && a.turn.every((value, i) => near(value, b.turn[i]));
}

/** Whether a camera stands at the canonical view, so that an address needn't hold it. */
export const isCanonical = (camera) => isSameView(camera.state(), Camera.canonical().state());
