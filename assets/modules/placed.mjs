/**
 * Nuclei on the screen: where each lies at this moment, which one is under a point, which lie in an outline.
 * Pure; filled anew only when it is asked for, so that playing costs nothing for it.
 */

const LEAST_SHOWN = 0.25; // fainter ones (just born, just lost) can't be pointed at
const DIM = 2;
const SLACK_PX = 4; // a near miss counts, so that small nuclei can be hit

/** Nuclei of one or more bodies (scene.mjs) on a screen: parallel arrays of which the first `count` count. */
export class Placed {
  count = 0;
  #room = 0;

  /** Put every nucleus of `shown` ([{body (scene.mjs), styles (per cell)}]) that isn't hidden on `width` by `height` CSS px. */
  fill(shown, camera, width, height) {
    const m = camera.matrix(width, height);
    const scale = camera.scale(width, height);
    this.count = 0;
    shown.forEach(({ body, styles }, which) => {
      const { count, cells, world, radius, alpha } = body.places(body.frame);
      this.#grow(this.count + count);
      for (let i = 0; i < count; i += 1) {
        const style = styles[cells[i]];
        if (style === 0 || alpha[i] < LEAST_SHOWN) continue;
        const [x, y, z] = [world[3 * i], world[3 * i + 1], world[3 * i + 2]];
        const share = m[3] * x + m[7] * y + m[11] * z + m[15];
        if (share <= 0) continue; // behind the eye
        const at = this.count++;
        this.body[at] = which;
        this.cell[at] = cells[i];
        this.nth[at] = i;
        this.style[at] = style;
        this.x[at] = (width * ((m[0] * x + m[4] * y + m[8] * z + m[12]) / share + 1)) / 2;
        this.y[at] = (height * (1 - (m[1] * x + m[5] * y + m[9] * z + m[13]) / share)) / 2;
        this.perUm[at] = scale / share;
        this.radius[at] = (radius[i] * scale) / share;
        // µm away from the viewer, out of the depth in clip space
        this.depth[at] = (m[2] * x + m[6] * y + m[10] * z) * camera.reach;
      }
    });
    return this;
  }

  #grow(count) {
    if (count <= this.#room) return;
    this.#room = 2 * count;
    for (const [name, Kind] of COLUMNS) {
      const old = this[name];
      this[name] = new Kind(this.#room);
      if (old) this[name].set(old);
    }
  }

  /**
   * The nucleus whose ball is the foremost at a point; failing that the nearest within a few px; or -1. Dimmed
   * ones are seen through, so any other at the point comes before them.
   */
  at(px, py, slack = SLACK_PX) {
    const solid = this.#at(px, py, slack, false);
    return solid.hit >= 0 ? solid.hit : this.#at(px, py, slack, true, solid).found;
  }

  #at(px, py, slack, dim, before = { near: -1, nearest: slack }) {
    let [hit, front, near, nearest] = [-1, Infinity, before.near, before.nearest];
    for (let i = 0; i < this.count; i += 1) {
      if ((this.style[i] === DIM) !== dim) continue;
      const apart = Math.hypot(this.x[i] - px, this.y[i] - py);
      const radius = this.radius[i];
      if (apart <= radius) {
        const surface = this.depth[i] - Math.sqrt(radius * radius - apart * apart) / this.perUm[i];
        if (surface < front) [hit, front] = [i, surface];
      } else if (apart - radius < nearest) {
        [near, nearest] = [i, apart - radius];
      }
    }
    return { hit, near, nearest, found: hit >= 0 ? hit : near };
  }

  /** Where `cell` of body number `body` is, or -1. */
  find(body, cell) {
    for (let i = 0; i < this.count; i += 1) if (this.cell[i] === cell && this.body[i] === body) return i;
    return -1;
  }

  /** The nuclei whose centres lie within a closed outline [x0, y0, x1, y1, …]. */
  within(outline) {
    const found = [];
    for (let i = 0; i < this.count; i += 1) if (encloses(outline, this.x[i], this.y[i])) found.push(i);
    return found;
  }

  /** The others from the nearest on the screen to the farthest, `from` itself left out. */
  nearest(from) {
    const apart = (i) => Math.hypot(this.x[i] - this.x[from], this.y[i] - this.y[from], (this.depth[i] - this.depth[from]) * this.perUm[from]);
    const others = Array.from({ length: this.count }, (_, i) => i).filter((i) => i !== from && this.body[i] === this.body[from]);
    return others.map((i) => [apart(i), i]).sort((a, b) => a[0] - b[0]).map(([, i]) => i);
  }
}

const COLUMNS = [
  ["body", Uint16Array], ["cell", Int32Array], ["nth", Int32Array], ["style", Uint8Array], ["x", Float32Array], ["y", Float32Array],
  ["radius", Float32Array], ["depth", Float32Array], ["perUm", Float32Array],
];

/** Whether (x, y) lies within the closed outline [x0, y0, x1, y1, …], by the even-odd rule. */
export function encloses(outline, x, y) {
  let inside = false;
  const { length } = outline;
  for (let i = 0, j = length - 2; i < length; j = i, i += 2) {
    const [ax, ay, bx, by] = [outline[i], outline[i + 1], outline[j], outline[j + 1]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

/** The outline of a box between two corners. */
export const boxOutline = (x0, y0, x1, y1) => [x0, y0, x1, y0, x1, y1, x0, y1];
