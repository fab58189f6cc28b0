/** Lines of progress and what remains of them, in the panel above the table. Built by DOM calls: names are hostile. */

/** `make("p", {className}, "text", child…)` */
export function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** "12.3 MB"; below one megabyte "340 kB". */
export const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`);

/**
 * A line in `panel`: a title, a bar, a button that cancels. `tell(title, done, total)` moves it (total 0:
 * unknown), `end(...content)` leaves the content in its place until it is dismissed.
 */
export function progressLine(panel, title, cancel) {
  const text = make("span", { className: "progress-text", role: "status", textContent: title });
  const bar = make("progress", { max: 1 });
  bar.setAttribute("aria-label", title);
  const button = make("button", { className: "btn btn-secondary btn-sm", type: "button", textContent: "Cancel" });
  const line = make("section", { className: "progress-line" }, make("div", { className: "progress-row" }, text, bar, button));
  button.onclick = () => {
    button.disabled = true;
    button.textContent = "Cancelling";
    cancel();
  };
  panel.append(line);
  return {
    tell(words, done, total) {
      text.textContent = words;
      if (total) bar.value = Math.min(done / total, 1);
      else bar.removeAttribute("value");
    },
    end(...content) {
      line.replaceChildren(...content);
      line.classList.add("ended");
      const dismiss = make("button", { className: "btn-close", type: "button" });
      dismiss.setAttribute("aria-label", "Dismiss");
      dismiss.onclick = () => {
        line.remove();
        this.dismissed?.();
      };
      line.append(dismiss);
    },
    close: () => line.remove(),
  };
}
