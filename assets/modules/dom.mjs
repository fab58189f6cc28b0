/** Elements of the document, made in one line each. Text is always text, never markup. */

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "path", "line"]);

/** `tag` with attributes ("on…" functions are listeners; null is left out) and children (nodes or text). */
export function element(tag, attributes = {}, ...children) {
  const made = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "text") made.textContent = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** A labelled choice: `options` are [value, words] or {group, options}; `chosen(value)` is told. */
export function select(label, options, value, chosen) {
  const option = ([key, words]) => element("option", { value: key, selected: String(key) === String(value), text: words });
  return element(
    "select",
    { "aria-label": label, title: label, class: "watch-select", onchange: (event) => chosen(event.target.value) },
    ...options.map((each) => (each.group
      ? element("optgroup", { label: each.group }, ...each.options.map(option))
      : option(each))),
  );
}

/** Is the reader typing, so that keys belong to the field? */
export function typesInto(target) {
  return target instanceof Element && target.closest("input:not([type=range]), textarea, select, [contenteditable]") !== null;
}
