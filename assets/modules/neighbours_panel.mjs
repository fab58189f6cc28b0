/**
 * The panel's second tab: who touches the chosen cell, with how large a face, and when. A part of the page, see
 * watch.mjs. The numbers come from neighbours.mjs; a life is computed in slices between frames, once.
 */

import { element } from "./dom.mjs";
import { DEFAULTS } from "./watch_view.mjs";
import { contactsTable, inSlices, Space, touching } from "./neighbours.mjs";

/**
 * Contacts from so many µm² count. Moved at random by 0.25 µm in x and y and 0.5 µm in z, as places of tracked
 * nuclei are uncertain, nuclei of the reference embryo at 102 to 351 cells keep 93 to 97 of 100 faces of 3 to
 * 4 µm², but only 59 to 63 of 100 below half a µm² (measured, tests/test_neighbours.py).
 */
const LEAST_CONTACT_UM2 = DEFAULTS.contact;
const MOST_CONTACT_UM2 = 1000;
const WHY_MINIMUM = `Smaller faces come and go with the uncertainty of where nuclei are; from ${LEAST_CONTACT_UM2} µm² `
  + "more than nine in ten stay when nuclei are moved by a quarter of a µm (half a µm in z)";
const MEANING = "Touching means sharing a face of the Voronoi cells of the nuclei inside the eggshell: an estimate, "
  + "membranes were not imaged.";
const MOST_OFFERED = 12; // chosen cells whose neighbours can be asked for
const WHILE_PLAYING_MS = 250;
const BAR = 16; // height of a row's bars

/** The tab in `root`, told of by `watch`. */
export function makeNeighbours(root, watch) {
  let space = null;
  let spaceKey = "";
  let cell = -1; // whose neighbours are shown
  let minimum = watch.view.contact;
  let life = null;
  let found = []; // see touching(): everybody who ever touches
  let stop = () => {};
  let shown = "";
  let drawnFrame = NaN;
  let timer = null;
  let rows = new Map(); // neighbour -> its parts

  const isOpen = () => watch.view.tab === "neighbours" && watch.view.panel;
  const minutes = (frame) => watch.timeline.minutes(frame);
  const now = () => Math.floor(watch.clock.frame);
  const name = (each) => watch.tracks.names[each];

  // What stands there

  const chooser = element("select", { class: "watch-select", "aria-label": "Cell whose neighbours are shown",
    onchange: () => turnTo(Number(chooser.value)) });
  const least = element("input", { type: "number", class: "contact-least", min: "0", max: String(MOST_CONTACT_UM2), step: "0.5",
    value: String(minimum), "aria-label": "Least contact in µm²", title: WHY_MINIMUM, oninput: () => setMinimum(least.valueAsNumber),
    onchange: () => { least.value = String(minimum); } });
  const choose = element("button", { type: "button", class: "quiet-button", text: "Choose the neighbours",
    title: "Add those that touch it now to the chosen cells", onclick: () => watch.choose([...rows.values()].filter((row) => row.area > 0).map((row) => row.name), "add") });
  const save = element("button", { type: "button", class: "quiet-button", text: "CSV",
    title: "Save its contacts over its whole life as a CSV file", onclick: saveTable });
  const told = element("p", { class: "contact-told", "aria-live": "off" });
  const body = element("tbody");
  const line = element("div", { class: "contact-now", "aria-hidden": "true" });
  const span = element("span", { class: "contact-span" });
  const head = (text, title, inner = text) => element("th", { scope: "col", title, tabindex: "0" }, inner);
  const table = element(
    "table", { class: "cell-facts contacts" },
    element("thead", {}, element(
      "tr", {},
      head("Neighbour", "Click chooses it, shift-click adds it"),
      head("µm²", "Area of the face that it shares with the cell now"),
      head("Share", "Share of the cell's whole surface now"),
      head("Min", "Minutes of contact altogether; each frame counts until the next"),
      head("From–to", "First and last minute of contact; click goes to the first"),
      head("", "Contact over the cell's life; as high as the face is large", span),
    )),
    body,
  );
  const box = element("div", { class: "facts-box contact-box", tabindex: "0", role: "region", "aria-label": "Neighbours" }, table, line);
  const meaning = element("p", { class: "quiet small contact-meaning" });
  const heading = element("h2");
  const from = element("label", { class: "contact-from", title: WHY_MINIMUM }, "contact from ", least, " µm²");
  root.replaceChildren(
    element("div", { class: "contact-head" }, heading, chooser, element("span", { class: "grow" }), choose, save),
    element("div", { class: "contact-head" }, told, from),
    box, meaning,
  );

  // What is shown

  function show() {
    if (!isOpen()) return;
    takeMinimum();
    const key = [watch.cells.join(), watch.view.cells.length, watch.lineKey, watch.theme(), watch.version].join("|");
    if (key === shown) {
      tick();
      return;
    }
    shown = key;
    const made = JSON.stringify([watch.data.calibration, watch.data.pose ?? null]);
    if (made !== spaceKey) {
      [space, spaceKey, life] = [new Space(watch.tracks, watch.data.calibration, watch.data.pose), made, null];
    }
    const offered = watch.cells.slice(0, MOST_OFFERED);
    if (!offered.includes(cell)) cell = offered.find((each) => watch.tracks.rowOf(each, now()) >= 0) ?? offered[0] ?? -1;
    chooser.replaceChildren(...offered.map((each) => element("option", { value: each, text: name(each), selected: each === cell })));
    chooser.hidden = offered.length < 2;
    heading.textContent = offered.length < 2 ? `Touching ${name(cell)}` : "Touching";
    heading.hidden = cell < 0;
    turnTo(cell);
  }

  function turnTo(next) {
    cell = next;
    stop();
    for (const part of [choose, save, from, box]) part.hidden = cell < 0;
    drawnFrame = NaN;
    if (cell < 0) {
      told.replaceChildren(watch.view.cells.length
        ? "This embryo follows none of the chosen cells."
        : "Choose a cell: click a nucleus or a branch, or type its name. Here you see which cells touch it, and for how long.");
      meaning.textContent = "";
      [rows, found] = [new Map(), []];
      return;
    }
    life = space.known(cell);
    if (!life) stop = inSlices(space.life(cell), (whole) => { life = whole; ready(); });
    ready();
  }

  function setMinimum(value) {
    if (!(value >= 0 && value <= MOST_CONTACT_UM2)) return;
    if (value !== watch.view.contact) watch.change({ contact: value });
  }

  function takeMinimum() {
    if (watch.view.contact === minimum) return;
    minimum = watch.view.contact;
    if (least !== document.activeElement) least.value = String(minimum);
    if (cell >= 0) ready();
  }

  /** The life is known, or its first moment only: rows of everybody who ever touches. */
  function ready() {
    const frames = life?.frames ?? space.framesOf(cell);
    found = life ? touching(life, minimum, watch.timeline) : [];
    const [from, until] = frames.length ? [minutes(frames[0]), minutes(frames.at(-1) + 1)] : [0, 1];
    const highest = Math.max(1, ...found.map((each) => each.most));
    span.replaceChildren(element("span", { text: `${Math.round(from)}` }), element("span", { text: `${Math.round(until)} min` }));
    rows = new Map(found.map((each) => [each.cell, contactRow(each, { from, until, highest })]));
    root.dataset.ready = String(life !== null);
    drawnFrame = NaN;
    tell();
  }

  function contactRow(contact, { from, until, highest }) {
    const { cell: other, spans } = contact;
    const at = (event) => {
      const { left, width } = event.currentTarget.getBoundingClientRect();
      watch.clock.seek(Math.round(watch.timeline.frame(from + ((event.clientX - left) / width) * (until - from))));
    };
    const colour = watch.lineColour(other);
    const area = element("td");
    const share = element("td");
    const more = spans.length > 1 ? `, ${spans.length} times` : "";
    const made = element(
      "tr",
      { onpointerenter: () => watch.hover(other), onpointerleave: () => watch.hover(-1) },
      element("th", { scope: "row" }, element("button", {
        type: "button", class: "contact-name", title: "Choose it (shift-click adds it)",
        onclick: (event) => watch.choose([name(other)], event.shiftKey ? "add" : "only"),
        onfocus: () => watch.hover(other), onblur: () => watch.hover(-1),
      }, element("i", { class: "dot", style: `background: ${colour}` }), name(other))),
      area, share,
      element("td", { text: contact.minutes.toFixed(1) }),
      element("td", {}, element("button", {
        type: "button", class: "to-moment", text: `${contact.from.toFixed(0)}–${contact.until.toFixed(0)}`,
        "aria-label": `From ${contact.from.toFixed(0)} to ${contact.until.toFixed(0)} min${more}: go to the first contact`,
        title: `Go to the first contact${more}`, onclick: () => watch.clock.seek(spans[0][0]),
      })),
      element("td", { class: "contact-bars" }, element(
        "svg", { viewBox: `0 0 1000 ${BAR}`, preserveAspectRatio: "none", "aria-hidden": "true", onclick: at },
        element("path", { d: bars(contact, { from, until, highest }), style: `fill: ${colour}` }),
      )),
    );
    return { name: name(other), row: made, area: 0, cells: [area, share] };
  }

  /** The path of a contact's bars: a step a frame, as high as the face is large. */
  function bars({ spans, areas }, { from, until, highest }) {
    const x = (frame) => ((1000 * (minutes(frame) - from)) / (until - from || 1)).toFixed(1);
    return spans.map(([begin, end]) => {
      const steps = [...life.frames].flatMap((frame, at) => (frame < begin || frame > end ? []
        : [`V${(BAR * (1 - areas[at] / highest)).toFixed(1)}H${x(frame + 1)}`]));
      return `M${x(begin)} ${BAR}${steps.join("")}V${BAR}Z`;
    }).join("");
  }

  /** What holds now: areas, shares, those that touch first. */
  function tell() {
    const frame = now();
    if (cell < 0 || frame === drawnFrame) return;
    drawnFrame = frame;
    const around = space.around(cell, frame);
    for (const row of rows.values()) row.area = 0;
    for (const { cell: other, area } of around?.contacts ?? []) {
      const row = rows.get(other);
      if (row && area >= minimum) row.area = area;
    }
    for (const { area, cells: [areaCell, shareCell], row } of rows.values()) {
      areaCell.textContent = area > 0 ? area.toFixed(1) : "–";
      shareCell.textContent = area > 0 ? `${((100 * area) / around.surface).toFixed(1)} %` : "–";
      row.classList.toggle("touching", area > 0);
    }
    const ordered = [...rows.values()];
    const touchingNow = ordered.filter((row) => row.area > 0).sort((a, b) => b.area - a.area);
    inOrder([...touchingNow, ...ordered.filter((row) => row.area === 0)].map(({ row }) => row));
    choose.disabled = touchingNow.length === 0;
    // Until the whole life is known there are no rows; how many touch now is known at once.
    const count = life ? touchingNow.length : (around?.contacts ?? []).filter(({ area }) => area >= minimum).length;
    tellWords(around, count, frame);
    moveLine();
  }

  /** Rows in a new order, without taking the focus from what is in them. */
  function inOrder(wanted) {
    const there = body.children;
    if (there.length === wanted.length && wanted.every((row, i) => row === there[i])) return;
    const focused = body.contains(document.activeElement) ? document.activeElement : null;
    body.replaceChildren(...wanted);
    if (focused && body.contains(focused)) focused.focus({ preventScroll: true });
  }

  function tellWords(around, count, frame) {
    const words = [];
    if (!around) {
      const frames = space.framesOf(cell);
      if (frames.length === 0) {
        words.push(`${name(cell)} is seen only before the start of the recording.`);
      } else {
        const [from, until] = [frames[0], frames.at(-1)];
        words.push(`${name(cell)} isn't there at this moment: it is followed from ${minutes(from).toFixed(0)} to ${minutes(until + 1).toFixed(0)} min. `);
        words.push(element("button", { type: "button", class: "to-moment", text: "Go there",
          onclick: () => watch.clock.seek(frame < from ? from : until) }));
      }
    } else if (around.surface === 0) {
      words.push(`${name(cell)} lies outside the eggshell as it was estimated: its neighbours can't be told.`);
    } else {
      const free = (100 * around.outside) / around.surface;
      words.push(`${count} neighbour${count === 1 ? "" : "s"} now`, free >= 0.5 ? `, ${free.toFixed(0)} % at the eggshell.` : ".");
      if (!life) words.push(" The rest of its life is being worked out…");
      if (around.together.length) {
        words.push(` ${around.together.map(name).join(", ")} lie${around.together.length === 1 ? "s" : ""} at the same place: they can't be told apart.`);
      }
      const alike = around.contacts.filter((contact) => contact.alike.length).map((contact) => name(contact.cell));
      if (alike.length) words.push(` ${alike.join(", ")} lie at one place: the face is shared out evenly.`);
      if (space.sparse(frame)) words.push(" Many cells are no longer followed here, so neighbours are missing and faces too large.");
    }
    told.replaceChildren(...words);
    meaning.textContent = space.guessed ? `${MEANING} This embryo's eggshell is a guess round all its nuclei.` : MEANING;
  }

  function moveLine() {
    const first = body.querySelector(".contact-bars");
    const frames = life?.frames;
    if (!first || !frames?.length) {
      line.hidden = true;
      return;
    }
    const [from, until] = [minutes(frames[0]), minutes(frames.at(-1) + 1)];
    const share = (watch.clock.minutes - from) / (until - from || 1);
    line.hidden = share < 0 || share > 1;
    line.style.height = `${table.offsetHeight}px`;
    line.style.transform = `translateX(${(first.offsetLeft + share * first.offsetWidth).toFixed(1)}px)`;
  }

  function tick() {
    if (cell < 0 || !isOpen()) return;
    moveLine();
    if (now() === drawnFrame || timer !== null) return;
    if (!watch.clock.playing) tell();
    else timer = setTimeout(() => { timer = null; tell(); }, WHILE_PLAYING_MS);
  }

  function saveTable() {
    const whole = () => {
      const text = contactsTable([space.known(cell)], minimum, watch.tracks, watch.timeline);
      const link = element("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: `${watch.data.name}_${name(cell)}_contacts.csv` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    };
    if (space.known(cell)) whole();
    else inSlices(space.life(cell), whole);
  }

  return {
    show,
    tick,
    resize() { if (isOpen()) moveLine(); },
    hovered() { for (const [other, { row }] of rows) row.classList.toggle("hovered", other === watch.hoveredCell); },
    end() {
      stop();
      clearTimeout(timer);
    },
  };
}
