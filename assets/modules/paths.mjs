/** Paths of chosen cells in the plane, as traces for Plotly, and the tails behind moving ones. Pure. */

import { along, VIRIDIS } from "./colours.mjs";

const MOST_MARKS = 1500;
const MOST_LABELLED = 10;
const STRIDES = [1, 2, 5, 10, 20, 50, 100];

/** Shown coordinates of a row: [to the right, down]. */
const shown = (tracks, plane, row) => [
  tracks.value(plane.right.axis, row) * plane.right.shown,
  tracks.value(plane.down.axis, row) * plane.down.shown,
];

/** Every how many frames a path is marked, so that there are not more marks than can be told apart. */
export function strideOf(tracks, cells) {
  const rows = cells.reduce((sum, cell) => sum + tracks.firstRow[cell + 1] - tracks.firstRow[cell], 0);
  return STRIDES.find((stride) => rows / stride <= MOST_MARKS) ?? STRIDES.at(-1);
}

/** First and last minute of the paths of `cells`: what their colours of time run over. */
export function minutesOfPaths(tracks, timeline, cells) {
  const first = Math.min(...cells.map((cell) => tracks.time[tracks.firstRow[cell]]));
  const last = Math.max(...cells.map((cell) => tracks.time[tracks.firstRow[cell + 1] - 1]));
  return [timeline.minutes(Math.max(first, tracks.startFrame)), timeline.minutes(last)];
}

/**
 * Plotly traces of the whole paths of `cells`: lines in each cell's colour, marks coloured by the minute,
 * and for a few cells the minutes of both ends as text. `customdata` of a mark is its cell.
 */
export function pathTraces(tracks, timeline, plane, cells, colourOf) {
  if (cells.length === 0) return [];
  const [first, last] = minutesOfPaths(tracks, timeline, cells);
  const stride = strideOf(tracks, cells);
  const lines = new Map();
  const marks = { x: [], y: [], colours: [], text: [], cells: [] };
  for (const cell of cells) {
    const colour = colourOf(cell);
    if (!lines.has(colour)) lines.set(colour, { x: [], y: [] });
    const line = lines.get(colour);
    for (let row = tracks.firstRow[cell]; row < tracks.firstRow[cell + 1]; row += 1) {
      const frame = tracks.time[row];
      if (frame < tracks.startFrame) continue;
      const [x, y] = shown(tracks, plane, row);
      line.x.push(x);
      line.y.push(y);
      if (frame % stride) continue;
      const minutes = timeline.minutes(frame);
      marks.x.push(x);
      marks.y.push(y);
      marks.colours.push(along(VIRIDIS, last > first ? (minutes - first) / (last - first) : 0));
      marks.text.push(`${tracks.names[cell]} · ${minutes.toFixed(1)} min`);
      marks.cells.push(cell);
    }
    line.x.push(null);
    line.y.push(null);
  }
  const traces = [...lines].map(([color, { x, y }]) => ({
    type: "scatter", mode: "lines", x, y, line: { color, width: 2 }, hoverinfo: "skip",
  }));
  traces.push({
    type: "scatter", mode: "markers", x: marks.x, y: marks.y, customdata: marks.cells,
    text: marks.text, hoverinfo: "none",
    marker: { size: 6, color: marks.colours, line: { width: 0 } },
  });
  if (cells.length <= MOST_LABELLED) traces.push(endsOf(tracks, timeline, plane, cells));
  return traces;
}

/** Plotly reads some markup in texts; a name from a file is text. */
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function endsOf(tracks, timeline, plane, cells) {
  const rows = cells.flatMap((cell) => [tracks.firstRow[cell], tracks.firstRow[cell + 1] - 1]);
  const seen = rows.filter((row) => tracks.time[row] >= tracks.startFrame);
  const places = seen.map((row) => shown(tracks, plane, row));
  return {
    type: "scatter", mode: "text", hoverinfo: "skip", textposition: "top right",
    x: places.map(([x]) => x), y: places.map(([, y]) => y),
    text: seen.map((row) => `${Math.round(timeline.minutes(tracks.time[row]))}′`),
  };
}

/**
 * The rows behind a nucleus at `frame`, latest first, back to `since` (frames): of its own and, before its
 * birth, of its mothers. Stops where tracking has a gap.
 */
export function tailRows(tracks, from, since) {
  const rows = [];
  for (let row = from; row >= 0 && tracks.time[row] >= since; row = tracks.previous[row]) rows.push(row);
  return rows;
}

/** Traces that draw nothing but their entry in a legend (see colours.mjs) and the scale of the paths' minutes. */
export function legendTraces(legend, minutes) {
  const nothing = { type: "scatter", mode: "markers", x: [null], y: [null], hoverinfo: "skip" };
  const entry = (name, color) => ({ ...nothing, name, marker: { color, size: 11, line: { color: "#3c444e", width: 1 } } });
  const scale = (text, colorscale, [cmin, cmax], y) => ({
    ...nothing,
    showlegend: false,
    marker: {
      color: [cmin], cmin, cmax, colorscale, showscale: true,
      colorbar: { title: { text, font: { size: 12 } }, tickfont: { size: 12 }, len: 0.38, y, yanchor: "bottom", thickness: 10, outlinewidth: 0 },
    },
  });
  const spread = (stops) => stops.map((colour, i) => [i / (stops.length - 1), colour]);
  const traces = legend.swatches
    ? legend.swatches.map(({ label, colour }) => entry(escaped(label), colour))
    : [scale(legend.title, spread(legend.stops), [legend.least, legend.most], 0.5)];
  if (legend.below) traces.push(entry("below zero", legend.below));
  if (minutes) traces.push(scale("min", spread(VIRIDIS), minutes, 0));
  return traces;
}
