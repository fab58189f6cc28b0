/** Files that people drop or choose: up to the server with progress, then the import until it has ended. */
import { counted } from "./embryo_view.mjs";
import { make, progressLine, size } from "./progress.mjs";

const b = globalThis.blastoscope;
const READ = /\.(csv|zip|txt|tsv)$/i;
const KEY = "blastoscope imports"; // ids whose summary nobody has dismissed yet, for a reload of the page
let limitMb = 0;
let onChange = () => {};
let followed = new Set();

/**
 * Which of `files` ({file, inFolder}) are sent, and how many others are left where they are: a folder often
 * holds the images too. What somebody picked by hand is sent as it is, so that the answer can say why not.
 */
export function pick(files) {
  const sent = files.filter(({ file, inFolder }) => !inFolder || (READ.test(file.name) && !file.name.startsWith(".")));
  return { sent: sent.map(({ file }) => file), left: files.length - sent.length };
}

/** What speaks against sending `files`, as a sentence; null when nothing does. */
export function refusal(files, mostMb) {
  if (!files.length) return "There is no CD file (.csv) and no zip in there.";
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  if (bytes <= mostMb * 1e6) return null;
  return (
    `${counted(files.length, "file")} with ${size(bytes)} ${files.length === 1 ? "is" : "are"} over the limit of ${mostMb} MB for one upload. ` +
    "Bring them in parts, or on the server with: make import FILES=…"
  );
}

/** An import's progress ({phase, done, total}) in words. */
export function progressWords({ phase, done, total, message }) {
  if (phase === "downloading") return `Downloading the EPIC collection${message ? `: ${message}` : ""}`;
  return total ? `Importing: ${done.toLocaleString("en")} of ${counted(total, "file")}` : message || "Importing";
}

/** The first line of an ended import's summary. */
export function headline({ state, summary, message }) {
  const came = summary.imported.filter((embryo) => !embryo.existed).length;
  const existed = summary.imported.length - came;
  const parts = [];
  if (came || !(existed || summary.applied.length)) parts.push(`${counted(came, "embryo")} came in`);
  if (existed) parts.push(`${existed.toLocaleString("en")} ${existed === 1 ? "was" : "were"} here already`);
  if (summary.rejected.length) parts.push(`${counted(summary.rejected.length, "file")} didn't come in`);
  if (summary.applied.length) parts.push(`${counted(summary.applied.length, "table")} applied`);
  const ending = { cancelled: "Cancelled. ", failed: `${message || "The import broke off."} ` }[state] ?? "";
  return `${ending}${parts.join(", ")}.`.replace(/^./, (letter) => letter.toUpperCase());
}

/* Files from a drop: folders are walked. */

const entryFile = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));
const entriesOf = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));

async function walk(entry, inFolder, found) {
  if (entry.isFile) found.push({ file: await entryFile(entry), inFolder });
  if (!entry.isDirectory) return;
  const reader = entry.createReader();
  for (let entries = await entriesOf(reader); entries.length; entries = await entriesOf(reader)) {
    for (const inner of entries) await walk(inner, true, found);
  }
}

async function dropped(transfer) {
  const found = [];
  const entries = [...transfer.items].map((item) => item.kind === "file" && item.webkitGetAsEntry()).filter(Boolean);
  for (const entry of entries) await walk(entry, false, found); // entries were taken before the first await
  return found;
}

function choose(folder) {
  const input = make("input", { type: "file", multiple: true, hidden: true });
  if (folder) input.webkitdirectory = true;
  else input.accept = ".csv,.zip,.txt,.tsv";
  input.onchange = () => {
    start([...input.files].map((file) => ({ file, inFolder: folder })));
    input.remove();
  };
  document.body.append(input);
  input.click();
}

/* Uploading */

const panel = () => document.getElementById("import-panel");

function start(files) {
  const { sent, left } = pick(files);
  const against = refusal(sent, limitMb);
  if (against) return trouble("Nothing was sent", against);
  return upload(sent, left);
}

function trouble(title, text) {
  progressLine(panel(), title, () => {}).end(make("strong", {}, title), make("p", {}, text));
}

function upload(files, left) {
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  const body = new FormData();
  for (const file of files) body.append("file", file, file.name);
  const request = new XMLHttpRequest();
  const words = `Uploading ${counted(files.length, "file")}`;
  const line = progressLine(panel(), words, () => request.abort());
  const failed = (text) => line.end(make("strong", {}, "The upload didn't work. Nothing came in."), make("p", {}, text));
  request.upload.onprogress = ({ loaded }) => line.tell(`${words}: ${size(Math.min(loaded, bytes))} of ${size(bytes)}`, loaded, bytes);
  request.onabort = () => line.end(make("strong", {}, "Cancelled. Nothing came in."));
  request.onerror = () => failed("The connection broke off. Try again; if it happens again, is the program still running?");
  request.onload = () => {
    const answer = readJson(request.responseText);
    if (request.status !== 202) {
      return failed(answer.error?.message ?? `The server answered with status ${request.status}.`);
    }
    line.close();
    remember(answer.id, true);
    return follow(answer.id, left);
  };
  request.open("POST", b.address("/imports"));
  request.send(body);
}

function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/* Following an import */

const remembered = () => readJson(sessionStorage.getItem(KEY) ?? "[]");

function remember(id, keep) {
  const ids = [...remembered()].filter((other) => other !== id);
  sessionStorage.setItem(KEY, JSON.stringify(keep ? [...ids, id] : ids));
}

/** After a (re)load: imports that this tab started, and one that is running on the server. */
export async function followKnown() {
  followed = new Set();
  const ids = new Set(remembered());
  const response = await fetch(b.address("/imports")).catch(() => null);
  for (const id of (response?.ok ? await response.json() : { running: [] }).running) ids.add(id);
  for (const id of ids) follow(id, 0);
}

async function follow(id, left) {
  if (followed.has(id)) return;
  followed.add(id);
  const host = panel();
  const post = () => fetch(b.address(`/imports/${id}/cancel`), { method: "POST" });
  const line = progressLine(host, "Importing", post);
  line.dismissed = () => remember(id, false);
  for (let shown = 0; host.isConnected; ) {
    const response = await fetch(b.address(`/imports/${id}`)).catch(() => null);
    if (response?.status === 404) {
      remember(id, false);
      return line.close();
    }
    if (response?.ok) {
      const told = await response.json();
      if (told.state !== "running") {
        line.end(...summary(told, left));
        if (told.summary.imported.length) welcomed();
        return onChange();
      }
      line.tell(progressWords(told), told.done, told.total);
      if (told.phase === "importing" && told.done > shown) onChange();
      shown = told.done;
    } else line.tell("The server can't be reached. The import goes on there; trying again.", 0, 0);
    await new Promise((resolve) => setTimeout(resolve, response?.ok ? 300 : 2000));
  }
  return undefined;
}

/** Whoever has brought embryos in knows where to drop the next. */
function welcomed() {
  document.getElementById("import-welcome").hidden = true;
  document.getElementById("import-slim").hidden = false;
}

/* The summary */

const SHOWN = 6;

function list(title, items, open) {
  if (!items.length) return null;
  const lines = make("ul", {}, ...items);
  if (items.length <= SHOWN) return make("div", {}, title && make("h3", {}, title), lines);
  return make("details", { open }, make("summary", {}, title), lines);
}

function embryoLine({ id, name, flags }, sentences) {
  const words = flags.map((word) => {
    const flag = make("span", { className: "flag", tabIndex: 0 }, word);
    Object.assign(flag.dataset, { word, hint: sentences[word] ?? word });
    return flag;
  });
  return make("li", {}, make("a", { href: b.address(`/embryos/${id}`) }, name), " ", ...words);
}

function summary(told, left) {
  const { imported, rejected, applied } = told.summary;
  const sentences = readJson(panel().dataset.flags ?? "{}");
  const came = imported.filter((embryo) => !embryo.existed);
  const existed = imported.filter((embryo) => embryo.existed);
  const reason = ({ file, line, error }) =>
    make("li", {}, make("span", { className: "file-name" }, line ? `${file}, line ${line}` : file), make("span", {}, error));
  const table = ({ file, matched, unmatched, names }) => (
    make("li", {}, make("span", { className: "file-name" }, file), make("span", {}, names ? brings(names, unmatched) : applies(matched, unmatched))));
  return [
    make("strong", {}, headline(told)),
    list(came.length > SHOWN ? "What came in" : "", came.map((embryo) => embryoLine(embryo, sentences))),
    list("Here already", existed.map((embryo) => embryoLine(embryo, sentences))),
    list("What didn't come in, and why", rejected.map(reason), true),
    list("Tables", applied.map(table), true),
    left ? make("p", {}, `${counted(left, "other file")} in the folder ${left === 1 ? "was" : "were"} left alone: only .csv, .txt, .tsv and .zip are read.`) : null,
  ].filter(Boolean);
}

/** What a table did, in words: names of embryos that it matched, and how many of its rows matched none. */
export function applies(matched, unmatched) {
  const names = matched.length > SHOWN ? `${matched.slice(0, SHOWN).join(", ")} and ${matched.length - SHOWN} more` : matched.join(", ");
  const what = matched.length ? `applied to ${counted(matched.length, "embryo")}: ${names}` : "no embryo of that name is here";
  return unmatched ? `${what}; ${counted(unmatched, "row")} matched none` : what;
}

/** What a table of functional names did, in words. */
export function brings(names, leftOut) {
  const words = `functional names of ${counted(names, "cell")} came in`;
  return leftOut ? `${words}; ${counted(leftOut, "row")} without a name, or of a cell outside the embryo, left out` : words;
}

/* Drops and buttons */

export function receiveFiles(options) {
  ({ limitMb, onChange } = options);
  const { signal } = options;
  const on = (type, run) => document.addEventListener(type, run, { signal });
  const here = () => panel() !== null;
  const hasFiles = (event) => here() && [...(event.dataTransfer?.types ?? [])].includes("Files");
  const over = (state) => document.body.classList.toggle("dropping", state);
  on("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over(true);
  });
  on("dragleave", (event) => event.relatedTarget === null && over(false));
  on("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over(false);
    try {
      start(await dropped(event.dataTransfer));
    } catch {
      trouble("Nothing was sent", "The browser couldn't read what was dropped. Choose it with Import instead.");
    }
  });
  on("click", ({ target }) => {
    const button = here() && target.closest("[data-import]");
    if (!button) return;
    if (button.dataset.import === "epic") epic();
    else choose(button.dataset.import === "folder");
  });
}

async function epic() {
  const response = await fetch(b.address("/imports/epic"), { method: "POST" }).catch(() => null);
  const answer = response ? readJson(await response.text()) : {};
  if (!answer.id) return trouble("The download didn't start", answer.error?.message ?? "The server can't be reached.");
  remember(answer.id, true);
  return follow(answer.id, 0);
}
