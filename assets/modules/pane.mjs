/**
 * One embryo in a StageView, as a view of the page says: colours, choice, tails, shell and names. For embryos
 * beside each other and for pictures; the view may hold several.
 */

import { chosenCells } from "./choice.mjs";
import { STYLE } from "./stage_view.mjs";

/** How each cell is drawn when `cells` are chosen and `others` ("dim", "hide", "show") says what of the rest. */
export function stylesOf(tracks, cells, others) {
  const rest = cells.length === 0 ? STYLE.plain : { dim: STYLE.dim, hide: STYLE.hidden, show: STYLE.plain }[others];
  const styles = new Uint8Array(tracks.names.length).fill(rest);
  for (const cell of cells) styles[cell] = STYLE.chosen;
  return styles;
}

/** A view's tails at a frame, minutes told as frames of that embryo, as StageView's `show` takes them. */
export function tailsAt(timeline, frame, look) {
  const minutes = timeline.minutes(frame);
  return {
    behind: look.tail ? Math.max(frame - timeline.frame(minutes - look.tail), 0) : 0,
    ahead: look.ahead ? Math.max(timeline.frame(minutes + look.ahead) - frame, 0) : 0,
    width: look.tailWidth,
    colour: look.tailColour,
    of: look.tailsOf,
  };
}

export class Pane {
  #dressed = null;

  /** `embryo` is {tracks, timeline, calibration, pose, cellNames}; `view` the StageView that it is shown in. */
  constructor(view, embryo) {
    Object.assign(this, { view, embryo });
    this.body = view.add(embryo.tracks, embryo.calibration, embryo.pose);
  }

  /** Take the colours of `painter` and what the page's view `look` says, on `ground` ("#rrggbb"). */
  dress(look, painter, ground) {
    const { view, body, embryo } = this;
    view.paint(body, painter, embryo.timeline);
    const key = [look.cells.join(), look.others].join("|");
    if (key !== this.#dressed) {
      this.#dressed = key;
      this.cells = chosenCells(look.cells, embryo.tracks.names);
      view.style(body, stylesOf(embryo.tracks, this.cells, look.others));
    }
    view.show({
      ground, shell: look.shell, names: look.names, cellNames: embryo.cellNames ?? {},
      tails: () => tailsAt(embryo.timeline, body.frame, look),
    });
  }

  /** Stand at a frame (with its fraction); null: nothing of this embryo is drawn. */
  stand(frame) { this.body.frame = frame ?? NaN; }
}

/** Columns and rows of `count` panes in a room of that shape: wide ones in a row, narrow ones below each other. */
export function gridOf(count, width, height) {
  if (count <= 1) return { columns: 1, rows: 1 };
  const columns = width < 560 || width < 0.8 * height ? (count <= 3 ? 1 : 2) : count <= 3 ? count : Math.ceil(count / 2);
  return { columns, rows: Math.ceil(count / columns) };
}
