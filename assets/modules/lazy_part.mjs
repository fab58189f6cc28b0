/** A part of the page (see watch.mjs) whose module is fetched when it is first wanted: what few need costs nobody else. */

/**
 * `fetched()` gives the part's module as a promise, `make(module)` the part, `wanted()` says whether it is
 * open. Until then the part is told of nothing.
 */
export function lazyPart(watch, wanted, fetched, make) {
  let part = null;
  let asked = false;
  let ended = false;

  async function begin() {
    asked = true;
    try {
      const module = await fetched();
      if (ended) return;
      part = make(module);
      part.show?.();
      part.tick?.();
    } catch (error) {
      asked = false;
      console.warn(error);
      watch.toast(`A piece of the page couldn't be loaded (${error.message}).`, { label: "Try again", run: begin });
    }
  }
  return {
    show() {
      if (part) part.show?.();
      else if (!asked && wanted()) begin();
    },
    tick() { part?.tick?.(); },
    hovered() { part?.hovered?.(); },
    resize() { part?.resize?.(); },
    end() {
      ended = true;
      part?.end?.();
    },
  };
}
