/**
 * Time of the page. The browser holds it: nothing here asks the server.
 *
 * A Timeline turns frames into minutes and back. A Clock stands at a frame (with a fraction between frames),
 * plays at a speed in minutes of the recording a second, and tells its subscribers. It asks for animation
 * frames only while it plays. For several embryos with one clock, give it a Timeline of minutes
 * (`Timeline.ofMinutes`) and let each embryo's own Timeline say which frame that is.
 */

export class Timeline {
  /** `minutes[i]` is the minute of frame `first + i`; rising. */
  constructor(first, minutes) {
    if (minutes.length === 0) throw new Error("a timeline needs one frame or more");
    for (let i = 1; i < minutes.length; i += 1) {
      if (!(minutes[i] > minutes[i - 1])) throw new Error(`the minutes don't rise at frame ${first + i}`);
    }
    this.first = first;
    this.last = first + minutes.length - 1;
    this.values = Float64Array.from(minutes);
  }

  /** A timeline whose frames are minutes, from 0 to `last` or a little more: one clock for several embryos. */
  static ofMinutes(last) { return new Timeline(0, Array.from({ length: Math.ceil(last) + 1 }, (_, i) => i)); }

  /** The minute of a frame, straight between whole frames; beyond the ends as fast as at the ends. */
  minutes(frame) {
    if (this.values.length === 1) return this.values[0];
    const at = frame - this.first;
    const whole = Math.min(Math.max(Math.floor(at), 0), this.values.length - 2);
    return this.values[whole] + (at - whole) * (this.values[whole + 1] - this.values[whole]);
  }

  /** The frame (with its fraction) of a minute: the inverse of `minutes`, held at both ends. */
  frame(minutes) {
    const { values } = this;
    let low = 0;
    let high = values.length - 1;
    if (minutes <= values[low]) return this.first;
    if (minutes >= values[high]) return this.last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (values[middle] <= minutes) low = middle;
      else high = middle;
    }
    return this.first + low + (minutes - values[low]) / (values[high] - values[low]);
  }
}

const LONGEST_STEP_MS = 250; // a tab that slept goes on from where it was

export class Clock {
  #subscribers = new Set();
  #handle = null;
  #stamp = 0;
  #request;
  #cancel;
  #now;

  /**
   * `range` is [start, end] in frames, by default the timeline's. `now` (ms), `request` and `cancel` stand in
   * for the browser's in tests.
   */
  constructor(timeline, {
    range = [timeline.first, timeline.last],
    speed = 10,
    now = () => performance.now(),
    request = (step) => requestAnimationFrame(step),
    cancel = (handle) => cancelAnimationFrame(handle),
  } = {}) {
    this.timeline = timeline;
    this.range = range;
    /** Minutes of the recording in one second. */
    this.speed = speed;
    this.frame = range[0];
    this.playing = false;
    this.#now = now;
    this.#request = request;
    this.#cancel = cancel;
  }

  get minutes() { return this.timeline.minutes(this.frame); }

  /** Call `told(clock)` at every change of time or of playing; returns what ends that. */
  subscribe(told) {
    this.#subscribers.add(told);
    return () => this.#subscribers.delete(told);
  }

  /** Go to a frame, held within the range. Goes on playing if it plays. */
  seek(frame) {
    const [start, end] = this.range;
    const to = Math.min(Math.max(Number.isFinite(frame) ? frame : start, start), end);
    if (to === this.frame) return;
    this.frame = to;
    this.#tell();
  }

  seekMinutes(minutes) { this.seek(this.timeline.frame(minutes)); }

  /** Stop, and go on or back by whole frames; from between two frames the first step is to the next one. */
  step(frames) {
    this.pause();
    this.seek(frames > 0 ? Math.floor(this.frame) + frames : Math.ceil(this.frame) + frames);
  }

  /** Play to the end of the range and stop there; at the end, begin again. */
  play() {
    if (this.playing || this.range[1] <= this.range[0]) return;
    if (this.frame >= this.range[1]) this.frame = this.range[0];
    this.playing = true;
    this.#stamp = this.#now();
    this.#handle = this.#request(this.#advance);
    this.#tell();
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.#cancel(this.#handle);
    this.#handle = null;
    this.#tell();
  }

  toggle() { if (this.playing) this.pause(); else this.play(); }

  /** Another timeline for the same frames (the interval was corrected); the frame stays. */
  retime(timeline, range = this.range) {
    this.timeline = timeline;
    this.range = range;
    this.frame = Math.min(Math.max(this.frame, range[0]), range[1]);
    this.#tell();
  }

  #advance = () => {
    const now = this.#now();
    const seconds = Math.min(now - this.#stamp, LONGEST_STEP_MS) / 1000;
    this.#stamp = now;
    const frame = this.timeline.frame(this.minutes + seconds * this.speed);
    const end = this.range[1];
    this.frame = Math.min(frame, end);
    if (this.frame >= end) {
      this.pause();
      return;
    }
    this.#handle = this.#request(this.#advance);
    this.#tell();
  };

  #tell() { for (const told of [...this.#subscribers]) told(this); }
}
