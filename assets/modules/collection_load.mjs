/** What the collection is made of, from the server: first the list of embryos, page by page, then their tracks. */

import { decode } from "./tracks.mjs";

export const AT_ONCE = 5; // tracks that are fetched side by side
const WANTED = ["time", "x", "y", "z", "size"];

async function answered(response) {
  if (response.ok) return response;
  const told = await response.json().catch(() => null);
  throw new Error(told?.error?.message ?? `the server answered ${response.status}`);
}

/**
 * All embryos of a choice: [told…]. `address(from)` is the list's address from a number on; `progressed(have,
 * total)` is told of each page. `signal` ends it.
 */
export async function listed(address, progressed = () => {}, signal = null, fetched = anyFetch) {
  const embryos = [];
  let about = null;
  for (let from = 0; from !== null;) {
    const page = await (await answered(await fetched(address(from), { signal }))).json();
    embryos.push(...page.embryos);
    about ??= page;
    progressed(embryos.length, page.shown);
    from = page.next;
  }
  return { embryos, total: about.total, shown: about.shown };
}

/**
 * Fetches tracks of many embryos, AT_ONCE at a time, in order. `took(embryo, tracks)` gets each as it comes, with
 * no more than places and sizes; `failed(embryo, error)` those that don't; `ended(isWhole)` when all is done or
 * it was cancelled.
 */
export class Loading {
  #waiting;
  #stop = new AbortController();
  done = 0;
  running = true;

  constructor(embryos, { address, took, failed, ended, fetched = anyFetch, pause = idle }) {
    this.total = embryos.length;
    this.#waiting = [...embryos];
    Object.assign(this, { address, took, failed, fetched, pause });
    const lanes = Array.from({ length: Math.min(AT_ONCE, embryos.length) }, () => this.#lane());
    Promise.all(lanes).then(() => {
      this.running = false;
      ended(!this.#stop.signal.aborted);
    });
  }

  /** The embryos that haven't been asked for. */
  get left() { return [...this.#waiting]; }

  cancel() { this.#stop.abort(); }

  async #lane() {
    const { signal } = this.#stop;
    while (this.#waiting.length && !signal.aborted) {
      const embryo = this.#waiting.shift();
      try {
        const response = await answered(await this.fetched(this.address(embryo.tracks), { signal }));
        const tracks = decode(await response.arrayBuffer());
        if (signal.aborted) {
          this.#waiting.unshift(embryo);
          return;
        }
        tracks.keepOnly(WANTED);
        this.done += 1;
        this.took(embryo, tracks);
      } catch (error) {
        if (signal.aborted) {
          this.#waiting.unshift(embryo);
          return;
        }
        this.done += 1;
        this.failed(embryo, error);
      }
      await this.pause(); // frames are drawn in between
    }
  }
}

const idle = () => new Promise((resolve) => { setTimeout(resolve); });

/** The browser's own fetch, which must be called as a function of the window. */
function anyFetch(...asked) { return fetch(...asked); }
