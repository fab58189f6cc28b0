import { test } from "node:test";
import assert from "node:assert/strict";
import { colourNumbers, lengthOf, WebmFile } from "../../assets/modules/webm.mjs";
import { Mp4File } from "../../assets/modules/mp4.mjs";
import { formsFor, moments, whyNot } from "../../assets/modules/video.mjs";

const whole = async (file) => new Uint8Array(await new Blob(file.parts()).arrayBuffer());
const hex = (bytes) => Buffer.from(bytes).toString("hex");

/** A reader of EBML for these tests, from RFC 8794: {id, at (of the content), end} of each element between two places. */
function elements(bytes, from, to) {
  const found = [];
  for (let at = from; at < to;) {
    const idLength = Math.clz32(bytes[at]) - 23;
    const id = hex(bytes.subarray(at, at + idLength));
    const begun = at;
    at += idLength;
    const length = Math.clz32(bytes[at]) - 23;
    let size = BigInt(bytes[at] & (0xff >> length));
    for (let i = 1; i < length; i += 1) size = size * 256n + BigInt(bytes[at + i]);
    at += length;
    found.push({ id, begun, at, end: at + Number(size) });
    at += Number(size);
    assert.ok(at <= to, `element ${id} runs over its end`);
  }
  return found;
}
const inside = (bytes, { at, end }, id) => elements(bytes, at, end).filter((each) => each.id === id);
const one = (bytes, parent, ...ids) => ids.reduce((within, id) => {
  const found = inside(bytes, within, id);
  assert.equal(found.length, 1, `one ${id}`);
  return found[0];
}, parent);
const uint = (bytes, { at, end }) => bytes.subarray(at, end).reduce((sum, byte) => sum * 256 + byte, 0);
const string = (bytes, { at, end }) => new TextDecoder().decode(bytes.subarray(at, end));

/** What a reader finds in a file. */
function read(bytes) {
  const top = elements(bytes, 0, bytes.length);
  assert.deepEqual(top.map(({ id }) => id), ["1a45dfa3", "18538067"]);
  const segment = top[1];
  const clusters = inside(bytes, segment, "1f43b675");
  const track = one(bytes, segment, "1654ae6b", "ae");
  const info = one(bytes, segment, "1549a966");
  const duration = one(bytes, info, "4489");
  return {
    doctype: string(bytes, one(bytes, top[0], "4282")),
    scale: uint(bytes, one(bytes, info, "2ad7b1")),
    duration: new DataView(bytes.buffer, bytes.byteOffset).getFloat64(duration.at),
    codec: string(bytes, one(bytes, track, "86")),
    lasts: uint(bytes, one(bytes, track, "23e383")),
    size: [uint(bytes, one(bytes, track, "e0", "b0")), uint(bytes, one(bytes, track, "e0", "ba"))],
    frames: clusters.flatMap((cluster) => {
      const begin = uint(bytes, one(bytes, cluster, "e7"));
      return inside(bytes, cluster, "a3").map(({ at, end }) => ({
        track: bytes[at] & 0x7f,
        time: begin + new DataView(bytes.buffer, bytes.byteOffset).getInt16(at + 1),
        key: bytes[at + 3] === 0x80,
        content: hex(bytes.subarray(at + 4, end)),
      }));
    }),
    clusters: clusters.map((cluster) => ({ begun: cluster.begun - segment.at, time: uint(bytes, one(bytes, cluster, "e7")) })),
    cues: inside(bytes, one(bytes, segment, "1c53bb6b"), "bb").map((point) => ({
      begun: uint(bytes, one(bytes, point, "b7", "f1")), time: uint(bytes, one(bytes, point, "b3")),
    })),
    seeks: inside(bytes, one(bytes, segment, "114d9b74"), "4dbb").map((seek) => {
      const { at, end } = one(bytes, seek, "53ab");
      const place = segment.at + uint(bytes, one(bytes, seek, "53ac"));
      return [hex(bytes.subarray(at, end)), elements(bytes, place, segment.end)[0].id];
    }),
  };
}

test("a file of two frames, byte by byte", async () => {
  const file = new WebmFile({ codec: "V_VP8", width: 320, height: 240, rate: 25 });
  file.add(Uint8Array.of(1, 2, 3), true);
  file.add(Uint8Array.of(4, 5), false);
  const expected = [
    "1a45dfa3 9f", "4286 81 01", "42f7 81 01", "42f2 81 04", "42f3 81 08", "4282 84 7765626d", "4287 81 04", "4285 81 02",
    "18538067 40dc", // 68 + 51 + 51 + 25 + 25 = 220 bytes follow
    "114d9b74 bf",
    "4dbb 92 53ab 84 1549a966 53ac 88 0000000000000044",
    "4dbb 92 53ab 84 1654ae6b 53ac 88 0000000000000077",
    "4dbb 92 53ab 84 1c53bb6b 53ac 88 00000000000000aa",
    "1549a966 ae", "2ad7b1 83 0f4240", "4489 88 4054000000000000", // 80 ms
    "4d80 8b 426c6173746f73636f7065", "5741 8b 426c6173746f73636f7065",
    "1654ae6b ae", "ae ac", "d7 81 01", "73c5 81 01", "83 81 01", "9c 81 00", "22b59c 83 756e64", "86 85 565f565038",
    "23e383 84 02625a00", "e0 87 b0 82 0140 ba 81 f0", // 40 ms a frame, 320 × 240
    "1c53bb6b 94", "bb 92", "b3 81 00", "b7 8d", "f7 81 01", "f1 88 00000000000000c3",
    "1f43b675 94", "e7 81 00", "a3 87 81 0000 80 010203", "a3 86 81 0028 00 0405",
  ].join("").replaceAll(" ", "");
  assert.equal(hex(await whole(file)), expected);
});

test("what a reader finds is what was put in", async () => {
  const rate = 30;
  const file = new WebmFile({ codec: "V_VP9", width: 1280, height: 720, rate, title: "alr-1 · <b>", colour: { matrix: "bt709" } });
  const content = (frame) => Uint8Array.from({ length: 1 + ((frame * 37) % 300) }, (_, i) => (frame + i) % 256);
  for (let frame = 0; frame < 100; frame += 1) file.add(content(frame), frame % 24 === 0);
  const found = read(await whole(file));
  assert.equal(found.doctype, "webm");
  assert.equal(found.codec, "V_VP9");
  assert.equal(found.scale, 1e6);
  assert.equal(found.duration, (1000 * 100) / rate);
  assert.equal(found.lasts, 33333333);
  assert.deepEqual(found.size, [1280, 720]);
  assert.deepEqual(found.frames, Array.from({ length: 100 }, (_, frame) => ({
    track: 1, time: Math.round((1000 * frame) / rate), key: frame % 24 === 0, content: hex(content(frame)),
  })));
  assert.equal(found.clusters.length, 5);
  assert.deepEqual(found.cues, found.clusters, "each cue points at the cluster that begins then");
  assert.deepEqual(found.seeks, [["1549a966", "1549a966"], ["1654ae6b", "1654ae6b"], ["1c53bb6b", "1c53bb6b"]]);
});

test("a long run without a keyframe is cut before a block's time overflows", async () => {
  const file = new WebmFile({ codec: "V_VP8", width: 16, height: 16, rate: 1 });
  for (let frame = 0; frame < 90; frame += 1) file.add(Uint8Array.of(frame), frame === 0);
  const found = read(await whole(file));
  assert.deepEqual(found.frames.map(({ time }) => time), Array.from({ length: 90 }, (_, frame) => 1000 * frame));
  assert.equal(found.clusters.length, 3);
});

test("lengths that need more bytes, at the edges where one byte less would mean unknown", async () => {
  for (const length of [122, 123, 124, 16378, 16379, 16380, 70000]) {
    const file = new WebmFile({ codec: "V_VP8", width: 16, height: 16, rate: 10 });
    file.add(new Uint8Array(length).fill(7), true);
    const [frame] = read(await whole(file)).frames;
    assert.equal(frame.content.length / 2, length);
  }
});

test("a video begins with a keyframe", () => {
  for (const File of [WebmFile, Mp4File]) {
    const file = new File({ codec: "V_VP8", width: 16, height: 16, rate: 10, description: [] });
    assert.throws(() => file.add(Uint8Array.of(1), false), /keyframe/);
    assert.equal(file.frames, 0);
  }
});

test("colour spaces are told by the standard's numbers", () => {
  assert.deepEqual(colourNumbers({ matrix: "bt709", transfer: "iec61966-2-1", primaries: "bt709", fullRange: false }),
    { matrix: 1, transfer: 13, primaries: 1, full: false });
  assert.deepEqual(colourNumbers({ matrix: "smpte170m", fullRange: true }), { matrix: 6, transfer: 2, primaries: 2, full: true });
  assert.deepEqual(colourNumbers(null), { matrix: 2, transfer: 2, primaries: 2, full: false });
});

// MP4

/** Boxes between two places: {name, at, end}. */
function boxes(bytes, from, to) {
  const found = [];
  for (let at = from; at < to;) {
    const length = new DataView(bytes.buffer).getUint32(at);
    found.push({ name: String.fromCharCode(...bytes.subarray(at + 4, at + 8)), at: at + 8, end: at + length });
    at += length;
    assert.ok(length >= 8 && at <= to, "a box runs over its end");
  }
  return found;
}
const box = (bytes, ...path) => path.reduce(({ at, end }, name) => {
  const found = boxes(bytes, at, end).filter((each) => each.name === name);
  assert.equal(found.length, 1, `one ${name}`);
  return found[0];
}, { at: 0, end: bytes.length });
const numbers = (bytes, { at, end }) => {
  const view = new DataView(bytes.buffer);
  return Array.from({ length: (end - at) >> 2 }, (_, i) => view.getUint32(at + 4 * i));
};

test("an MP4 tells where each frame lies, how long it lasts and which are keyframes", async () => {
  for (const count of [1, 63, 64, 65, 200]) {
    const file = new Mp4File({ width: 1280, height: 720, rate: 30, title: "alr-1", description: Uint8Array.of(1, 66, 0, 31), colour: {} });
    const content = (frame) => Uint8Array.from({ length: 1 + ((frame * 37) % 300) }, (_, i) => (frame + i) % 256);
    for (let frame = 0; frame < count; frame += 1) file.add(content(frame), frame % 24 === 0);
    assert.equal(file.frames, count);
    const bytes = await whole(file);
    assert.deepEqual(boxes(bytes, 0, bytes.length).map(({ name }) => name), ["ftyp", "moov", "mdat"]);
    const header = numbers(bytes, box(bytes, "moov", "mvhd"));
    assert.deepEqual(header.slice(3, 5), [30 * 512, count * 512], "count / rate seconds");
    const media = ["moov", "trak", "mdia"];
    assert.deepEqual(numbers(bytes, box(bytes, ...media, "mdhd")).slice(3, 5), [30 * 512, count * 512]);
    const table = [...media, "minf", "stbl"];
    assert.deepEqual(numbers(bytes, box(bytes, ...table, "stts")), [0, 1, count, 512]);
    const keys = Array.from({ length: count }, (_, i) => i).filter((i) => i % 24 === 0).map((i) => i + 1);
    assert.deepEqual(numbers(bytes, box(bytes, ...table, "stss")), [0, keys.length, ...keys]);
    const [, , sizesCount, ...sizes] = numbers(bytes, box(bytes, ...table, "stsz"));
    assert.equal(sizesCount, count);
    // Read every frame as a player does: chunk by chunk, with the run of frames that stsc gives to each.
    const [, chunkCount, ...chunks] = numbers(bytes, box(bytes, ...table, "stco"));
    const [, runCount, ...runs] = numbers(bytes, box(bytes, ...table, "stsc"));
    assert.deepEqual([chunks.length, runs.length], [chunkCount, 3 * runCount]);
    let frame = 0;
    chunks.forEach((place, i) => {
      let many = 0;
      for (let run = 0; run < runCount; run += 1) if (runs[3 * run] <= i + 1) many = runs[3 * run + 1];
      let at = place;
      for (let each = 0; each < many; each += 1, frame += 1) {
        assert.equal(hex(bytes.subarray(at, at + sizes[frame])), hex(content(frame)));
        at += sizes[frame];
      }
    });
    assert.equal(frame, count);
    const stsd = box(bytes, ...table, "stsd");
    const [entry] = boxes(bytes, stsd.at + 8, stsd.end);
    assert.equal(entry.name, "avc1");
    assert.deepEqual([...bytes.subarray(entry.at + 24, entry.at + 28)], [5, 0, 2, 208], "1280 × 720");
    const avcc = boxes(bytes, entry.at + 78, entry.end)[0];
    assert.deepEqual([avcc.name, ...bytes.subarray(avcc.at, avcc.end)], ["avcC", 1, 66, 0, 31]);
    assert.equal(box(bytes, "mdat").end, bytes.length);
  }
});

test("lengths of parts are those of their bytes", () => {
  assert.equal(lengthOf([Uint8Array.of(1, 2), new Blob(["abc"])]), 5);
});

// Moments of a video (video.mjs)

test("a video begins at its first minute, ends at its last, and goes on evenly between", () => {
  assert.deepEqual([...moments(10, 13, 1.5, 2)], [10, 10.75, 11.5, 12.25, 13]);
  assert.deepEqual([...moments(0, 1, 0.9, 2)], [0, 0.45, 0.9, 1], "what doesn't come out even ends at the end all the same");
  assert.equal(moments(0, 39, 25, 25).length, 40);
  assert.equal(moments(0, 200.3, 10, 30).at(-1), 200.3);
  assert.deepEqual([...moments(5, 5, 1, 30)], [5]);
});

test("where WebCodecs isn't, nothing is offered and a word says why", async () => {
  assert.match(whyNot(), /https/, "node has no secure context");
  assert.deepEqual(await formsFor(640, 480, 30), []);
});
