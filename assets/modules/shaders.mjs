/**
 * What the GPU runs for the stage. Nothing is an attribute: a vertex asks which segment it belongs to (see
 * bodies.mjs) and reads that from textures, so that a moment of an embryo is one plain draw over a range.
 * Six vertices a segment, not instances of four: graphics cards don't mind, and an emulated one draws them
 * several times as fast.
 */

import { TEXTURE_WIDTH } from "./bodies.mjs";
import { VIRIDIS } from "./colours.mjs";

const HEAD = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
precision highp usampler2D;
`;

// The two triangles of a square: corners -1 to 1 by vertex.
const CORNERS = `
const vec2 CORNERS[6] = vec2[6](
  vec2(-1, -1), vec2(1, -1), vec2(-1, 1), vec2(-1, 1), vec2(1, -1), vec2(1, 1));
`;

// lens: clip units of 1 µm to the right and up, one over the eye's distance, how deep is drawn.
const LENS = `
uniform vec4 lens;
uniform vec2 pan;
vec4 clipOf(vec3 eye) {
  float w = 1.0 - lens.z * eye.z;
  return vec4(lens.xy * (eye.xy - pan * w), -eye.z / lens.w + lens.z * lens.w, w);
}
`;

const SEGMENT = `
uniform usampler2D places;
uniform usampler2D ids;
uniform usampler2D shades;
uniform sampler2D cells;
uniform mat4x3 toEye;
uniform vec2 sizes;      // µm of radius: at 0, of one step
uniform ivec4 range;     // first segment, first that fades in, first that fades out, where the palette begins
uniform ivec2 painting;  // colour by the cell, colours are a ramp
uniform vec4 moment;     // share of the interval, now, tail behind, tail ahead (all three in intervals)

ivec2 texel(int index) { return ivec2(index % ${TEXTURE_WIDTH}, index / ${TEXTURE_WIDTH}); }

struct Way { vec4 from; vec4 to; };

Way wayOf(int segment) {
  uvec4 packed = texelFetch(places, texel(segment), 0);
  vec4 low = vec4(packed & 65535u);
  vec4 high = vec4(packed >> 16u);
  return Way(vec4(low.x, high.x, low.y, high.y), vec4(low.z, high.z, low.w, high.w));
}

vec4 lookOf(int cell) { return texelFetch(cells, texel(2 * cell), 0); }

vec3 shadeAt(int index) { return texelFetch(cells, texel(range.w + index), 0).rgb; }

vec3 colourOf(int segment, vec4 look, float share) {
  if (painting.x == 1) return look.rgb;
  uint packed = texelFetch(shades, texel(segment), 0).r;
  int from = int(packed & 65535u);
  int to = int(packed >> 16u);
  if (painting.y == 1 && from > 0 && to > 0) return shadeAt(int(mix(float(from), float(to), share) + 0.5));
  return shadeAt(share < 0.5 ? from : to);
}
`;

/**
 * Nuclei. With `fine` every pixel has the depth of the sphere's surface, else that of its centre. As `points`
 * each is one vertex instead of six: for a crowd.
 */
export function nuclei({ fine, points }) {
  const vertex = `${HEAD}${CORNERS}${LENS}${SEGMENT}
uniform int blending;  // 0: what is solid, 1: what is seen through
uniform vec4 depthCue; // ground, share of it at the far end
uniform vec2 near;     // radius of the embryo, pixels of 1 µm
uniform vec4 mark;     // colour of the rim of chosen ones, pixels of a CSS px
${points ? "" : "out vec2 at;"}
flat out vec3 colour;
flat out vec4 rim;     // its colour, where it begins
flat out vec2 seen;    // opacity of the middle, of the edge
${fine ? "flat out vec3 sphere; // depth of the centre, radius" : ""}

void main() {
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  int segment = range.x + gl_VertexID${points ? "" : " / 6"};
  int cell = int(texelFetch(ids, texel(segment), 0).r & 262143u);
  vec4 look = lookOf(cell);
  int style = int(look.a * 255.0 + 0.5);
  bool fades = segment >= range.y;
  if (style == 0 || int(fades || style == 2) != blending) return;

  Way way = wayOf(segment);
  vec4 place = mix(way.from, way.to, moment.x);
  vec3 eye = toEye * vec4(place.xyz, 1.0);
  float w = 1.0 - lens.z * eye.z;
  float pixels = near.y / w;
  float radius = max(sizes.x + sizes.y * place.w, 1.0 / pixels);
  gl_Position = clipOf(eye);
${points ? "  gl_PointSize = 2.0 * radius * pixels;" : `  at = CORNERS[gl_VertexID % 6];
  gl_Position.xy += lens.xy * at * radius;`}

  float far = clamp(0.5 - 0.5 * eye.z / near.x, 0.0, 1.0);
  vec3 ground = depthCue.rgb;
  colour = mix(colourOf(segment, look, moment.x), ground, depthCue.a * far);
  float width = (style == 3 ? 1.8 : 0.9) * mark.a / (radius * pixels) + 0.012;
  float glow = 0.9 * max(0.36 - dot(colour, vec3(0.33)), 0.0); // what is nearly black is seen by its rim
  rim.rgb = style == 3 ? mix(mark.rgb, ground, 0.5 * depthCue.a * far) : mix(colour * 0.42, ground, 0.15) + glow;
  rim.a = 1.0 - min(width, style == 3 ? 0.45 : 0.3);
  rim.a *= rim.a;
  seen = vec2(1.0);
  if (style == 2) {
    seen = vec2(0.09, 0.3);
    rim.rgb = colour;
  }
  if (fades) seen *= segment >= range.z ? 1.0 - moment.x : moment.x;
${fine ? "  sphere = vec3(eye.z, radius, 0.0);" : ""}
}`;
  const fragment = `${HEAD}${fine ? "uniform vec4 lens;" : ""}
${points ? "" : "in vec2 at;"}
flat in vec3 colour;
flat in vec4 rim;
flat in vec2 seen;
${fine ? "flat in vec3 sphere;" : ""}
out vec4 painted;

void main() {
${points ? "  vec2 at = vec2(2.0, -2.0) * (gl_PointCoord - 0.5);" : ""}
  float away = dot(at, at);
  if (away > 1.0) discard;
  float front = sqrt(1.0 - away);
  float light = 0.64 + dot(vec3(at, front), vec3(-0.19, 0.24, 0.36));
  painted = vec4(away > rim.a ? rim.rgb : colour * light, mix(seen.x, seen.y, away * away));
${fine ? `  float z = sphere.x + sphere.y * front;
  gl_FragDepth = 0.5 + 0.5 * (-z / lens.w + lens.z * lens.w) / (1.0 - lens.z * z);` : ""}
}`;
  return { vertex, fragment };
}

const vec3Of = (hex) => `vec3(${[1, 3, 5].map((at) => (parseInt(hex.slice(at, at + 2), 16) / 255).toFixed(4)).join(", ")})`;

// A line of some pixels' width between two places of the eye, a little over both ends so that joints close.
const RIBBON = `
uniform vec2 viewport; // half its pixels
void ribbon(vec4 a, vec4 b, float atA, float atB) {
  vec2 corner = CORNERS[gl_VertexID % 6];
  vec2 along = (b.xy / b.w - a.xy / a.w) * viewport;
  float size = length(along);
  along = size > 0.001 ? along / size : vec2(1.0, 0.0);
  float end = 0.5 + 0.5 * corner.x;
  float width = 0.5 * mix(atA, atB, end);
  gl_Position = mix(a, b, end);
  vec2 shift = along * corner.x * width * 0.6 + vec2(-along.y, along.x) * corner.y * width;
  gl_Position.xy += shift / viewport * gl_Position.w;
}
`;

/** Tails: the segments around now, cut at its ends, paler and thinner with age. */
export function tails() {
  const vertex = `${HEAD}${CORNERS}${LENS}${SEGMENT}${RIBBON}
uniform vec4 depthCue;
uniform vec2 near;
uniform vec4 tail; // width in pixels, of all cells, colour by time, intervals of the whole recording
uniform float hidden; // 1 where nuclei are flat discs
out vec3 colour;
const vec3 TIME[${VIRIDIS.length}] = vec3[${VIRIDIS.length}](${VIRIDIS.map(vec3Of).join(", ")});

vec3 timeColour(float share) {
  float at = clamp(share, 0.0, 1.0) * ${(VIRIDIS.length - 1).toFixed(1)};
  int whole = min(int(at), ${VIRIDIS.length - 2});
  return mix(TIME[whole], TIME[whole + 1], at - float(whole));
}

float ageAt(float time) {
  return time < moment.y ? (moment.y - time) / moment.z : (time - moment.y) / max(moment.w, 0.001);
}

void main() {
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  int segment = range.x + gl_VertexID / 6;
  uint id = texelFetch(ids, texel(segment), 0).r;
  int cell = int(id & 262143u);
  vec4 look = lookOf(cell);
  int style = int(look.a * 255.0 + 0.5);
  if (style == 0) return;
  if (tail.y < 0.5) {
    vec4 times = floor(texelFetch(cells, texel(2 * cell + 1), 0) * 255.0 + 0.5);
    if (moment.y < times.x + 256.0 * times.y && moment.y >= times.z + 256.0 * times.w) return;
  }
  float start = float(id >> 18u) - 1.0;
  float since = max(start, moment.y - moment.z);
  float until = min(start + 1.0, moment.y + moment.w);
  Way way = wayOf(segment);
  if (until <= since || way.from == way.to) return;

  vec3 a = toEye * vec4(mix(way.from.xyz, way.to.xyz, since - start), 1.0);
  vec3 b = toEye * vec4(mix(way.from.xyz, way.to.xyz, until - start), 1.0);
  vec2 age = clamp(vec2(ageAt(since), ageAt(until)), 0.0, 1.0);
  // A nucleus hides the part of its own tail that it has in it, though it may be drawn as a flat disc.
  vec3 behind = vec3(0.0, 0.0, (sizes.x + sizes.y * way.to.w) * hidden);
  ribbon(clipOf(a - behind), clipOf(b - behind), tail.x * (1.0 - 0.5 * age.x), tail.x * (1.0 - 0.5 * age.y));

  bool later = CORNERS[gl_VertexID % 6].x > 0.0;
  float time = later ? until : since;
  float far = clamp(0.5 - 0.5 * (later ? b.z : a.z) / near.x, 0.0, 1.0);
  colour = tail.z > 0.5 ? timeColour(time / tail.w) : colourOf(segment, look, time - start);
  float pale = style == 2 ? 0.6 : 0.0;
  colour = mix(colour, depthCue.rgb, max(pale, mix(depthCue.a * far, 0.85, later ? age.y : age.x)));
}`;
  const fragment = `${HEAD}
in vec3 colour;
out vec4 painted;
void main() { painted = vec4(colour, 1.0); }`;
  return { vertex, fragment };
}

export const RING_STEPS = 96;

/** A ring centre + a·cos + b·sin in the eye's space, as a thin line. */
export function rings() {
  const vertex = `${HEAD}${CORNERS}${LENS}${RIBBON}
uniform vec3 centre;
uniform vec3 a;
uniform vec3 b;
uniform float width;
vec4 placeAt(int step) {
  float angle = float(step) * ${((2 * Math.PI) / RING_STEPS).toFixed(8)};
  return clipOf(centre + a * cos(angle) + b * sin(angle));
}
void main() {
  int step = gl_VertexID / 6;
  ribbon(placeAt(step), placeAt(step + 1), width, width);
}`;
  const fragment = `${HEAD}
uniform vec4 ink;
out vec4 painted;
void main() { painted = ink; }`;
  return { vertex, fragment };
}
