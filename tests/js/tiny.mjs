/** The embryo of tests/test_tracks.py: made by hand, packed by services/tracks.py. */
import { readFileSync } from "node:fs";
import { decode } from "../../assets/modules/tracks.mjs";
import { Timeline } from "../../assets/modules/clock.mjs";

const { tracks } = JSON.parse(readFileSync(new URL("tiny_embryo.json", import.meta.url)));
const bytes = Buffer.from(tracks, "base64");
export const packed = () => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
export const tiny = () => decode(packed());
/** One and a half minutes a frame, from frame 1. */
export const timeline = () => new Timeline(1, [0, 1.5, 3, 4.5, 6, 7.5, 9]);
export const calibration = { pixel_um: 0.1, plane_um: 1 };
export const cellOf = (embryo, name) => embryo.names.indexOf(name);
