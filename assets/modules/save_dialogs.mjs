/** The dialogs of "Save" (save.mjs): a picture, a video and the line that tells how far it is. */

import { element } from "./dom.mjs";
import { openPictures } from "./picture.mjs";
import { count, fileName, handOver } from "./saved_file.mjs";
import { formsFor, moments, mostBytes, MOST_FRAMES, RATES, record, whyNot } from "./video.mjs";

const SCALES = [1, 2, 3, 4];
const FIGURE_SCALE = 4;
const SIZES = [[1280, 720], [1920, 1080], [1080, 1080], [3840, 2160]]; // of videos, beside the stage's own
const WORDS_FIT_PX = 720; // height of a stage on which the words of a video are in proportion
const TRIAL_FRAMES = 4; // made to learn how long a frame takes here
const STANDARD = { speed: 10, rate: 30 };
const even = (value) => 2 * Math.max(Math.round(value / 2), 8); // H.264 knows no odd sizes

async function savePicture(watch, { scale, ...how }) {
  const pictures = openPictures(watch);
  try {
    const canvas = await pictures.draw({ ...pictures.size, pixels: scale, frame: watch.clock.frame, ...how });
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!blob) throw new Error("so large a picture can't be made here; try a smaller one");
    handOver(blob, fileName(watch.data.name, `${Math.round(watch.clock.minutes)}min`, "png"));
  } finally {
    pictures.end();
  }
}

/** The stage as a figure for a paper: white, four times as fine as the screen, with all that explains it. */
export const saveFigure = (watch) => savePicture(watch, { scale: FIGURE_SCALE, ground: "white", title: true, legend: true, overlays: true });

/** Ask how a picture of the stage is wanted, and save it. */
export function pictureDialog(watch) {
  const { size } = stageSize(watch);
  const form = dialog(watch, "Save a picture", "Save");
  const scale = choose("Size", SCALES.map((n) => [n, `${n}× · ${n * size.width} × ${n * size.height} px`]), 2);
  const how = lookFields();
  form.add(scale, ...how.fields);
  form.submit(async () => {
    await savePicture(watch, { scale: Number(scale.control.value), ...how.read() });
  });
}

function stageSize(watch) {
  const box = watch.root.querySelector(".stage");
  return { size: { width: box.clientWidth, height: box.clientHeight } };
}

/** Fields that picture and video share: ground, and what is written into it. */
function lookFields() {
  const ground = choose("Ground", [["dark", "Dark"], ["white", "White"]], "dark");
  const boxes = {
    title: tick("Name, time and cells", true), legend: tick("Legend", true), overlays: tick("Scale bar, axes and names", true),
  };
  const group = element("fieldset", { class: "save-ticks" }, element("legend", { text: "Written into it" }), ...Object.values(boxes).map(({ element: each }) => each));
  return {
    fields: [ground, { element: group }],
    read: () => ({
      ground: ground.control.value,
      ...Object.fromEntries(Object.entries(boxes).map(([name, { control }]) => [name, control.checked])),
    }),
  };
}

// Videos

/** Ask for a stretch of time, say what its video will be like, and make it. */
export async function videoDialog(watch) {
  const why = whyNot();
  const form = dialog(watch, "Make a video", "Make the video");
  if (why) {
    form.refuse(why);
    return;
  }
  const { size } = stageSize(watch);
  const [begin, end] = watch.clock.range.map((frame) => watch.timeline.minutes(frame));
  const sizes = [[even(size.width), even(size.height), "screen"], ...SIZES.map((each) => [...each, ""])];
  const fields = {
    from: amount("From, min", { min: floor1(begin), max: ceil1(end), value: floor1(begin) }),
    to: amount("To, min", { min: floor1(begin), max: ceil1(end), value: ceil1(end) }),
    speed: amount("Minutes a second", { min: 0.1, max: 600, value: watch.clock.speed || STANDARD.speed }),
    length: amount("Length, s", { min: 0.1, max: 3600, value: 0 }),
    rate: choose("Frames a second", RATES.map((each) => [each, String(each)]), STANDARD.rate),
    size: choose("Size", sizes.map(([w, h, words], i) => [i, `${w} × ${h}${words ? ` (${words})` : ""}`]), 0),
    form: choose("Form", [], ""),
  };
  const look = lookFields();
  const told = element("p", { class: "save-estimate", role: "status" });
  form.add(...["from", "to", "speed", "length", "rate", "size", "form"].map((name) => fields[name]), ...look.fields, { element: told });

  const value = (name) => Number(fields[name].control.value);
  const put = (name, number) => { fields[name].control.value = String(Number(number.toFixed(2))); };
  const span = () => Math.max(Math.min(value("to"), end) - Math.max(value("from"), begin), 0);
  let forms = [];
  let trial = new AbortController();
  let perFrame = null; // {ms, key (bytes), other (bytes)}, measured

  /** What is asked for; null while it makes no sense. */
  function asked() {
    const [width, height] = sizes[value("size")];
    const [from, to] = [Math.max(value("from"), begin), Math.min(value("to"), end)];
    if (!(to > from) || !(value("speed") > 0)) return null;
    const minutes = moments(from, to, value("speed"), value("rate"));
    const chosen = forms.find(({ name }) => name === fields.form.control.value);
    return { width, height, minutes, rate: value("rate"), form: chosen, ...look.read() };
  }
  function tell() {
    const wanted = asked();
    const words = wordsOf(wanted, perFrame);
    told.textContent = words.text;
    form.able(words.able);
  }
  async function formsAgain() {
    const [width, height] = sizes[value("size")];
    forms = await formsFor(width, height, value("rate"));
    const kept = fields.form.control.value;
    fields.form.set(forms.map(({ name, words }) => [name, words]), forms.some(({ name }) => name === kept) ? kept : forms[0]?.name);
  }
  async function tryOut() {
    trial.abort();
    trial = new AbortController();
    const { signal } = trial;
    perFrame = null;
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (signal.aborted || !form.isOpen()) return;
    const wanted = asked();
    if (!wanted?.form) return;
    perFrame = await measured(watch, wanted, signal).catch(() => null);
    if (!signal.aborted) tell();
  }
  async function changed(name) {
    if (name === "length" && value("length") > 0) put("speed", span() / value("length"));
    else if (["from", "to", "speed"].includes(name) && value("speed") > 0) put("length", span() / value("speed"));
    if (["size", "rate"].includes(name)) await formsAgain();
    tell();
    if (["size", "rate", "form", "look"].includes(name)) tryOut();
  }
  for (const [name, { control }] of Object.entries(fields)) control.addEventListener("input", () => changed(name));
  for (const { element: each } of look.fields) each.addEventListener("input", () => changed("look"));
  form.submit(() => {
    const wanted = asked();
    trial.abort();
    makeVideo(watch, wanted);
  });
  form.closed(() => trial.abort());
  put("length", span() / value("speed"));
  await formsAgain();
  tell();
  tryOut();
}

const floor1 = (value) => Math.floor(10 * value) / 10;
const ceil1 = (value) => Math.ceil(10 * value) / 10;

/** "1.3 MB" */
const megabytes = (bytes) => (bytes < 1e5 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`);

/** "40 s", "3 min" */
function duration(seconds) {
  return seconds < 90 ? `${Math.max(Math.ceil(seconds), 1)} s` : `${Math.round(seconds / 60)} min`;
}

/** What a video will be, in words, and whether it can be made. */
function wordsOf(wanted, perFrame) {
  if (!wanted) return { able: false, text: "The end must come after the beginning." };
  const { minutes: { length }, rate, form } = wanted;
  if (!form) return { able: false, text: "This browser can't encode a video of that size and rate. Try a smaller one." };
  if (length > MOST_FRAMES) {
    return { able: false, text: `${count(length, "frame")} are more than one video may have (${MOST_FRAMES.toLocaleString("en")}). Take more minutes a second.` };
  }
  const known = `${count(length, "frame")}, ${(length / rate).toFixed(2)} s`;
  if (!perFrame) return { able: true, text: `${known}, at most about ${megabytes(mostBytes(form, length, rate))}` };
  const keys = Math.ceil(length / (2 * rate));
  const bytes = keys * perFrame.key + (length - keys) * perFrame.other;
  return { able: true, text: `${known}, about ${megabytes(bytes)} · about ${duration((length * perFrame.ms) / 1000)} to make` };
}

/** Draw and encode a few frames from the middle: {ms, key, other} of a frame. */
async function measured(watch, wanted, signal) {
  const { minutes, rate, form } = wanted;
  const pictures = openPictures(watch);
  const sizes = [];
  const middle = Math.floor(minutes.length / 2);
  try {
    let begun = 0;
    await record({
      form, count: Math.min(TRIAL_FRAMES, minutes.length), rate, signal,
      draw: (i) => {
        if (i === 1) begun = performance.now(); // the first also makes the context
        return drawMoment(watch, pictures, wanted, minutes[Math.min(middle + i, minutes.length - 1)]);
      },
      told: ({ bytes }) => sizes.push(bytes),
    });
    if (sizes.length < 2) return null;
    return { ms: (performance.now() - begun) / (sizes.length - 1), key: sizes[0], other: (sizes.at(-1) - sizes[0]) / (sizes.length - 1) };
  } finally {
    pictures.end();
  }
}

/** The canvas of one moment of a video: larger ones are drawn finer, so that words stay in proportion. */
function drawMoment(watch, pictures, { width, height, ground, title, legend, overlays }, minute) {
  const isOwn = even(pictures.size.width) === width && even(pictures.size.height) === height;
  const pixels = isOwn ? 1 : Math.min(width, height) / WORDS_FIT_PX;
  return pictures.draw({
    width: width / pixels, height: height / pixels, pixels, frame: pictures.timeline.frame(minute), ground, title, legend, overlays,
  });
}

/** Make a video while the page goes on; a line at the stage's foot tells how far it is. */
async function makeVideo(watch, wanted) {
  const { minutes, rate, form } = wanted;
  const stopped = new AbortController();
  const pictures = openPictures(watch); // the view as it is now: what is changed meanwhile stays out of the video
  const line = progress(watch, "Making a video", () => stopped.abort());
  const begun = performance.now();
  const name = fileName(watch.data.name, `${Math.round(minutes[0])}-${Math.round(minutes.at(-1))}min`, form.extension);
  try {
    const blob = await record({
      form, count: minutes.length, rate, title: watch.data.name, signal: stopped.signal,
      draw: (i) => {
        if (!line.isThere()) stopped.abort(); // the page of this embryo was left
        return drawMoment(watch, pictures, wanted, minutes[i]);
      },
      told: ({ done, bytes }) => {
        const left = ((performance.now() - begun) / done) * (minutes.length - done);
        line.tell(`Video: frame ${done} of ${minutes.length} · ${megabytes(bytes)} · about ${duration(left / 1000)} left`, done / minutes.length);
      },
    });
    handOver(blob, name);
    line.close();
    watch.toast(`Saved ${name}: ${count(minutes.length, "frame")}, ${(minutes.length / rate).toFixed(2)} s, ${megabytes(blob.size)}`);
  } catch (error) {
    line.close();
    watch.toast(error.name === "AbortError" ? "The video was cancelled; nothing was saved." : `The video couldn't be made: ${error.message}.`);
  } finally {
    pictures.end();
  }
}

/** The line that tells how far a video is. */
function progress(watch, words, cancel) {
  const text = element("span", { class: "save-told", text: words }); // not read aloud four times a second; the bar is there to be asked
  const bar = element("progress", { max: "1", value: "0", "aria-label": words });
  const button = element("button", { type: "button", class: "quiet-button", text: "Cancel", onclick: () => { button.disabled = true; cancel(); } });
  const line = element("div", { class: "save-progress" }, text, bar, button);
  watch.root.querySelector(".stage").append(line);
  const leaving = (event) => event.preventDefault(); // the browser asks before it throws the video away
  window.addEventListener("beforeunload", leaving);
  let toldAt = 0;
  return {
    isThere: () => line.isConnected,
    tell(told, share) {
      bar.value = share;
      if (performance.now() - toldAt < 250) return;
      toldAt = performance.now();
      text.textContent = told;
    },
    close() {
      window.removeEventListener("beforeunload", leaving);
      line.remove();
    },
  };
}

// Fields and dialogs

let fields = 0;

/** A control with its label over it. */
function labelled(label, control) {
  control.id = `save-field-${(fields += 1)}`;
  return { control, element: element("div", { class: "save-field" }, element("label", { for: control.id, text: label }), control) };
}

function choose(label, options, value) {
  const control = element("select", { class: "watch-select" });
  const made = labelled(label, control);
  made.set = (next, chosen) => {
    control.replaceChildren(...next.map(([key, words]) => element("option", { value: key, text: words })));
    if (chosen !== undefined) control.value = chosen;
  };
  made.set(options, value);
  return made;
}

const amount = (label, { min, max, value }) => (
  labelled(label, element("input", { type: "number", class: "save-number", min, max, step: "any", value, required: true })));

function tick(label, checked) {
  const control = element("input", { type: "checkbox", checked });
  return { control, element: element("label", { class: "save-tick" }, control, label) };
}

/** A dialog with a form: {add(...fields), submit(act), able(flag), refuse(words), closed(told), isOpen()}. */
function dialog(watch, title, action) {
  const alert = element("p", { class: "save-alert", role: "alert", hidden: true });
  const fields = element("div", { class: "save-fields" });
  const cancel = element("button", { type: "button", class: "btn btn-outline-secondary", text: "Cancel", onclick: () => box.close() });
  const button = element("button", { type: "submit", class: "btn btn-primary", text: action });
  const form = element("form", { method: "dialog" },
    element("h2", { id: "save-title", text: title }), fields, alert, element("div", { class: "save-actions" }, cancel, button));
  const box = element("dialog", { class: "save-dialog", "aria-labelledby": "save-title" }, form);
  watch.root.append(box);
  box.addEventListener("close", () => box.remove());
  box.showModal();
  const say = (words) => {
    alert.hidden = false;
    alert.textContent = words;
  };
  return {
    add: (...made) => fields.append(...made.map(({ element: each }) => each)),
    able: (flag) => { button.disabled = !flag; },
    isOpen: () => box.open,
    closed: (told) => box.addEventListener("close", told),
    refuse(words) {
      say(words);
      button.remove();
      cancel.textContent = "Close";
      cancel.focus();
    },
    submit(act) {
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        button.disabled = true;
        try {
          await act();
          box.close();
        } catch (error) {
          say(`That didn't work: ${error.message}.`);
          button.disabled = false;
        }
      });
    },
  };
}
