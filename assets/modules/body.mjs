/** One embryo in a scene (scene.mjs): its textures, and what may be set of it while it is shown. */

import {
  CHOSEN, DIM, linesOf, packed, placesAt, PLAIN, roomFor, segmentsOf, shadesOf, tailTimes, TEXTURE_WIDTH, toWorldOf,
} from "./bodies.mjs";
import { channels } from "./colours.mjs";

const UNPAINTED = [160, 160, 160];

/** One embryo in a scene: `scene.add` makes it. */
export class Body {
  #scene;
  #textures = null;
  #cells; // RGBA by texel: of each cell its colour and style, then the times of its tail; then the palette
  #isStale = true; // #cells has changed since it was uploaded
  #painter = null;
  #styles;
  #room = roomFor(0);

  constructor(scene, tracks, calibration, pose) {
    this.#scene = scene;
    this.tracks = tracks;
    /** {pixel_um, plane_um} and the pose; `place` changes them. */
    this.calibration = calibration;
    this.pose = pose;
    /** The moment that is drawn: a frame of this embryo, with its fraction. */
    this.frame = tracks.startFrame;
    /** Where its centre stands in the world, µm. */
    this.offset = [0, 0, 0];
    this.segments = segmentsOf(tracks);
    this.paletteAt = 2 * tracks.names.length;
    this.#cells = new Uint8Array(4 * TEXTURE_WIDTH * linesOf(this.paletteAt));
    this.style(new Uint8Array(tracks.names.length).fill(PLAIN));
    for (let cell = 0; cell < tracks.names.length; cell += 1) this.#cells.set(UNPAINTED, 8 * cell);
    this.isPerCell = true;
    this.isScale = false;
    this.upload();
  }

  /** Another calibration or pose for the same tracks: nothing is uploaded. */
  place(calibration, pose) { Object.assign(this, { calibration, pose }); }

  /** Colour its nuclei by a painter (colours.mjs). Only needed when the painter's key changed. */
  paint(painter) {
    this.#painter = painter;
    this.isPerCell = Boolean(painter.perCell);
    this.isScale = Boolean(painter.scale);
    const colours = painter.colours.map(channels);
    if (this.isPerCell) {
      this.#fit(this.paletteAt);
      for (let cell = 0; cell < this.tracks.names.length; cell += 1) {
        const row = this.tracks.firstRow[cell];
        this.#cells.set(colours[painter.of(cell, row, row, 0)], 8 * cell);
      }
    } else {
      this.#fit(this.paletteAt + colours.length);
      colours.forEach((colour, i) => this.#cells.set(colour, 4 * (this.paletteAt + i)));
    }
    this.#isStale = true;
    this.#uploadShades();
  }

  /** How each cell is drawn: Uint8Array per cell, 0 hidden, 1 plain, 2 dim, 3 chosen. It is copied. */
  style(styles) {
    this.#styles = Uint8Array.from(styles);
    this.hasDim = this.#styles.includes(DIM);
    this.hasChosen = this.#styles.includes(CHOSEN);
    const { from, until } = tailTimes(this.tracks, this.#styles);
    for (let cell = 0; cell < this.#styles.length; cell += 1) {
      this.#cells[8 * cell + 3] = this.#styles[cell];
      this.#cells[8 * cell + 4] = from[cell] & 255;
      this.#cells[8 * cell + 5] = from[cell] >> 8;
      this.#cells[8 * cell + 6] = until[cell] & 255;
      this.#cells[8 * cell + 7] = until[cell] >> 8;
    }
    this.#isStale = true;
  }

  /**
   * The nuclei at `frame` as the GPU draws them: {count, cells, world (µm, three a nucleus, offset included),
   * radius (µm), alpha}, styles apart (hidden ones are told too). The arrays are used again by the next call.
   */
  places(frame) {
    return placesAt(this.tracks, this.segments, this.calibration, this.pose, this.offset, frame, this.#room);
  }

  /** 12 numbers: from a place as it is kept on the GPU to the eye (columns of a matrix, then what is added). */
  toEye(camera, out) {
    const { rotation: r } = camera;
    const world = this.#toWorld();
    for (let at = 0; at < 12; at += 3) {
      const [x, y, z] = [world[at], world[at + 1], world[at + 2]];
      out[at] = r[0] * x + r[1] * y + r[2] * z;
      out[at + 1] = r[3] * x + r[4] * y + r[5] * z;
      out[at + 2] = r[6] * x + r[7] * y + r[8] * z;
    }
    return out;
  }

  /** From a place as it is kept to the world; worked out again only when something of it changed. */
  #toWorld() {
    const { calibration, pose, offset } = this;
    const kept = this.#world;
    if (kept?.calibration !== calibration || kept.pose !== pose || offset.some((value, axis) => value !== kept.offset[axis])) {
      const half = calibration.pixel_um / 2;
      const size = this.#axes[3];
      /** µm of radius where the kept size is 0, and of one step of it. */
      this.sizes = [half * size.least, half * size.step];
      this.#world = { calibration, pose, offset: [...offset], matrix: toWorldOf(this.#axes, calibration, pose, offset) };
    }
    return this.#world.matrix;
  }

  #world = null;
  #axes;

  // Textures

  get textures() {
    if (this.#isStale) this.#uploadCells();
    return this.#textures;
  }

  /** Bytes of its textures. */
  get bytes() {
    const { ids, shades } = this.#textures ?? {};
    return this.#textures ? 20 * ids.texels + 4 * (shades?.texels ?? 0) + this.#cells.length : 0;
  }

  /** Upload everything: at first, and after a lost context. */
  upload() {
    const { gl } = this.#scene;
    const { places, ids, axes } = packed(this.tracks, this.segments);
    this.#axes = axes;
    this.#world = null;
    const lines = linesOf(this.segments.count);
    this.#textures = {
      places: texture(gl, gl.RGBA32UI, lines, gl.RGBA_INTEGER, gl.UNSIGNED_INT, places),
      ids: texture(gl, gl.R32UI, lines, gl.RED_INTEGER, gl.UNSIGNED_INT, ids),
      shades: null,
      cells: null,
    };
    this.#uploadShades();
    this.#isStale = true;
  }

  #uploadShades() {
    const { gl } = this.#scene;
    if (!this.#textures) return;
    if (this.isPerCell) {
      gl.deleteTexture(this.#textures.shades?.texture ?? null);
      this.#textures.shades = null;
    } else {
      const lines = linesOf(this.segments.count);
      const shades = shadesOf(this.tracks, this.segments, this.#painter, new Uint32Array(lines * TEXTURE_WIDTH));
      this.#textures.shades = texture(gl, gl.R32UI, lines, gl.RED_INTEGER, gl.UNSIGNED_INT, shades, this.#textures.shades);
    }
    this.#scene.unbind(this);
  }

  #uploadCells() {
    const { gl } = this.#scene;
    const lines = this.#cells.length / 4 / TEXTURE_WIDTH;
    this.#textures.cells = texture(gl, gl.RGBA8, lines, gl.RGBA, gl.UNSIGNED_BYTE, this.#cells, this.#textures.cells);
    this.#isStale = false;
    this.#scene.unbind(this);
  }

  /** Room in #cells for so many texels. */
  #fit(texels) {
    const length = 4 * TEXTURE_WIDTH * linesOf(texels);
    if (length === this.#cells.length) return;
    const grown = new Uint8Array(length);
    grown.set(this.#cells.subarray(0, Math.min(length, 4 * this.paletteAt)));
    this.#cells = grown;
  }

  /** Give its memory on the GPU back. */
  end() {
    const { gl } = this.#scene;
    for (const one of Object.values(this.#textures ?? {})) gl.deleteTexture(one?.texture ?? null);
    this.#textures = null;
  }
}

/** {texture, lines, texels} with these texels in it; `old` is written again where it has as many lines. */
function texture(gl, internal, lines, format, type, texels, old = null) {
  gl.activeTexture(gl.TEXTURE0 + 7); // a unit that no program reads, so that none that is bound gets lost
  let made = old;
  if (old?.lines === lines) {
    gl.bindTexture(gl.TEXTURE_2D, old.texture);
  } else {
    if (old) gl.deleteTexture(old.texture);
    made = { texture: gl.createTexture(), lines, texels: lines * TEXTURE_WIDTH };
    gl.bindTexture(gl.TEXTURE_2D, made.texture);
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
    gl.texStorage2D(gl.TEXTURE_2D, 1, internal, TEXTURE_WIDTH, lines);
  }
  gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, TEXTURE_WIDTH, lines, format, type, texels);
  return made;
}
