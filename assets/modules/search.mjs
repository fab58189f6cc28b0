/** The field that finds cells: suggests as somebody types, knows `x`, whole sublineages and functional names. */

import { element } from "./dom.mjs";
import { suggestions, termsOf } from "./choice.mjs";

const MOST_OFFERED = 8;

/** What is offered, and what is said of it. */
const head = ({ term, name, of }) => (of ? [name, of.length === 1 ? of[0] : `${of.length} cells`].filter(Boolean).join(" · ") : term);

const meaning = ({ term, cells, of, terms, instead }) => {
  if (instead) return `not followed here; closest ancestor ${terms.slice(0, 2).join(", ")}${terms.length > 2 ? " …" : ""}`;
  if (of) return cells < of.length ? `${cells} followed here` : "";
  if (term.endsWith("*")) return `${term.slice(0, -1)} and all below it · ${cells} cells`;
  return cells === 1 ? "" : `${cells} cells`;
};

/**
 * The search field as an element. `names` are the embryo's cells; `choose(terms, add)` is told what was
 * found, and whether it joins the choice (it does, unless nothing is typed before). `nobody`: what is said of
 * a name that isn't there. `functional`: functional names by cell (ABplapaaaapp: ADAL).
 */
export function searchField(names, choose, nobody = "This embryo follows no cell", functional = {}) {
  let offered = [];
  let active = -1;
  const list = element("ul", { id: "cell-suggestions", role: "listbox", class: "suggestions", hidden: true, "aria-label": "Cells found" });
  const input = element("input", {
    type: "text", class: "cell-search", role: "combobox", placeholder: "Find cells: ABala, MSxp, C*",
    "aria-label": "Find cells", "aria-controls": "cell-suggestions", "aria-expanded": "false",
    "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", maxlength: "200",
    title: "A name; x stands for either daughter (MSxp); * takes all descendants (C*). Several at once are separated by commas. Functional names (ADAL) where a table of them was imported.",
  });
  const nothing = element("p", { class: "suggestions nothing", role: "status", hidden: true });

  const close = () => {
    list.hidden = true;
    nothing.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const take = ({ term, terms = termsOf(term, names, functional) }) => {
    if (terms.length) choose(terms);
    input.value = "";
    close();
  };
  const highlight = (index) => {
    active = index;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === index)));
    if (index >= 0) input.setAttribute("aria-activedescendant", `cell-suggestion-${index}`);
    else input.removeAttribute("aria-activedescendant");
  };
  const offer = () => {
    const several = /[\s,;]/.test(input.value.trim());
    // A list is taken as it is; a functional name may have a space in it too.
    offered = suggestions(input.value, names, MOST_OFFERED, functional).filter(({ of }) => of || !several);
    list.replaceChildren(...offered.map((each, i) => element(
      "li",
      { role: "option", id: `cell-suggestion-${i}`, "aria-selected": "false", onpointerdown: (event) => { event.preventDefault(); take(each); } },
      element("b", { text: head(each) }), " ", element("span", { class: "quiet", text: meaning(each) }),
    )));
    list.hidden = offered.length === 0;
    nothing.hidden = several || offered.length > 0 || input.value.trim() === "";
    nothing.textContent = `${nobody} “${input.value.trim()}”.`;
    input.setAttribute("aria-expanded", String(!list.hidden));
    highlight(offered.length ? 0 : -1);
  };

  input.addEventListener("input", offer);
  input.addEventListener("focus", () => input.value && offer());
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves && offered.length) {
      highlight((active + moves[event.key] + offered.length) % offered.length);
      event.preventDefault();
    } else if (event.key === "Enter" && input.value.trim()) {
      take(active >= 0 ? offered[active] : { term: input.value });
      event.preventDefault();
    } else if (event.key === "Escape" && input.value) {
      input.value = "";
      close();
      event.stopPropagation();
    }
  });
  return element("div", { class: "cell-search-box" }, input, list, nothing);
}
