/**
 * One embryo as typed arrays, read from the binary that services/tracks.py writes (its docstring is the
 * definition of the form).
 *
 * Everything is in the file's units: pixels (x, y, size), planes (z), frames (time). A column is kept as the
 * smallest integers that hold it and one scale, so a place is exact: `values[row] / scale`. The arrays can go
 * to a GPU as they are; µm are then a matter of one factor an axis.
 *
 * Rows lie cell after cell in lineage order, each cell's by time. `previous` is what animation needs: between
 * two frames a nucleus moves from row `previous[row]` to row `row`, which for a daughter's first row is her
 * mother's last. Rows without one (-1) appear at their own frame; where a track stops, nothing is drawn.
 */

export const FORMAT = 1;
export const MEASURES = ["none", "global", "local", "blot", "cross"];

/** `buffer` (ArrayBuffer) as Tracks; throws an Error when it isn't of this format. */
export function decode(buffer) {
  const bytes = new Uint8Array(buffer);
  if (bytes.length < 8 || String.fromCharCode(...bytes.subarray(0, 4)) !== "BLTR") {
    throw new Error("these bytes are no tracks of an embryo");
  }
  const length = new DataView(buffer).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  if (header.format !== FORMAT) throw new Error(`tracks of format ${header.format}; expected ${FORMAT}`);
  return new Tracks(header, bytes, 8 + length);
}

export class Tracks {
  #bytes;
  #stored = new Map(); // column -> {described, offset}
  #columns = new Map();

  constructor(header, bytes, offset) {
    this.rows = header.rows;
    /** Where the recording begins; rows at frames before it are strays. */
    this.startFrame = header.start;
    /** Names in lineage order: a cell is its index here. */
    this.names = header.names;
    /** Of each cell the index of its mother, -1 where she isn't followed. */
    this.mothers = Int32Array.from(header.mothers);
    /** Rows of cell c: from firstRow[c] up to but without firstRow[c + 1]. */
    this.firstRow = new Int32Array(header.names.length + 1);
    header.counts.forEach((count, cell) => { this.firstRow[cell + 1] = this.firstRow[cell] + count; });
    this.#bytes = bytes;
    for (const described of header.columns) {
      this.#stored.set(described.name, { described, offset });
      offset += this.rows * (described.planes || 8);
    }
    if (bytes.length < offset) throw new Error("these tracks are cut off");
    this.#index();
  }

  /** {values, scale}: the column's value at a row is values[row] / scale. Decoded when first asked for. */
  column(name) {
    if (!this.#columns.has(name)) {
      if (!this.#stored.has(name)) throw new Error(`these tracks hold no column ${name}`);
      const { described, offset } = this.#stored.get(name);
      this.#columns.set(name, described.planes
        ? { values: narrowed(this.#integers(described, offset)), scale: described.scale }
        : { values: new Float64Array(this.#bytes.slice(offset, offset + 8 * this.rows).buffer), scale: 1 });
    }
    return this.#columns.get(name);
  }

  /** Decode the columns `names` and give up all others, and the bytes as they came: for many embryos at once. */
  keepOnly(names) {
    for (const name of names) this.column(name);
    this.#stored.clear();
    this.#bytes = null;
  }

  value(name, row) {
    const { values, scale } = this.column(name);
    return values[row] / scale;
  }

  /** Rows of the nuclei seen at a whole frame, in lineage order. */
  rowsAt(frame) {
    const at = frame - this.firstFrame;
    if (!Number.isInteger(at) || at < 0 || at >= this.#startOf.length - 1) return this.#byFrame.subarray(0, 0);
    return this.#byFrame.subarray(this.#startOf[at], this.#startOf[at + 1]);
  }

  countAt(frame) { return this.rowsAt(frame).length; }

  /** The row of `cell` at a whole frame, -1 where it isn't seen. */
  rowOf(cell, frame) {
    const time = this.time;
    let low = this.firstRow[cell];
    let high = this.firstRow[cell + 1] - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (time[middle] === frame) return middle;
      if (time[middle] < frame) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** Of each cell its daughters that are followed, as indices. */
  get daughters() {
    if (!this.#daughters) {
      this.#daughters = this.names.map(() => []);
      this.mothers.forEach((mother, cell) => { if (mother >= 0) this.#daughters[mother].push(cell); });
    }
    return this.#daughters;
  }

  #daughters = null;
  #startOf;
  #byFrame;

  #index() {
    const time = (this.time = this.column("time").values);
    this.firstFrame = this.rows ? Infinity : 0;
    this.lastFrame = this.rows ? -Infinity : 0;
    for (const frame of time) {
      if (frame < this.firstFrame) this.firstFrame = frame;
      if (frame > this.lastFrame) this.lastFrame = frame;
    }
    const frames = this.lastFrame - this.firstFrame + 1;
    this.#startOf = new Int32Array(frames + 1);
    for (const frame of time) this.#startOf[frame - this.firstFrame + 1] += 1;
    for (let at = 0; at < frames; at += 1) this.#startOf[at + 1] += this.#startOf[at];
    const filled = this.#startOf.slice(0, frames);
    this.#byFrame = new Int32Array(this.rows);
    /** The cell that each row belongs to. */
    this.cells = new Int32Array(this.rows);
    for (let cell = 0; cell < this.names.length; cell += 1) {
      for (let row = this.firstRow[cell]; row < this.firstRow[cell + 1]; row += 1) {
        this.cells[row] = cell;
        this.#byFrame[filled[time[row] - this.firstFrame]++] = row;
      }
    }
    this.previous = this.#previousRows(time);
  }

  #previousRows(time) {
    const previous = new Int32Array(this.rows).fill(-1);
    for (let cell = 0; cell < this.names.length; cell += 1) {
      const first = this.firstRow[cell];
      const mother = this.mothers[cell];
      if (mother >= 0) {
        const last = this.firstRow[mother + 1] - 1;
        if (time[last] === time[first] - 1) previous[first] = last;
      }
      for (let row = first + 1; row < this.firstRow[cell + 1]; row += 1) {
        if (time[row - 1] === time[row] - 1) previous[row] = row - 1;
      }
    }
    return previous;
  }

  #integers({ of, steps, planes }, offset) {
    const { rows } = this;
    const values = new Int32Array(rows);
    const base = of === null ? null : this.column(of).values;
    let above = 0;
    for (let row = 0; row < rows; row += 1) {
      let zigzag = 0;
      for (let plane = 0; plane < planes; plane += 1) {
        zigzag |= this.#bytes[offset + plane * rows + row] << (8 * plane);
      }
      let value = (zigzag >>> 1) ^ -(zigzag & 1);
      if (steps) value = above += value;
      values[row] = base === null ? value : value + base[row];
    }
    return values;
  }
}

function narrowed(values) {
  for (const value of values) if (value < -32768 || value > 32767) return values;
  return Int16Array.from(values);
}

/**
 * The nuclei at a time between two frames: fills and returns `out`, {count, from, to, share}. Nucleus i lies
 * at `share` of the way from row from[i] to row to[i] and is the cell of to[i]. At a whole frame from is to.
 */
export function nucleiAt(tracks, frame, out = { from: new Int32Array(0), to: new Int32Array(0) }) {
  const whole = Math.floor(frame);
  out.share = frame - whole;
  const rows = tracks.rowsAt(out.share === 0 ? whole : whole + 1);
  if (out.to.length < rows.length) {
    out.from = new Int32Array(2 * rows.length);
    out.to = new Int32Array(2 * rows.length);
  }
  out.count = 0;
  for (const row of rows) {
    const from = out.share === 0 ? row : tracks.previous[row];
    if (from < 0) continue;
    out.from[out.count] = from;
    out.to[out.count] = row;
    out.count += 1;
  }
  return out;
}

const kept = new Map(); // address -> promise of Tracks; the last few, so that going back is instant
const KEPT = 8;

/** Fetch and decode the tracks at `address`; the browser's own cache keeps the bytes for ever. */
export function load(address, fetched = (url) => fetch(url)) {
  if (!kept.has(address)) {
    const loading = fetched(address).then(async (response) => {
      if (!response.ok) throw new Error(`the tracks answered ${response.status}`);
      return decode(await response.arrayBuffer());
    });
    loading.catch(() => kept.delete(address));
    kept.set(address, loading);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  }
  return kept.get(address);
}
