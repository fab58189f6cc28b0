/** How much room embryos take in space, so that a camera can fit them. Pure. */

/** Of this many nuclei one may lie farther out: strays of the tracking, far off, would make the embryo small. */
const ONE_STRAY_IN = 1000;
const BIN_UM = 0.1;
const BINS = 4096;

/** The least distance that all but a thousandth of those told lie within; of fewer than a thousand, all. */
class Farthest {
  #bins = new Uint32Array(BINS);
  #most = 1;
  #count = 0;

  tell(um) {
    this.#bins[Math.min(Math.floor(um / BIN_UM), BINS - 1)] += 1;
    this.#count += 1;
    if (um > this.#most) this.#most = um;
  }

  get um() {
    let left = Math.floor(this.#count / ONE_STRAY_IN);
    let bin = BINS - 1;
    for (; bin > 0 && this.#bins[bin] <= left; bin -= 1) left -= this.#bins[bin];
    return bin === BINS - 1 ? this.#most : Math.min(this.#most, Math.max(1, (bin + 1) * BIN_UM));
  }
}

/** How far an embryo's nuclei reach (µm): {across, up}, whichever way it is turned about the screen's axes. */
export function reachOf(tracks, calibration, { rotation: r, centre }) {
  const [xs, ys, zs, sizes] = ["x", "y", "z", "size"].map((name) => tracks.column(name));
  const [pixel, plane] = [calibration.pixel_um, calibration.plane_um];
  const [across, up] = [new Farthest(), new Farthest()];
  for (let row = 0; row < tracks.rows; row += 1) {
    if (tracks.time[row] < tracks.startFrame) continue;
    const a = (xs.values[row] / xs.scale) * pixel - centre[0];
    const b = (ys.values[row] / ys.scale) * pixel - centre[1];
    const c = (zs.values[row] / zs.scale) * plane - centre[2];
    const radius = ((sizes.values[row] / sizes.scale) * pixel) / 2;
    const z = r[6] * a + r[7] * b + r[8] * c;
    across.tell(Math.hypot(r[0] * a + r[1] * b + r[2] * c, z) + radius);
    up.tell(Math.hypot(r[3] * a + r[4] * b + r[5] * c, z) + radius);
  }
  return { across: across.um, up: up.um };
}

/** The same of an eggshell. */
export function shellReach({ centre, semiaxes }) {
  const [x, y, z] = semiaxes.map((semiaxis, i) => Math.abs(centre[i]) + semiaxis);
  return { across: Math.max(x, z), up: Math.max(y, z) };
}

/** The radius (µm) that `Camera.fit` takes so that all `reaches` are seen in a view of `width` by `height` px. */
export function fittedRadius(reaches, width, height) {
  const across = Math.max(1, ...reaches.map((reach) => reach.across));
  const up = Math.max(1, ...reaches.map((reach) => reach.up));
  if (!width || !height) return Math.max(across, up);
  return Math.min(width, height) / Math.min(width / across, height / up);
}
