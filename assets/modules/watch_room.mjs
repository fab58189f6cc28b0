/** What of the page is open: the side with tree and panel, its tabs, and the edges that can be dragged. */

/** A part of the page (see watch.mjs) that has no drawing of its own. */
export function makeRoom(root, watch) {
  const tabs = [...root.querySelectorAll("[role=tab]")];
  const rooms = [...root.querySelectorAll(".tab-room")];

  for (const [i, tab] of tabs.entries()) {
    tab.onclick = () => watch.change({ tab: tab.dataset.tab });
    tab.onkeydown = (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      const next = tabs[(i + by + tabs.length) % tabs.length];
      watch.change({ tab: next.dataset.tab });
      next.focus();
      event.preventDefault();
    };
  }
  edge(root.querySelector(".panel-edge"), {
    now: () => root.querySelector(".side").clientWidth,
    at: (event) => root.getBoundingClientRect().right - event.clientX,
    keys: { ArrowLeft: 24, ArrowRight: -24 },
    set(pixels) {
      const most = Math.max(Math.min(root.clientWidth * 0.7, 1200), 280);
      const kept = Math.round(Math.min(Math.max(pixels, 280), most));
      root.style.setProperty("--panel-width", `${kept}px`);
      return kept;
    },
  });
  const side = root.querySelector(".side");
  edge(root.querySelector(".side-edge"), {
    now: () => (100 * root.querySelector(".tree-box").clientHeight) / side.clientHeight,
    at: (event) => (100 * (event.clientY - side.getBoundingClientRect().top)) / side.clientHeight,
    keys: { ArrowUp: -4, ArrowDown: 4 },
    set(percent) {
      const kept = Math.round(Math.min(Math.max(percent, 15), 85));
      root.style.setProperty("--tree-height", `${kept}%`);
      return kept;
    },
  });

  return {
    show() {
      const { view } = watch;
      root.classList.toggle("panel-folded", !view.panel);
      root.classList.toggle("tree-folded", !view.tree);
      root.classList.toggle("nothing-chosen", watch.cells.length === 0 && view.tab !== "notes");
      root.dataset.view = view.beside.length ? "beside" : view.stage;
      for (const tab of tabs) {
        const isOpen = tab.dataset.tab === view.tab;
        tab.setAttribute("aria-selected", String(isOpen));
        tab.tabIndex = isOpen ? 0 : -1;
      }
      for (const room of rooms) room.hidden = !room.classList.contains(`tab-${view.tab}`);
    },
  };
}

/** An edge that is dragged, or moved by arrow keys: `set(value)` takes it and returns what it became. */
function edge(element, { now, at, keys, set }) {
  const put = (value) => element.setAttribute("aria-valuenow", set(value));
  element.onpointerdown = (event) => { element.setPointerCapture(event.pointerId); event.preventDefault(); };
  element.onpointermove = (event) => { if (element.hasPointerCapture(event.pointerId)) put(at(event)); };
  element.onkeydown = (event) => {
    if (!keys[event.key]) return;
    put(now() + keys[event.key]);
    event.preventDefault();
  };
}
