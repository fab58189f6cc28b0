/**
 * An MP4 file of one H.264 track, written from encoded frames. No DOM, no codec: bytes in, bytes out.
 *
 * ISO base media (ISO/IEC 14496-12) with AVC samples (14496-15): boxes of a length, four letters and content, here
 * `ftyp`, `moov` (what is where) and `mdat` (the frames). `moov` comes first, so a player can begin before it has
 * read all. Every frame lasts the same: time runs in ticks of 1 / (512 · rate) s, and the duration is exact.
 */

import { colourNumbers, lengthOf } from "./webm.mjs";

const TICKS = 512; // of one frame
const CHUNK_FRAMES = 64; // frames that lie together and become one Blob
const UNTURNED = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];

const letters = (word) => [...word].map((letter) => letter.charCodeAt(0));
const u16 = (...values) => values.flatMap((value) => [value >>> 8 & 255, value & 255]);
const u32 = (...values) => values.flatMap((value) => [value >>> 24 & 255, value >>> 16 & 255, value >>> 8 & 255, value & 255]);

/** A box as bytes; content is arrays of bytes. */
function box(name, ...content) {
  const bytes = Uint8Array.from([0, 0, 0, 0, ...letters(name), ...content.flatMap((part) => [...part])]);
  new DataView(bytes.buffer).setUint32(0, bytes.length);
  return bytes;
}

/** A box with a version (0) and flags. */
const full = (name, flags, ...content) => box(name, u32(flags), ...content);

/**
 * Takes encoded frames in their order and gives the file's parts.
 *
 * `description` is the encoder's avcC record (its frames then carry lengths, not start codes). Frames must come in
 * the order in which they are shown: an encoder that reorders them can't be used with this.
 */
export class Mp4File {
  static type = "video/mp4";
  static extension = "mp4";
  #sizes = [];
  #keys = []; // numbers of the keyframes, from 1
  #chunks = []; // Blobs
  #waiting = [];

  constructor({ width, height, rate, title = "", colour = null, description }) {
    Object.assign(this, { width, height, rate, title, colour, description: new Uint8Array(description) });
  }

  get frames() { return this.#sizes.length; }

  /** Add the next frame's bytes; the first must be a keyframe. Its time is its number over the rate. */
  add(bytes, key) {
    if (this.#sizes.length === 0 && !key) throw new Error("a video begins with a keyframe");
    this.#sizes.push(bytes.length);
    if (key) this.#keys.push(this.#sizes.length);
    this.#waiting.push(bytes);
    if (this.#waiting.length === CHUNK_FRAMES) this.#close();
  }

  /** The whole file as a list of parts for a Blob. Nothing can be added afterwards. */
  parts() {
    this.#close();
    const head = box("ftyp", letters("isom"), u32(0x200), letters("isomiso2avc1mp41"));
    const before = head.length + this.#moov(0).length + 8;
    const media = Uint8Array.from([...u32(8 + lengthOf(this.#chunks)), ...letters("mdat")]);
    return [head, this.#moov(before), media, ...this.#chunks];
  }

  #close() {
    if (this.#waiting.length) this.#chunks.push(new Blob(this.#waiting));
    this.#waiting = [];
  }

  #moov(firstAt) {
    const { width, height } = this;
    const [scale, lasts] = [this.rate * TICKS, this.#sizes.length * TICKS];
    const matrix = u32(...UNTURNED);
    return box(
      "moov",
      full("mvhd", 0, u32(0, 0, scale, lasts, 0x10000), u16(0x100, 0), u32(0, 0), matrix, u32(0, 0, 0, 0, 0, 0, 2)),
      box(
        "trak",
        full("tkhd", 3, u32(0, 0, 1, 0, lasts, 0, 0), u16(0, 0, 0, 0), matrix, u32(width * 0x10000, height * 0x10000)),
        box(
          "mdia",
          full("mdhd", 0, u32(0, 0, scale, lasts), u16(0x55c4, 0)), // language "und"
          full("hdlr", 0, u32(0), letters("vide"), u32(0, 0, 0), letters("Video"), [0]),
          box(
            "minf",
            full("vmhd", 1, u16(0, 0, 0, 0)),
            box("dinf", full("dref", 0, u32(1), full("url ", 1))),
            this.#table(firstAt),
          ),
        ),
      ),
      this.title ? box("udta", full("meta", 0, full("hdlr", 0, u32(0), letters("mdirappl"), u32(0, 0), [0]), this.#named())) : [],
    );
  }

  #named() {
    return box("ilst", box("\u00a9nam", box("data", u32(1, 0), new TextEncoder().encode(this.title))));
  }

  #table(firstAt) {
    const sizes = this.#sizes;
    let at = firstAt;
    const places = this.#chunks.map((blob) => { at += blob.size; return at - blob.size; });
    const rest = sizes.length % CHUNK_FRAMES;
    const runs = [];
    if (sizes.length >= CHUNK_FRAMES) runs.push([1, CHUNK_FRAMES, 1]);
    if (rest) runs.push([this.#chunks.length, rest, 1]);
    return box(
      "stbl",
      full("stsd", 0, u32(1), this.#sample()),
      full("stts", 0, u32(1, sizes.length, TICKS)),
      full("stss", 0, u32(this.#keys.length, ...this.#keys)),
      full("stsc", 0, u32(runs.length, ...runs.flat())),
      full("stsz", 0, u32(0, sizes.length, ...sizes)),
      full("stco", 0, u32(places.length, ...places)),
    );
  }

  #sample() {
    const colour = this.colour && colourNumbers(this.colour);
    return box(
      "avc1", [0, 0, 0, 0, 0, 0], u16(1), u32(0, 0, 0, 0), u16(this.width, this.height), u32(0x480000, 0x480000, 0), u16(1),
      new Uint8Array(32), u16(24, 0xffff),
      box("avcC", this.description),
      colour ? box("colr", letters("nclx"), u16(colour.primaries, colour.transfer, colour.matrix), [colour.full ? 0x80 : 0]) : [],
    );
  }
}
