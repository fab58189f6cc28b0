/**
 * A video made in the browser: every frame drawn, encoded by WebCodecs with its exact time, and put into a file
 * by webm.mjs or mp4.mjs. Nothing is sent anywhere.
 *
 * Frame i of a video is shown from i / rate to (i + 1) / rate seconds, so `count` frames last count / rate.
 */

import { WebmFile } from "./webm.mjs";
import { Mp4File } from "./mp4.mjs";

export const RATES = [10, 15, 24, 25, 30, 60]; // frames a second
export const MOST_FRAMES = 20_000;
const BITS_A_PIXEL = 0.16; // of encoded video, at most: shaded balls on one ground need less
const KEYFRAME_S = 2; // players can jump to these
const QUEUED = 3; // frames that may wait for the encoder: more would only fill memory

/** The forms a video can have, what slides and players open most readily first: {name, words, codecs to try (as WebCodecs names them), file}. */
const FORMS = [
  {
    name: "mp4", words: "MP4 (H.264)", file: Mp4File, extra: { avc: { format: "avc" } },
    codecs: ["avc1.640028", "avc1.640033", "avc1.4d0028", "avc1.4d0033", "avc1.42e01f", "avc1.42e033"],
  },
  { name: "webm", words: "WebM (VP9)", file: WebmFile, codec: "V_VP9", codecs: ["vp09.00.41.08", "vp09.00.51.08"] },
];

/** Why no video can be made here, "" where one can. */
export function whyNot() {
  if (typeof VideoEncoder === "function" && typeof VideoFrame === "function") return "";
  return globalThis.isSecureContext
    ? "This browser can't encode video (it has no WebCodecs). Chrome, Edge, Safari 16.4, Firefox 130 or newer can."
    : "Browsers encode video only on pages that came by https:// or from this machine, and this one came by http://.";
}

/** The forms that this browser encodes at that size and rate: [{name, words, extension, config, …}]. */
export async function formsFor(width, height, rate) {
  if (whyNot()) return [];
  const found = [];
  for (const form of FORMS) {
    for (const codec of form.codecs) {
      const config = {
        codec, width, height, framerate: rate, bitrate: Math.round(width * height * rate * BITS_A_PIXEL),
        latencyMode: "quality", ...form.extra,
      };
      const answer = await VideoEncoder.isConfigSupported(config).catch(() => null);
      if (!answer?.supported) continue;
      found.push({ ...form, extension: form.file.extension, config });
      break;
    }
  }
  return found;
}

/**
 * The moments of a video from minute `from` to minute `to` at `speed` minutes a second and `rate` frames a second:
 * the first at `from`, the last at `to`, the others evenly `speed / rate` apart. Float64Array of minutes.
 */
export function moments(from, to, speed, rate) {
  const count = Math.ceil(((to - from) / speed) * rate - 1e-6) + 1;
  return Float64Array.from({ length: Math.max(count, 1) }, (_, i) => Math.min(from + (i * speed) / rate, to));
}

/** Bytes that a video has at most, roughly: what the encoder is told to keep to. */
export const mostBytes = (form, count, rate) => (form.config.bitrate / 8) * (count / rate);

/** The next task, without the delays that browsers give to timers: what else the page has to do comes between. */
function otherTasks() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); resolve(); };
    port2.postMessage(null);
  });
}

/**
 * Make a video of `count` frames as a Blob. `draw(i)` gives (a promise of) the canvas of frame i, of the size that
 * `form` (of `formsFor`) was asked for. `told({done, bytes})` hears of each frame that is encoded. `signal` cancels:
 * then an AbortError is thrown and nothing is left. Throws an Error in words where the encoder fails.
 */
export async function record({ form, count, rate, title = "", draw, told = () => {}, signal }) {
  const { width, height } = form.config;
  const stamp = (i) => Math.round((i * 1e6) / rate);
  let file = null;
  let failed = null;
  let bytes = 0;
  const encoder = new VideoEncoder({
    error: (error) => { failed ??= new Error(`the browser's encoder gave up (${error.message})`); },
    output(chunk, { decoderConfig } = {}) {
      if (failed || signal?.aborted) return;
      try {
        const { colorSpace: colour, description } = decoderConfig ?? {};
        file ??= new form.file({ codec: form.codec, width, height, rate, title, colour, description });
        if (chunk.timestamp !== stamp(file.frames)) throw new Error("the browser's encoder left out a frame");
        const encoded = new Uint8Array(chunk.byteLength);
        chunk.copyTo(encoded);
        file.add(encoded, chunk.type === "key");
        bytes += encoded.length;
        told({ done: file.frames, bytes });
      } catch (error) {
        failed ??= error;
      }
    },
  });
  const check = () => {
    signal?.throwIfAborted();
    if (failed) throw failed;
  };
  try {
    check();
    encoder.configure(form.config);
    for (let i = 0; i < count; i += 1) {
      const canvas = await draw(i);
      check();
      if (canvas.width !== width || canvas.height !== height) throw new Error(`a frame came as ${canvas.width} × ${canvas.height} pixels`);
      const frame = new VideoFrame(canvas, { timestamp: stamp(i), duration: stamp(i + 1) - stamp(i), alpha: "discard" });
      encoder.encode(frame, { keyFrame: i % Math.round(KEYFRAME_S * rate) === 0 });
      frame.close();
      await otherTasks();
      while (encoder.encodeQueueSize > QUEUED) {
        await dequeued(encoder);
        check();
      }
    }
    await encoder.flush();
    check();
    if (file?.frames !== count) throw new Error(`the browser's encoder gave ${file?.frames ?? 0} of ${count} frames`);
    return new Blob(file.parts(), { type: form.file.type });
  } catch (error) {
    throw failed ?? error;
  } finally {
    if (encoder.state !== "closed") encoder.close();
  }
}

/** When the encoder has taken a frame; looked at again after a while, for browsers that don't say. */
function dequeued(encoder) {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, 200);
    encoder.addEventListener("dequeue", () => { clearTimeout(late); resolve(); }, { once: true });
  });
}
