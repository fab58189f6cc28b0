/**
 * How sharp the stage is drawn. At rest: supersampled, each ball with its true depth. While it moves: as sharp
 * as frames come quickly, coarser step by step where they don't (a machine without a graphics card).
 */

const SLOW_MS = 26;
const FAST_MS = 18;
const SLOW_FRAMES = 6; // so many more slow ones than quick ones, and it gets coarser
const FAST_FRAMES = 40;
const PAUSE_MS = 250; // a longer gap is no frame, the stage stood still
const FORGET_MS = 60_000; // then a finer step is tried again
/** Of the screen's own pixels, and whether balls have their true depth; the first is that of rest. */
const STEPS = [{ share: 2, fine: true }, { share: 1, fine: false }, { share: 0.75, fine: false }, { share: 0.55, fine: false }];
const MOST_PIXELS = 2; // device px per CSS px, more is not seen

export class Pace {
  #step = 1;
  #last = -Infinity;
  #since = 0;
  #frames = 0;
  #slow = 0;
  #coarserAt = -Infinity;
  #tooFine = false; // the sharpness of rest was tried in motion, and was too slow

  /** Tell of a frame in motion at `now` (ms). */
  moved(now) {
    if (now - this.#last > PAUSE_MS) {
      if (this.#step > 1 && now - this.#coarserAt > FORGET_MS) this.#step -= 1;
      this.#window(now);
    } else {
      this.#frames += 1;
      this.#slow = Math.max(this.#slow + (now - this.#last > SLOW_MS ? 1 : -1), 0);
      if (this.#slow >= SLOW_FRAMES) this.#coarser(now);
      else if (this.#frames >= FAST_FRAMES) this.#finer(now);
    }
    this.#last = now;
  }

  #window(now) {
    this.#since = now;
    this.#frames = 0;
    this.#slow = 0;
  }

  #coarser(now) {
    if (this.#step === 0) this.#tooFine = true;
    this.#step = Math.min(this.#step + 1, STEPS.length - 1);
    this.#coarserAt = now;
    this.#window(now);
  }

  #finer(now) {
    const mean = (now - this.#since) / this.#frames;
    if (mean < FAST_MS && this.#step === 1 && !this.#tooFine) this.#step = 0;
    this.#window(now);
  }

  /** {pixels (device px per CSS px), fine} on a screen of `ratio` device px per CSS px, `moving` or at rest. */
  sharpness(moving, ratio = 1) {
    const { share, fine } = STEPS[moving ? this.#step : 0];
    return { pixels: Math.min(Math.min(ratio, MOST_PIXELS) * share, MOST_PIXELS), fine };
  }
}
