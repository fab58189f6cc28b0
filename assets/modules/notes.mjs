/**
 * The panel's third tab: notes pinned to a cell and a moment, seen by everybody of the lab. In their order they are
 * a story that plays (story.mjs). A part of the page, see watch.mjs. The server's side is services/notes.py.
 *
 * `watch.notes` is what other parts may mark: {id, cell (index, -1: none), frame, text}[].
 */

import { element, typesInto } from "./dom.mjs";
import { tellKeys } from "./keys.mjs";
import { NoteMarks } from "./note_marks.mjs";
import { callout, Story } from "./story.mjs";
import { searchOf, viewOf } from "./watch_view.mjs";

const LONGEST = { text: 2000, author: 60 };
const AGAIN_MS = 20_000;
const AUTHOR_KEY = "blastoscope-author";
const KEYS = [
  [["P"], "pin a note to the chosen cell and this moment"],
  [["↑", "↓"], "on a note's handle: its place in the story"],
  [["space", "←", "→", "Esc"], "while a story plays: pause, previous, next, end"],
];
const LAYOUT = ["panel", "tree", "tab"]; // the reader's own, not a note's
const FIELDS = ["cell", "frame", "text", "author", "view"];

/** A refusal of the server: its status, and what it answered. */
class Refused extends Error {
  constructor(status, answer) {
    super(answer?.error?.message ?? `the server answered ${status}`);
    this.status = status;
    this.note = answer?.note;
  }
}

/** The tab in `root`, told of by `watch`. */
export function makeNotes(root, watch) {
  const address = watch.address(`/api/v1/embryos/${watch.data.id}/notes`);
  let notes = null; // as the server tells them; null: not fetched yet
  let story = null;
  let shownCallout = null;
  let before = ""; // the view that the story began from
  let marked = "";
  let ended = false;
  const marks = new NoteMarks(watch.root.querySelector(".space-view"), watch, ({ id }) => go(notes.find((note) => note.id === id)));
  watch.notes = [];
  tellKeys("Notes", KEYS);

  const isOpen = () => watch.view.tab === "notes" && watch.view.panel;
  const minute = (frame) => `${Math.round(watch.timeline.minutes(frame))} min`;
  const named = (note) => note.cell || "Whole embryo";
  const cellOf = (note) => (note.cell ? watch.tracks.names.indexOf(note.cell) : -1);
  const short = (note) => (note.text.length > 40 ? `${note.text.slice(0, 40)}…` : note.text);

  // The server

  async function ask(path = "", method = "GET", body = undefined) {
    const response = await fetch(address + path, {
      method, headers: body ? { "Content-Type": "application/json" } : {}, body: body && JSON.stringify(body),
    });
    const answer = response.status === 204 ? null : await response.json().catch(() => null);
    if (!response.ok) throw new Refused(response.status, answer);
    return answer;
  }

  /** Fetch the notes; a word only where somebody waits for it. */
  async function refresh(waited = false) {
    try {
      const told = await ask();
      if (ended) return;
      problem.hidden = true;
      take(told);
    } catch (error) {
      if (!waited && notes !== null) return;
      problem.hidden = false;
      problem.firstChild.textContent = `The notes couldn't be fetched (${error.message}). `;
    }
  }

  function take(told) {
    const changed = JSON.stringify(told) !== JSON.stringify(notes);
    notes = told;
    if (changed) list();
    if (!changed) return;
    watch.notes = notes.map((note) => ({ id: note.id, cell: cellOf(note), frame: note.frame, text: note.text }));
    marks.notes = watch.notes;
    watch.show();
  }

  /** Do what somebody asked for, then see what the server has; false where it refused, which is told. */
  async function write(...asked) {
    try {
      await ask(...asked);
    } catch (error) {
      if (error.status === 409) throw error;
      const gone = asked[0] ? "Somebody deleted this note meanwhile." : "Somebody deleted this embryo meanwhile, so no note can be kept with it.";
      watch.toast(error.status === 404 ? gone : `That wasn't kept: ${error.message}.`);
      await refresh();
      return false;
    }
    await refresh();
    return true;
  }

  // What stands there

  const count = element("h2");
  const pinButton = element("button", { type: "button", class: "quiet-button", text: "Pin a note",
    title: "Pin a note to the chosen cell and this moment (P)", onclick: () => pin() });
  const playButton = element("button", { type: "button", class: "quiet-button", text: "▶ Play story",
    title: "Go from note to note", onclick: () => play() });
  const problem = element("p", { class: "notes-problem", role: "alert", hidden: true }, "",
    element("button", { type: "button", class: "to-moment", text: "Try again", onclick: () => refresh(true) }));
  const formPlace = element("div", { class: "notes-form" });
  const empty = element("p", { class: "quiet notes-empty", text: "Notes keep what you saw: each is pinned to a cell, a moment and "
    + "the view of now, and everybody of the lab sees it. In their order they are a story that plays: for a talk, or for "
    + "whoever looks at this embryo next." });
  const items = element("ol", { class: "notes-list" });
  const said = element("p", { class: "visually-hidden", role: "status" });
  root.replaceChildren(
    element("div", { class: "facts-head" }, count, element("span", { class: "grow" }), playButton, pinButton),
    problem, formPlace, empty, items, said,
  );

  // The list

  function list() {
    count.textContent = notes.length ? `${notes.length} note${notes.length === 1 ? "" : "s"}` : "Notes";
    playButton.hidden = notes.length === 0;
    empty.hidden = notes.length > 0;
    const focus = focused();
    items.replaceChildren(...notes.map(item));
    marked = "";
    mark();
    if (focus) items.querySelector(`[data-id="${focus.id}"] .${focus.part}`)?.focus({ preventScroll: true });
  }

  function focused() {
    const active = items.contains(document.activeElement) ? document.activeElement : null;
    const id = active?.closest("li")?.dataset.id;
    return id ? { id, part: active.classList[0] } : null;
  }

  function item(note, i) {
    const cell = cellOf(note);
    const dot = element("i", { class: "dot" });
    if (cell >= 0) dot.style.background = watch.lineColour(cell);
    dot.hidden = cell < 0;
    const handle = element("button", {
      type: "button", class: "note-handle", text: "⠿", title: "Drag, or arrow keys up and down",
      "aria-label": `Move note ${i + 1} of ${notes.length}: ${short(note)}`,
      onkeydown: (event) => moveByKey(event, note), onpointerdown: (event) => drag(event, note),
    });
    const link = element("a", { class: "note-go", href: searchFor(note), title: "Go to this cell, moment and view",
      onclick: (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
        event.preventDefault();
        go(note);
      } }, dot, `${named(note)} · ${minute(note.frame)}`);
    const small = (text, part, run) => element("button", { type: "button", class: `note-${part} note-small`, text,
      "aria-label": `${text} note ${i + 1}: ${short(note)}`, onclick: run });
    const day = new Date(note.edited * 1000).toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
    return element(
      "li", { class: "note", "data-id": note.id },
      handle,
      element("div", { class: "note-said" }, link, element("p", { class: "note-text" }, ...withLinks(note.text)),
        element("p", { class: "note-whence quiet", text: note.author ? `${note.author} · ${day}` : day })),
      element("div", { class: "note-acts" }, small("Edit", "edit", () => edit(note)), small("Delete", "delete", () => remove(note))),
    );
  }

  /** The text of a note as nodes: only addresses of embryos of this very program become links. */
  function withLinks(text) {
    const here = watch.address("/embryos/");
    return text.split(/(https?:\/\/\S+)/).map((piece) => {
      if (!/^https?:/.test(piece)) return piece;
      const words = piece.replace(/[.,;:!?)\]]+$/, "");
      const url = URL.canParse(words) ? new URL(words) : null;
      const isView = url?.origin === location.origin && url.pathname.startsWith(here) && /^[a-z0-9]+$/.test(url.pathname.slice(here.length));
      if (!isView) return piece;
      const link = element("a", { href: url.href, text: words });
      return element("span", {}, link, piece.slice(words.length));
    });
  }

  /** The note nearest before now is marked, so that the list runs along with time. */
  function mark() {
    if (!notes) return;
    const now = watch.clock.frame;
    const at = story ? story.note?.id : notes.find((note) => Math.abs(note.frame - now) < 0.5)?.id ?? "";
    if (at === marked) return;
    marked = at;
    for (const each of items.children) {
      if (each.dataset.id === at) each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    }
  }

  // Going there

  const layout = () => Object.fromEntries(LAYOUT.map((field) => [field, watch.view[field]]));

  function searchFor(note, frame = note.frame) {
    const { view } = watch;
    const pinned = note.view ? viewOf(note.view) : { ...view, cells: note.cell ? [note.cell] : [] };
    return searchOf({ ...pinned, ...layout(), frame });
  }

  function go(note) {
    watch.clock.pause();
    watch.go(searchFor(note));
    if (note.cell && cellOf(note) < 0) watch.toast(`This embryo follows no cell ${note.cell}.`);
  }

  function play() {
    if (story) return;
    before = watch.search();
    story = new Story([...notes], watch.clock, (note, frame) => watch.go(searchFor(note, frame), { undoable: false }), {
      jumps: matchMedia("(prefers-reduced-motion: reduce)").matches,
      told: () => { shownCallout?.tell(); mark(); },
    });
    const words = (note) => ({ title: `${named(note)} · ${minute(note.frame)}`, text: withLinks(note.text) });
    shownCallout = callout(watch.root, story, words, endStory);
    story.visit(0);
  }

  function endStory() {
    story.stop();
    shownCallout.end();
    [story, shownCallout] = [null, null];
    watch.go(searchOf({ ...viewOf(before), ...layout() }), { undoable: false });
    mark();
    playButton.focus({ preventScroll: true });
  }

  // Writing

  function pin() {
    const cell = watch.cells.length ? watch.tracks.names[watch.cells[0]] : "";
    const frame = Math.round(watch.clock.frame * 100) / 100;
    watch.clock.pause();
    watch.change({ panel: true, tab: "notes" });
    form({
      words: `New note: ${cell || "whole embryo"} · ${minute(frame)}`,
      note: { cell, frame, text: "", author: kept(), view: watch.search() },
      save: (note) => write("", "POST", note),
    });
  }

  function edit(note) {
    form({
      words: `Note: ${named(note)} · ${minute(note.frame)}`, note,
      save: ({ text, author }) => write(`/${note.id}`, "PATCH", { text, author, version: note.version }),
    });
  }

  /** Words for a note: `save(note)` is asked; a note that somebody else changed meanwhile is shown beside. */
  function form({ words, note, save }) {
    const back = document.activeElement;
    const id = "note-text";
    const text = element("textarea", { id, class: "note-field", rows: "4", maxlength: String(LONGEST.text), required: true });
    text.value = note.text;
    const author = element("input", { class: "note-author", maxlength: String(LONGEST.author), placeholder: "Your name", "aria-label": "Your name", autocomplete: "name" });
    author.value = note.author;
    const conflict = element("div", { class: "note-conflict", role: "alert", hidden: true });
    const close = () => {
      formPlace.replaceChildren();
      (back?.isConnected ? back : pinButton).focus?.({ preventScroll: true });
    };
    const submit = async () => {
      if (!text.value.trim()) {
        text.focus();
        return;
      }
      keep(author.value.trim());
      const now = { ...Object.fromEntries(FIELDS.map((field) => [field, note[field]])), text: text.value, author: author.value };
      keepButton.disabled = true;
      try {
        if (await save(now)) close();
      } catch (error) {
        await collide(error.note);
      } finally {
        keepButton.disabled = false;
      }
    };
    const collide = async (theirs) => {
      await refresh();
      conflict.hidden = false;
      conflict.replaceChildren(
        element("p", { text: `${theirs.author || "Somebody"} changed this note meanwhile:` }),
        element("blockquote", { text: theirs.text }),
        element("button", { type: "button", class: "quiet-button", text: "Take theirs", onclick: close }),
        element("button", { type: "button", class: "quiet-button", text: "Write mine over it", onclick: () => {
          conflict.hidden = true;
          save = ({ text: mine, author: whose }) => write(`/${theirs.id}`, "PATCH", { text: mine, author: whose, version: theirs.version });
          submit();
        } }),
      );
    };
    const keepButton = element("button", { type: "submit", class: "btn btn-primary btn-sm", text: "Keep note", title: "Ctrl+Enter" });
    formPlace.replaceChildren(element(
      "form",
      { class: "note-form", onsubmit: (event) => { event.preventDefault(); submit(); },
        onkeydown: (event) => {
          if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); close(); }
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); submit(); }
        } },
      element("label", { for: id, text: words }), text, conflict,
      element("div", { class: "note-form-acts" }, author, element("span", { class: "grow" }),
        element("button", { type: "button", class: "btn btn-outline-secondary btn-sm", text: "Cancel", onclick: close }), keepButton),
    ));
    text.focus();
  }

  const kept = () => localStorage.getItem(AUTHOR_KEY) ?? "";
  const keep = (name) => localStorage.setItem(AUTHOR_KEY, name);

  async function remove(note) {
    if (!await write(`/${note.id}`, "DELETE")) return;
    pinButton.focus({ preventScroll: true });
    watch.toast("The note is deleted.", { label: "Undo", run: () => write(`/${note.id}/restore`, "POST") });
  }

  // Order

  async function move(note, place) {
    const from = notes.findIndex(({ id }) => id === note.id);
    const to = Math.min(Math.max(place, 0), notes.length - 1);
    if (from < 0 || from === to) return;
    const order = notes.filter(({ id }) => id !== note.id);
    order.splice(to, 0, notes[from]);
    notes = order; // seen at once; the server's answer follows
    list();
    said.textContent = `Note moved to place ${to + 1} of ${notes.length}`;
    await write(`/${note.id}`, "PATCH", { place: to });
  }

  function moveByKey(event, note) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    move(note, notes.findIndex(({ id }) => id === note.id) + by);
  }

  function drag(event, note) {
    if (event.button !== 0) return;
    const row = event.currentTarget.closest("li");
    row.classList.add("dragged");
    const drags = new AbortController(); // of the window: a row that is moved in the document loses the pointer
    const during = (type, told) => window.addEventListener(type, told, { signal: drags.signal });
    during("pointermove", ({ clientY }) => {
      const others = [...items.children].filter((each) => each !== row);
      const below = others.find((each) => {
        const { top, height } = each.getBoundingClientRect();
        return clientY < top + height / 2;
      }) ?? null;
      if (below !== row.nextElementSibling) items.insertBefore(row, below);
    });
    const over = (kept) => {
      drags.abort();
      row.classList.remove("dragged");
      const place = [...items.children].indexOf(row);
      if (kept && place !== notes.indexOf(note)) move(note, place);
      else list();
    };
    during("pointerup", () => over(row.isConnected));
    during("pointercancel", () => over(false));
  }

  // What happens

  function key(event) {
    if (event.key.toLowerCase() !== "p" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!root.isConnected || typesInto(event.target) || document.querySelector(".modal.show, .offcanvas.show, dialog[open]")) return;
    event.preventDefault();
    pin();
  }

  document.addEventListener("keydown", key);
  const timer = setInterval(() => {
    if (!document.hidden && isOpen() && !watch.clock.playing && !story) refresh();
  }, AGAIN_MS);
  refresh(true);

  let wasOpen = false;
  let listed = "";
  return {
    show() {
      const open = isOpen();
      if (open && !wasOpen && notes !== null && !story) refresh();
      wasOpen = open;
      pinButton.title = `Pin a note to ${watch.cells.length ? watch.tracks.names[watch.cells[0]] : "the whole embryo"} and this moment (P)`;
      const key = [watch.lineKey, watch.theme(), watch.version].join("|");
      if (open && notes && key !== listed) {
        listed = key;
        list();
      }
      marks.retime();
      marks.place();
      mark();
    },
    tick() {
      story?.tick();
      marks.place();
      if (isOpen()) mark();
    },
    end() {
      ended = true;
      story?.stop();
      shownCallout?.end();
      marks.end();
      clearInterval(timer);
      document.removeEventListener("keydown", key);
    },
  };
}
