/** What keys do on a stage. */

import { KEY_OF } from "./stage_marks.mjs";

const TURN_PX = 40;
const PAN_PX = 40;
const ZOOM = 1.2;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const SIDE_OF = Object.fromEntries(Object.entries(KEY_OF).map(([side, key]) => [String(key), side]));
/** The tool that is taken as long as its key is held. */
const TOOL_OF = { b: "box", l: "lasso" };

/** What a key does on `view` (a StageView), as a function; null where it is none of the stage's. */
export function actOf(view, event) {
  const { key, altKey, ctrlKey, metaKey } = event;
  if (ctrlKey || metaKey || event.defaultPrevented) return null;
  const pressed = event.target !== view.surface && event.target?.closest?.("button, a, input, select, textarea, summary, [role=tab]");
  if (pressed && (key === "Enter" || key === " ")) return null;
  return altKey ? withAlt(view, event) : plain(view, event);
}

function withAlt(view, { key, shiftKey }) {
  const arrow = ARROWS[key];
  if (!arrow) return null;
  const { camera, width, height } = view;
  const move = shiftKey
    ? () => camera.panBy(arrow[0] * PAN_PX, arrow[1] * PAN_PX, width, height)
    : () => camera.rotate(arrow[0] * TURN_PX, arrow[1] * TURN_PX, width, height);
  return () => view.moveCamera(move);
}

function plain(view, { key, repeat, shiftKey }) {
  if (SIDE_OF[key]) return () => view.look(SIDE_OF[key]);
  const tool = TOOL_OF[key.toLowerCase()];
  if (tool) return () => !repeat && view.holdTool(tool);
  const { pointing } = view;
  const zoom = (factor) => () => view.moveCamera(() => view.camera.zoomBy(factor, null, null, view.width, view.height));
  const pick = (how) => (pointing.focused ? () => view.pickFocused(how) : null);
  return {
    0: () => view.reset(),
    "+": zoom(ZOOM), "=": zoom(ZOOM), "-": zoom(1 / ZOOM), "−": zoom(1 / ZOOM),
    "[": () => pointing.walk(-1), "]": () => pointing.walk(1), n: () => pointing.walkNear(),
    Enter: pick(shiftKey ? "toggle" : "only"), "*": pick("sublineage"),
    Escape: escape(view),
  }[key] ?? null;
}

/** First a drawn outline or a tool is given up, then the ring; only then the page clears the choice. */
function escape(view) {
  if (view.gestures.cancel()) return () => {};
  if (view.tool) return () => view.takeTool(view.tool);
  return view.pointing.focused ? () => view.pointing.focusOn(null) : null;
}

/** A key goes up: a tool that it held is laid down. */
export function keyUp(view, { key }) {
  if (view.heldTool && TOOL_OF[key.toLowerCase()] === view.heldTool) view.holdTool(null);
}
