/**
 * From a place in the embryo to a place on the screen. Pure.
 *
 * World places are µm around the embryo's centre, right-handed: x anterior to posterior, y ventral to dorsal,
 * z right to left (or the recording's own axes, turned: see the pose). The eye looks along -z, x right, y up.
 * `turn` is the unit quaternion [x, y, z, w] that takes world to eye, so every view is a proper rotation and
 * no view is a mirror image.
 *
 * Perspective is gentle: the eye stands where the whole embryo is seen under 20 degrees and stays there. Zoom
 * and pan move the picture, not the eye, so that they never change what lies before what.
 */

const HALF_VIEW = (10 * Math.PI) / 180;
const ROOM = 1.06; // what is fitted, with a little air around it
const CLIPPED = 4; // extent radii before and behind the centre that are drawn
const LEAST_ZOOM = 0.05;
const MOST_ZOOM = 60;
const HALF = Math.SQRT1_2;

/** The side that faces the viewer -> turn. Dorsal is up; seen from dorsal or ventral, anterior is left. */
const LOOKS = {
  L: [0, 0, 0, 1],
  R: [0, 1, 0, 0],
  A: [0, HALF, 0, HALF],
  P: [0, -HALF, 0, HALF],
  D: [HALF, 0, 0, HALF],
  V: [-HALF, 0, 0, HALF],
};

/** The quaternion `q` at length 1; the identity where it is no rotation at all. */
export function unit(q) {
  const length = Math.hypot(...q);
  return length > 1e-9 && Number.isFinite(length) ? q.map((value) => value / length) : [0, 0, 0, 1];
}

/** The rotation that is first `b`, then `a`. */
export function times([ax, ay, az, aw], [bx, by, bz, bw]) {
  return [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ];
}

/** The turn at `share` (0 to 1) of the shortest way from turn `a` to turn `b`. */
export function between(a, b, share) {
  const dot = a.reduce((sum, value, i) => sum + value * b[i], 0);
  const nearer = dot < 0 ? b.map((value) => -value) : b;
  const angle = Math.acos(Math.min(Math.abs(dot), 1));
  if (angle < 1e-4) return unit(a.map((value, i) => value + share * (nearer[i] - value)));
  const [p, q] = [Math.sin((1 - share) * angle), Math.sin(share * angle)];
  return unit(a.map((value, i) => p * value + q * nearer[i]));
}

/** The nine numbers of the rotation `q`, row by row. */
export function rotationOf([x, y, z, w]) {
  return [
    1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
    2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
    2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
  ];
}

/**
 * Where the viewer stands. Sizes are CSS px; where width and height are left out, those count that `resize`
 * or the last `matrix` named.
 */
export class Camera {
  #turn = LOOKS.L;
  #rotation = rotationOf(LOOKS.L);

  /** `state`, as `state()` gives it, or nothing for the canonical view. */
  constructor(state = null) {
    /** Radius around the centre (µm) that fills the smaller side at zoom 1. */
    this.radius = 30;
    this.width = 800;
    this.height = 600;
    this.set(state);
  }

  /** The left side faces the viewer: anterior left, dorsal up, the whole embryo, gentle perspective. */
  static canonical() { return new Camera(); }

  /** Unit quaternion [x, y, z, w], world to eye. Whatever is set is made a unit one. */
  get turn() { return this.#turn; }

  set turn(q) {
    this.#turn = unit(q);
    this.#rotation = rotationOf(this.#turn);
  }

  /** World to eye, nine numbers row by row, determinant +1. */
  get rotation() { return this.#rotation; }

  /** {turn, zoom, pan, flat}: what an address keeps. */
  state() { return { turn: [...this.turn], zoom: this.zoom, pan: [...this.pan], flat: this.flat }; }

  /** Take a view that `state()` gave; null or what is left out is canonical. */
  set(state) {
    const { turn = LOOKS.L, zoom = 1, pan = [0, 0], flat = false } = state ?? {};
    this.turn = turn;
    /** 1: the whole embryo fits into the smaller of width and height. */
    this.zoom = heldZoom(zoom);
    /** What lies in the middle of the picture: [x, y] µm in the eye's plane through the centre. */
    this.pan = pan.map((value) => (Number.isFinite(value) ? value : 0));
    /** Without perspective. */
    this.flat = Boolean(flat);
    return this;
  }

  /** The named side faces the viewer ("A", "P", "L", "R", "D", "V"). Zoom and pan stay. */
  look(side) {
    if (!(side in LOOKS)) throw new Error(`no side of an embryo: ${side}`);
    this.turn = LOOKS[side];
    return this;
  }

  /** `radius` (µm) around the centre is what fills the picture at zoom 1. */
  fit(radius) {
    this.radius = radius > 0 && Number.isFinite(radius) ? radius : 30;
    return this;
  }

  resize(width, height) { [this.width, this.height] = [width, height]; }

  /** Turn as a drag of (dx, dy) px does: what lies on the near side goes with the pointer. */
  rotate(dx, dy, width = this.width, height = this.height) {
    const length = Math.hypot(dx, dy);
    if (!(length > 0)) return;
    const angle = length / (this.radius * this.scale(width, height));
    const sine = Math.sin(angle / 2) / length;
    this.turn = times([dy * sine, dx * sine, 0, Math.cos(angle / 2)], this.turn);
  }

  /** Roll about the line of sight by `angle` (radians), counterclockwise on the screen. */
  roll(angle) { this.turn = times([0, 0, Math.sin(angle / 2), Math.cos(angle / 2)], this.turn); }

  /** Move the picture by (dx, dy) px, y down. */
  panBy(dx, dy, width = this.width, height = this.height) {
    const scale = this.scale(width, height);
    this.pan = [this.pan[0] - dx / scale, this.pan[1] + dy / scale];
  }

  /** `factor` times as large; what lies at (x, y), px from the top left (the middle if left out), stays there. */
  zoomBy(factor, x = null, y = null, width = this.width, height = this.height) {
    const before = this.scale(width, height);
    this.zoom = heldZoom(this.zoom * factor);
    const after = this.scale(width, height);
    const [right, up] = [(x ?? width / 2) - width / 2, height / 2 - (y ?? height / 2)];
    this.pan = [this.pan[0] + right / before - right / after, this.pan[1] + up / before - up / after];
  }

  /** px of one µm in the plane through the centre. */
  scale(width = this.width, height = this.height) {
    return (Math.min(width, height) / 2 / (this.radius * ROOM)) * this.zoom;
  }

  /** One over the eye's distance from the centre (per µm); 0 without perspective. */
  get nearness() { return this.flat ? 0 : Math.sin(HALF_VIEW) / this.radius; }

  /** How far before and behind the centre (µm) things are drawn. */
  get reach() { return CLIPPED * this.radius; }

  /** The eye's place of a world place (µm): x right, y up, z to the viewer. Pan and zoom are not in it. */
  toEye([x, y, z]) {
    const r = this.#rotation;
    return [r[0] * x + r[1] * y + r[2] * z, r[3] * x + r[4] * y + r[5] * z, r[6] * x + r[7] * y + r[8] * z];
  }

  /** The world place of a place of the eye: the inverse of `toEye`. */
  toWorld([x, y, z]) {
    const r = this.#rotation;
    return [r[0] * x + r[3] * y + r[6] * z, r[1] * x + r[4] * y + r[7] * z, r[2] * x + r[5] * y + r[8] * z];
  }

  /**
   * Where a world place is on a screen of that size: {x, y (CSS px from the top left), depth (µm away from the
   * viewer, 0 at the centre's plane), perUm (px of one µm there)}. Behind the eye perUm is negative.
   */
  project(world, width = this.width, height = this.height) {
    const [x, y, z] = this.toEye(world);
    const share = 1 - this.nearness * z;
    const scale = this.scale(width, height);
    return {
      x: width / 2 + scale * (x / share - this.pan[0]),
      y: height / 2 - scale * (y / share - this.pan[1]),
      depth: -z,
      perUm: scale / share,
    };
  }

  /** World to clip space as WebGL takes it: 16 numbers, column by column. Remembers the size. */
  matrix(width, height) {
    this.resize(width, height);
    const scale = this.scale(width, height);
    const [sx, sy] = [(2 * scale) / width, (2 * scale) / height];
    const { nearness, reach, pan } = this;
    const r = this.#rotation;
    const clip = new Float32Array(16);
    for (let column = 0; column < 3; column += 1) {
      const [x, y, z] = [r[column], r[3 + column], r[6 + column]];
      clip[4 * column] = sx * (x + pan[0] * nearness * z);
      clip[4 * column + 1] = sy * (y + pan[1] * nearness * z);
      clip[4 * column + 2] = -z / reach;
      clip[4 * column + 3] = -nearness * z;
    }
    clip.set([-sx * pan[0], -sy * pan[1], nearness * reach, 1], 12);
    return clip;
  }
}

function heldZoom(zoom) {
  return Number.isFinite(zoom) ? Math.min(Math.max(zoom, LEAST_ZOOM), MOST_ZOOM) : 1;
}
