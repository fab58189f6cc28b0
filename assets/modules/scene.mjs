/**
 * Embryos in space on a canvas, by WebGL2. Knows the canvas and nothing else of the page.
 *
 *     const scene = new Scene(canvas);
 *     const body = scene.add(tracks, calibration, pose);
 *     body.paint(painter);
 *     body.frame = 60.5;
 *     scene.draw({ camera, width: 900, height: 700, pixels: 2, ground: "#0e1116", fine: true });
 *
 * An embryo's places go to the GPU once (bodies.mjs says how); a moment is then a handful of numbers and one
 * or two draws over a range, whatever the number of nuclei. Colours and styles are small textures, written
 * when they change. All of it is made again when a lost context comes back.
 */

import { Body } from "./body.mjs";
import { momentOf, outlineOf } from "./bodies.mjs";
import { channels } from "./colours.mjs";
import { nuclei, RING_STEPS, rings, tails } from "./shaders.mjs";

const FAREST = 0.45; // how far the farthest nuclei are taken towards the ground
const UNITS = { places: 0, ids: 1, shades: 2, cells: 3 };
const PER_SEGMENT = 6; // vertices
const CROWD = 8; // bodies
const SHELL = { outline: 0.5, ring: 0.1, width: 1.25 }; // opacity of its lines, their width in CSS px
const LIGHT_MARK = [1, 1, 1];
const DARK_MARK = [0.07, 0.09, 0.12];

/** The browser has no WebGL2 for us. */
export class NoWebGL extends Error {}

const sized = (width, height, pixels) => [width, height].map((size) => Math.max(Math.round(size * pixels), 1));

/** Somewhere off the screen to draw: {framebuffer, across, down, end()}. */
function targetOf(gl, across, down) {
  const framebuffer = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  const buffers = [[gl.RGBA8, gl.COLOR_ATTACHMENT0], [gl.DEPTH_COMPONENT24, gl.DEPTH_ATTACHMENT]].map(([format, attachment]) => {
    const buffer = gl.createRenderbuffer();
    gl.bindRenderbuffer(gl.RENDERBUFFER, buffer);
    gl.renderbufferStorage(gl.RENDERBUFFER, format, across, down);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, attachment, gl.RENDERBUFFER, buffer);
    return buffer;
  });
  const end = () => {
    gl.deleteFramebuffer(framebuffer);
    for (const buffer of buffers) gl.deleteRenderbuffer(buffer);
  };
  return { framebuffer, across, down, end };
}

/** A program with its uniforms by name. */
class Program {
  #gl;
  #uniforms = new Map();

  constructor(gl, { vertex, fragment }) {
    this.#gl = gl;
    this.program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(this.program, shader);
      gl.deleteShader(shader);
    }
    gl.linkProgram(this.program);
    if (!gl.getProgramParameter(this.program, gl.LINK_STATUS) && !gl.isContextLost()) {
      const said = gl.getAttachedShaders(this.program).map((shader) => gl.getShaderInfoLog(shader));
      throw new NoWebGL(`the graphics driver refuses a shader: ${[gl.getProgramInfoLog(this.program), ...said].join(" ")}`);
    }
    gl.useProgram(this.program);
    for (const [name, unit] of Object.entries(UNITS)) gl.uniform1i(this.at(name), unit);
  }

  /** Where the uniform `name` is; null where the program has none of that name. */
  at(name) {
    if (!this.#uniforms.has(name)) this.#uniforms.set(name, this.#gl.getUniformLocation(this.program, name));
    return this.#uniforms.get(name);
  }
}

export class Scene {
  #bodies = new Set();
  #programs = new Map();
  #bound = null; // the body whose textures are bound
  #eye = new Float32Array(12);
  #moment = { interval: -1, share: 1 };
  #drawn = { width: 1, height: 1 };
  #fine = null;
  #ended = false;
  #largestPoint = 0;
  #isEmulated = false; // no graphics card: a crowd at rest would take seconds to average
  /** The context is lost: nothing is drawn until `onrestored`. */
  lost = false;
  onlost = null;
  onrestored = null;

  /** Throws NoWebGL where the browser gives `canvas` no WebGL2. */
  constructor(canvas) {
    this.canvas = canvas;
    const gl = canvas.getContext("webgl2", {
      antialias: false, alpha: false, depth: true, stencil: false, powerPreference: "high-performance",
    });
    if (!gl) throw new NoWebGL("this browser has no WebGL2 to draw the embryo in space");
    this.gl = gl;
    canvas.addEventListener("webglcontextlost", this.#lose);
    canvas.addEventListener("webglcontextrestored", this.#restore);
    this.#begin();
  }

  // What is in it

  /**
   * An embryo: its tracks (tracks.mjs), {pixel_um, plane_um} and its pose. Throws a RangeError for more cells
   * or frames than can be numbered (bodies.mjs).
   */
  add(tracks, calibration, pose) {
    const body = new Body(this, tracks, calibration, pose);
    this.#bodies.add(body);
    return body;
  }

  remove(body) {
    if (!this.#bodies.delete(body)) return;
    this.unbind(body);
    body.end();
  }

  get bodies() { return [...this.#bodies]; }

  /** Bytes of all textures of embryos. */
  get bytes() { return this.bodies.reduce((sum, body) => sum + body.bytes, 0); }

  // Drawing

  /**
   * Draw all bodies, each at its own frame, onto the canvas.
   *
   * `width` and `height` in CSS px, `pixels` drawn for one of them (more than the screen has: they are averaged);
   * `ground` "#rrggbb"; `tails` {behind, ahead (frames), width (px), colour: "cell" | "time", of: "chosen" |
   * "all"} or null; `shell`: the outlines of eggshells; `fine`: the depth of each pixel is that of the sphere,
   * for a picture at rest.
   */
  draw(options) {
    if (this.lost || this.#ended) return;
    const { width, height } = options;
    const { canvas, gl } = this;
    // A canvas that takes another size holds everything up, so at rest it isn't finer than the screen.
    const kept = Math.min(options.pixels ?? 1, globalThis.devicePixelRatio || 1);
    const pixels = this.#isEmulated && this.#bodies.size >= CROWD ? kept : (options.pixels ?? 1);
    const [across, down] = sized(width, height, kept);
    if (canvas.width !== across) canvas.width = across;
    if (canvas.height !== down) canvas.height = down;
    this.#drawn = { width, height };
    if (kept === pixels) {
      this.#paint(options, across, down);
      return;
    }
    const [wide, high] = sized(width, height, pixels);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#fineTarget(wide, high));
    this.#paint(options, wide, high);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
    gl.blitFramebuffer(0, 0, wide, high, 0, 0, across, down, gl.COLOR_BUFFER_BIT, gl.LINEAR);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  /** The colour [r, g, b, a] at (x, y), CSS px from the top left, in the same task as a draw. */
  read(x, y) {
    const { gl, canvas } = this;
    const { width, height } = this.#drawn;
    const pixel = new Uint8Array(4);
    const right = Math.min(Math.floor((x / width) * canvas.width), canvas.width - 1);
    const down = Math.min(Math.floor((y / height) * canvas.height), canvas.height - 1);
    gl.readPixels(right, canvas.height - 1 - down, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    return [...pixel];
  }

  /**
   * The same drawing as ImageData of width · pixels by height · pixels, without touching the canvas. Throws a
   * RangeError for a size that the graphics driver doesn't have, and an Error while the context is lost.
   */
  picture(options) {
    const { gl } = this;
    if (this.lost || this.#ended) throw new Error("the graphics context is lost");
    const { width, height, pixels = 1 } = options;
    const [across, down] = [Math.round(width * pixels), Math.round(height * pixels)];
    const most = gl.getParameter(gl.MAX_RENDERBUFFER_SIZE);
    if (!(across > 0 && down > 0) || across > most || down > most) throw new RangeError(`a picture of ${across} by ${down}; at most ${most}`);
    const target = targetOf(gl, across, down);
    gl.bindFramebuffer(gl.FRAMEBUFFER, target.framebuffer);
    this.#paint(options, across, down);
    const rows = new Uint8ClampedArray(4 * across * down);
    gl.readPixels(0, 0, across, down, gl.RGBA, gl.UNSIGNED_BYTE, rows);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    target.end();
    const image = new ImageData(across, down); // WebGL's first line is the lowest
    for (let line = 0; line < down; line += 1) {
      image.data.set(rows.subarray(4 * across * (down - 1 - line), 4 * across * (down - line)), 4 * across * line);
    }
    return image;
  }

  /** What is finer than the screen is drawn here first. Kept for the next time of that size. */
  #fineTarget(across, down) {
    if (this.#fine?.across !== across || this.#fine.down !== down) {
      this.#fine?.end();
      this.#fine = targetOf(this.gl, across, down);
    }
    return this.#fine.framebuffer;
  }

  #paint(options, across, down) {
    const { gl } = this;
    const { ground = "#0e1116", tails: wanted = null, shell = false } = options;
    const [red, green, blue] = channels(ground).map((value) => value / 255);
    const shown = { ...options, across, down, ground: [red, green, blue], isDark: 0.3 * red + 0.59 * green + 0.11 * blue < 0.5 };
    gl.viewport(0, 0, across, down);
    gl.clearColor(red, green, blue, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const solid = this.#nuclei(shown);
    for (const body of this.#bodies) this.#solid(solid, body, shown);
    if (wanted && (wanted.behind > 0 || wanted.ahead > 0)) this.#tails(shown);
    if (shell) this.#shells(shown);
    this.#seenThrough(shown);
  }

  #nuclei(shown) {
    const { gl } = this;
    const { fine = false } = shown;
    const points = this.#crowd(fine, shown.camera);
    const program = this.#use(points ? "points" : fine ? "fine" : "coarse", () => nuclei({ fine, points }), shown);
    gl.uniform4f(program.at("mark"), ...(shown.isDark ? LIGHT_MARK : DARK_MARK), shown.across / shown.width);
    gl.uniform1i(program.at("blending"), 0);
    return program;
  }

  /**
   * Are nuclei drawn as points? An emulated graphics card takes half the time for them, so many embryos at
   * once are, while they move. Not close up: points are cut at the canvas's edge, and have a largest size.
   */
  #crowd(fine, camera) { return !fine && this.#bodies.size >= CROWD && camera.zoom <= 2 && this.#largestPoint >= 512; }

  /** Begin to draw by a program: made at its first use; told where the viewer stands. */
  #use(name, sources, { camera, width, height, across, down, ground }) {
    const { gl } = this;
    if (!this.#programs.has(name)) this.#programs.set(name, new Program(gl, sources()));
    const program = this.#programs.get(name);
    const scale = camera.scale(width, height);
    gl.useProgram(program.program);
    gl.uniform4f(program.at("lens"), (2 * scale) / width, (2 * scale) / height, camera.nearness, camera.reach);
    gl.uniform2f(program.at("pan"), camera.pan[0], camera.pan[1]);
    gl.uniform4f(program.at("depthCue"), ...ground, FAREST);
    gl.uniform2f(program.at("near"), camera.radius, (scale * across) / width);
    gl.uniform2f(program.at("viewport"), across / 2, down / 2);
    return program;
  }

  #solid(program, body, { camera }) {
    const { interval, share } = momentOf(body.segments, body.frame, this.#moment);
    if (interval < 0) return;
    const { starts } = body.segments;
    const [begin, end] = [starts[3 * interval], starts[3 * interval + (share === 1 ? 2 : 1)]];
    this.#place(program, body, camera, begin, end, end);
    this.#range(end - begin, program, body, share, 0, 0);
  }

  #seenThrough(shown) {
    const { gl } = this;
    let program = null;
    for (const body of this.#bodies) {
      const { interval, share } = momentOf(body.segments, body.frame, this.#moment);
      if (interval < 0) continue;
      const { starts } = body.segments;
      const ends = starts[3 * interval + 2];
      const fading = share === 1 ? ends : starts[3 * interval + 1];
      const begin = body.hasDim ? starts[3 * interval] : fading;
      const end = share === 1 ? ends : starts[3 * interval + 3];
      if (begin === end) continue;
      if (!program) {
        program = this.#nuclei(shown);
        gl.uniform1i(program.at("blending"), 1);
        this.#blend(true);
      }
      this.#place(program, body, shown.camera, begin, fading, ends);
      this.#range(end - begin, program, body, share, 0, 0);
    }
    if (program) this.#blend(false);
  }

  #blend(on) {
    const { gl } = this;
    gl.depthMask(!on);
    if (on) gl.enable(gl.BLEND);
    else gl.disable(gl.BLEND);
  }

  #tails(shown) {
    const { gl } = this;
    const { behind, ahead, width, colour, of } = shown.tails;
    let program = null;
    for (const body of this.#bodies) {
      if (of !== "all" && !body.hasChosen) continue;
      const { starts, first } = body.segments;
      const intervals = (starts.length - 1) / 3;
      const now = body.frame - first;
      const since = Math.max(Math.floor(now - behind) + 1, 0);
      const until = Math.min(Math.ceil(now + ahead), intervals - 1);
      if (until < since) continue;
      program ??= this.#use("tails", tails, shown);
      const pixels = Math.max((width * shown.across) / shown.width, 1);
      const [ofAll, byTime] = [of === "all" ? 1 : 0, colour === "time" ? 1 : 0];
      gl.uniform4f(program.at("tail"), pixels, ofAll, byTime, Math.max(intervals - 2, 1));
      gl.uniform1f(program.at("hidden"), shown.fine ? 0 : 1);
      const [begin, end] = [starts[3 * since], starts[3 * until + 3]];
      this.#place(program, body, shown.camera, begin, end, end);
      this.#range(end - begin, program, body, 1, behind, ahead);
    }
  }

  #place(program, body, camera, begin, fading, ending) {
    const { gl } = this;
    gl.uniformMatrix4x3fv(program.at("toEye"), false, body.toEye(camera, this.#eye));
    gl.uniform4i(program.at("range"), begin, fading, ending, body.paletteAt);
  }

  #range(count, program, body, share, behind, ahead) {
    const { gl } = this;
    if (count <= 0) return;
    const [least, step] = body.sizes;
    gl.uniform2f(program.at("sizes"), least, step);
    gl.uniform2i(program.at("painting"), body.isPerCell ? 1 : 0, body.isScale ? 1 : 0);
    gl.uniform4f(program.at("moment"), share, body.frame - body.segments.first, behind, ahead);
    this.#bind(body);
    if (program === this.#programs.get("points")) gl.drawArrays(gl.POINTS, 0, count);
    else gl.drawArrays(gl.TRIANGLES, 0, PER_SEGMENT * count);
  }

  #bind(body) {
    const { gl } = this;
    const { textures } = body; // uploads what is stale
    if (this.#bound === body) return;
    for (const [name, unit] of Object.entries(UNITS)) {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, (textures[name] ?? textures.ids).texture);
    }
    this.#bound = body;
  }

  /** The body's textures have changed. */
  unbind(body) { if (this.#bound === body) this.#bound = null; }

  #shells(shown) {
    const { gl } = this;
    const { camera, isDark } = shown;
    const program = this.#use("rings", rings, shown);
    const ink = isDark ? [0.75, 0.8, 0.87] : [0.3, 0.34, 0.4];
    const { nearness } = camera;
    this.#blend(true);
    gl.uniform1f(program.at("width"), Math.max(SHELL.width * shown.across / shown.width, 1));
    const ring = (centre, a, b, opacity) => {
      gl.uniform3f(program.at("centre"), ...camera.toEye(centre));
      gl.uniform3f(program.at("a"), ...camera.toEye(a));
      gl.uniform3f(program.at("b"), ...camera.toEye(b));
      gl.uniform4f(program.at("ink"), ...ink, opacity);
      gl.drawArrays(gl.TRIANGLES, 0, PER_SEGMENT * RING_STEPS);
    };
    for (const { pose, offset } of this.#bodies) {
      if (!pose.shell) continue;
      const { semiaxes } = pose.shell;
      const centre = pose.shell.centre.map((value, i) => value + offset[i]);
      // From the shell's centre to the eye, in world axes.
      const eye = camera.toWorld([0, 0, 1]).map((value, i) => value - nearness * centre[i]);
      const length = Math.hypot(...eye);
      const outline = outlineOf(semiaxes, eye.map((value) => value / length), nearness / length);
      ring(centre.map((value, i) => value + outline.centre[i]), outline.a, outline.b, SHELL.outline);
      const [x, y, z] = [[semiaxes[0], 0, 0], [0, semiaxes[1], 0], [0, 0, semiaxes[2]]];
      for (const [a, b, normal] of [[x, y, z], [y, z, x], [z, x, y]]) {
        const facing = camera.toEye(normal)[2] / Math.hypot(...normal); // seen face on it would double the outline
        ring(centre, a, b, SHELL.ring * (1 - facing ** 8));
      }
    }
    this.#blend(false);
  }

  // The context

  #begin() {
    const { gl } = this;
    gl.disable(gl.DITHER);
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LEQUAL);
    gl.blendFuncSeparate(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ONE, gl.ONE_MINUS_SRC_ALPHA); // what is drawn stays opaque
    gl.bindVertexArray(gl.createVertexArray());
    [, this.#largestPoint] = gl.getParameter(gl.ALIASED_POINT_SIZE_RANGE);
    const card = gl.getExtension("WEBGL_debug_renderer_info");
    this.#isEmulated = /swiftshader|llvmpipe|software|basic render/i.test(card ? gl.getParameter(card.UNMASKED_RENDERER_WEBGL) : "");
  }

  #lose = (event) => {
    event.preventDefault(); // else it never comes back
    this.lost = true;
    this.onlost?.();
  };

  #restore = () => {
    this.#programs.clear();
    this.#fine = null;
    this.#bound = null;
    this.#begin();
    for (const body of this.#bodies) body.upload();
    this.lost = false;
    this.onrestored?.();
  };

  /** Give everything back, the context too: a page has only some of them. */
  end() {
    if (this.#ended) return;
    this.#ended = true;
    this.canvas.removeEventListener("webglcontextlost", this.#lose);
    this.canvas.removeEventListener("webglcontextrestored", this.#restore);
    for (const body of this.#bodies) body.end();
    this.#bodies.clear();
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
