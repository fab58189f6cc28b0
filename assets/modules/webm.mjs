/**
 * A WebM file of one video track, written from encoded frames. No DOM, no codec: bytes in, bytes out.
 *
 * WebM is EBML (RFC 8794) with Matroska's elements (RFC 9559): an element is an id, the length of its content and
 * the content. The parts in their order: EBML header, Segment { SeekHead, Info, Tracks, Cues, Cluster… }. A cluster
 * is a run of frames that begins with a keyframe; the cues say where each begins, so that players can seek. All
 * lengths are known when the file is put together, so nothing is left open and nothing is patched.
 *
 * Times stand in the file in whole milliseconds (what WebM asks for); the file's duration is exact.
 */

const ID = {
  EBML: 0x1a45dfa3, EBMLVersion: 0x4286, EBMLReadVersion: 0x42f7, EBMLMaxIDLength: 0x42f2, EBMLMaxSizeLength: 0x42f3,
  DocType: 0x4282, DocTypeVersion: 0x4287, DocTypeReadVersion: 0x4285,
  Segment: 0x18538067, SeekHead: 0x114d9b74, Seek: 0x4dbb, SeekID: 0x53ab, SeekPosition: 0x53ac,
  Info: 0x1549a966, TimestampScale: 0x2ad7b1, Duration: 0x4489, Title: 0x7ba9, MuxingApp: 0x4d80, WritingApp: 0x5741,
  Tracks: 0x1654ae6b, TrackEntry: 0xae, TrackNumber: 0xd7, TrackUID: 0x73c5, TrackType: 0x83, FlagLacing: 0x9c,
  Language: 0x22b59c, CodecID: 0x86, DefaultDuration: 0x23e383,
  Video: 0xe0, PixelWidth: 0xb0, PixelHeight: 0xba,
  Colour: 0x55b0, MatrixCoefficients: 0x55b1, Range: 0x55b9, TransferCharacteristics: 0x55ba, Primaries: 0x55bb,
  Cues: 0x1c53bb6b, CuePoint: 0xbb, CueTime: 0xb3, CueTrackPositions: 0xb7, CueTrack: 0xf7, CueClusterPosition: 0xf1,
  Cluster: 0x1f43b675, Timestamp: 0xe7, SimpleBlock: 0xa3,
};
const MILLISECOND_NS = 1_000_000;
const LONGEST_CLUSTER_MS = 30_000; // a block's time counts from its cluster's in 16 bits with a sign
const TRACK = 1;

/** What WebCodecs calls a colour space, as the numbers of ITU-T H.273 that files hold. */
const MATRIX = { rgb: 0, bt709: 1, bt470bg: 5, smpte170m: 6, "bt2020-ncl": 9 };
const TRANSFER = { bt709: 1, smpte170m: 6, "iec61966-2-1": 13, linear: 8, pq: 16, hlg: 18 };
const PRIMARIES = { bt709: 1, bt470bg: 5, smpte170m: 6, bt2020: 9, smpte432: 12 };

/** {matrix, transfer, primaries, full} of a VideoColorSpaceInit as numbers; 2 is "not said". */
export function colourNumbers(space) {
  return {
    matrix: MATRIX[space?.matrix] ?? 2,
    transfer: TRANSFER[space?.transfer] ?? 2,
    primaries: PRIMARIES[space?.primaries] ?? 2,
    full: space?.fullRange === true,
  };
}

/** The content lengths of `parts` (arrays of bytes or Blobs) added up. */
export const lengthOf = (parts) => parts.reduce((sum, part) => sum + (part.size ?? part.length), 0);

function idBytes(id) {
  const bytes = [];
  for (let left = id; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return bytes;
}

/** A length as EBML writes it, in as few bytes as hold it. Up to 2^53. */
function lengthBytes(length) {
  let size = 1;
  while (length >= 2 ** (7 * size) - 1) size += 1; // all ones would mean "unknown"
  const bytes = new Array(size).fill(0);
  let left = length;
  for (let at = size - 1; at >= 0; at -= 1) {
    bytes[at] = left % 256;
    left = Math.floor(left / 256);
  }
  bytes[0] |= 1 << (8 - size);
  return bytes;
}

/** An element as a list of parts: its head, then its content (bytes, or lists of parts). */
function master(id, ...content) {
  const parts = content.flat();
  return [Uint8Array.from([...idBytes(id), ...lengthBytes(lengthOf(parts))]), ...parts];
}

const leaf = (id, bytes) => [Uint8Array.from([...idBytes(id), ...lengthBytes(bytes.length), ...bytes])];

function uint(id, value, size = 0) {
  const bytes = idBytes(value);
  while (bytes.length < Math.max(size, 1)) bytes.unshift(0);
  return leaf(id, bytes);
}

function float(id, value) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return leaf(id, bytes);
}

const text = (id, value) => leaf(id, new TextEncoder().encode(value));

/**
 * Takes encoded frames in their order and gives the file's parts.
 *
 * `codec` is "V_VP8" or "V_VP9", `width` and `height` are pixels, `rate` is frames a second; `title` goes into the
 * file. A finished cluster becomes a Blob, which the browser may lay on disk: memory holds one cluster.
 */
export class WebmFile {
  static type = "video/webm";
  static extension = "webm";
  #clusters = []; // {time (ms), blob}
  #blocks = [];
  #started = 0;
  #frames = 0;

  constructor({ codec, width, height, rate, title = "", colour = null }) {
    Object.assign(this, { codec, width, height, rate, title, colour });
  }

  get frames() { return this.#frames; }

  /** Add the next frame's bytes; the first must be a keyframe. Its time is its number over the rate. */
  add(bytes, key) {
    if (this.#frames === 0 && !key) throw new Error("a video begins with a keyframe");
    const time = Math.round((1000 * this.#frames) / this.rate);
    if (key || time - this.#started > LONGEST_CLUSTER_MS) {
      this.#close();
      this.#started = time;
    }
    const head = Uint8Array.from([0x80 | TRACK, 0, 0, key ? 0x80 : 0]);
    new DataView(head.buffer).setInt16(1, time - this.#started);
    this.#blocks.push(...master(ID.SimpleBlock, [head, bytes]));
    this.#frames += 1;
  }

  /** The whole file as a list of parts for a Blob. Nothing can be added afterwards. */
  parts() {
    this.#close();
    const info = master(
      ID.Info, uint(ID.TimestampScale, MILLISECOND_NS), float(ID.Duration, (1000 * this.#frames) / this.rate),
      this.title ? text(ID.Title, this.title) : [], text(ID.MuxingApp, "Blastoscope"), text(ID.WritingApp, "Blastoscope"),
    );
    const tracks = master(ID.Tracks, this.#track());
    const cuesLength = lengthOf(this.#cues(0));
    const seekLength = lengthOf(this.#seekHead(0, 0, 0));
    const infoAt = seekLength;
    const tracksAt = infoAt + lengthOf(info);
    const cuesAt = tracksAt + lengthOf(tracks);
    const segment = [
      ...this.#seekHead(infoAt, tracksAt, cuesAt), ...info, ...tracks, ...this.#cues(cuesAt + cuesLength),
      ...this.#clusters.map(({ blob }) => blob),
    ];
    return [
      ...master(
        ID.EBML, uint(ID.EBMLVersion, 1), uint(ID.EBMLReadVersion, 1), uint(ID.EBMLMaxIDLength, 4),
        uint(ID.EBMLMaxSizeLength, 8), text(ID.DocType, "webm"), uint(ID.DocTypeVersion, 4), uint(ID.DocTypeReadVersion, 2),
      ),
      ...master(ID.Segment, segment),
    ];
  }

  #close() {
    if (this.#blocks.length === 0) return;
    const blob = new Blob(master(ID.Cluster, uint(ID.Timestamp, this.#started), this.#blocks));
    this.#clusters.push({ time: this.#started, blob });
    this.#blocks = [];
  }

  #track() {
    const colour = this.colour && colourNumbers(this.colour);
    return master(
      ID.TrackEntry, uint(ID.TrackNumber, TRACK), uint(ID.TrackUID, TRACK), uint(ID.TrackType, 1), uint(ID.FlagLacing, 0),
      text(ID.Language, "und"), text(ID.CodecID, this.codec), uint(ID.DefaultDuration, Math.round(1e9 / this.rate)),
      master(
        ID.Video, uint(ID.PixelWidth, this.width), uint(ID.PixelHeight, this.height),
        colour ? master(
          ID.Colour, uint(ID.MatrixCoefficients, colour.matrix), uint(ID.Range, colour.full ? 2 : 1),
          uint(ID.TransferCharacteristics, colour.transfer), uint(ID.Primaries, colour.primaries),
        ) : [],
      ),
    );
  }

  /** Where each cluster begins, counted from the segment's content; positions always of eight bytes. */
  #cues(firstAt) {
    let at = firstAt;
    return master(ID.Cues, this.#clusters.flatMap(({ time, blob }) => {
      const point = master(
        ID.CuePoint, uint(ID.CueTime, time),
        master(ID.CueTrackPositions, uint(ID.CueTrack, TRACK), uint(ID.CueClusterPosition, at, 8)),
      );
      at += blob.size;
      return point;
    }));
  }

  #seekHead(infoAt, tracksAt, cuesAt) {
    const seek = (id, at) => master(ID.Seek, leaf(ID.SeekID, idBytes(id)), uint(ID.SeekPosition, at, 8));
    return master(ID.SeekHead, seek(ID.Info, infoAt), seek(ID.Tracks, tracksAt), seek(ID.Cues, cuesAt));
  }
}
