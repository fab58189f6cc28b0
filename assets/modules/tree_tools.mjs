/** What stands around the tree: its row of tools, the legend of expression, the list of odd divisions. */

import { element, select } from "./dom.mjs";
import { MEASURES } from "./tracks.mjs";
import { oddCounts, oddWords, RULE, SOURCE } from "./tree_timing.mjs";

const MOST_LISTED = 300;
const FORMS = [
  ["svg", "SVG", "The tree as a figure on white ground, to edit"],
  ["pdf", "PDF", "The tree as a figure on white ground, its text selectable"],
  ["newick", "Newick", "The lineage with branch lengths in minutes, for other programs"],
];

const button = (text, title, onclick, attributes = {}) => (
  element("button", { type: "button", class: "quiet-button", text, title, onclick, ...attributes }));

/**
 * The row in `root`. `told` is asked for what somebody does: along(measure), odd(), fold(), unfold(), rootAt(name),
 * rootHere(), fit(), save(form). Returns {fitted(isFitted), show(state)}; the state is {view, current (node or null), isWhole,
 * ancestors (names from the root's topmost known mother down), whyNoOdd ("" when it can be told)}.
 */
export function treeTools(root, told) {
  const measures = ["blot", ...MEASURES.filter((each) => each !== "blot")];
  const alongs = select("Along branches", [["", "stage’s colours"], ...measures.map((each) => [each, each])], "", told.along);
  alongs.title = "Along branches: the colours of the stage, or expression: green below zero, black, red above";
  const odd = button("Odd divisions", "", told.odd, { "aria-pressed": "false" });
  const fold = button("Fold", "", told.fold);
  const here = button("Root", "", told.rootHere);
  const unfold = button("Unfold all", "Show every sublineage again", told.unfold, { class: "tree-crumb" });
  const fit = button("Fit", "The whole tree (0)", told.fit);
  const saves = element(
    "details",
    { class: "tree-save" },
    element("summary", { class: "quiet-button", text: "Save ▾", title: "Save the tree as a figure or as data" }),
    element("div", { class: "tree-save-list" }, ...FORMS.map(([form, words, title]) => button(words, title, () => {
      saves.open = false;
      told.save(form);
    }))),
  );
  saves.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !saves.open) return;
    event.preventDefault();
    event.stopPropagation();
    saves.open = false;
    saves.firstChild.focus();
  });
  saves.addEventListener("focusout", (event) => { if (!saves.contains(event.relatedTarget)) saves.open = false; });
  const crumbs = element("nav", { class: "tree-crumbs", "aria-label": "Root of the tree" });
  root.replaceChildren(
    crumbs,
    alongs, odd, fold, here, fit, saves,
  );
  return {
    fitted(isFitted) { fit.hidden = isFitted; },
    show({ view, current, ancestors, isWhole, whyNoOdd }) {
      alongs.value = view.along;
      odd.setAttribute("aria-pressed", String(view.odd && !whyNoOdd));
      odd.disabled = Boolean(whyNoOdd);
      odd.title = whyNoOdd || `Divisions that are early, late or missing; ${SOURCE}. ${RULE}`;
      const name = current?.name ?? "";
      const canFold = current !== null && (current.folded || current.children.length > 0);
      fold.textContent = current?.folded ? "Unfold" : "Fold";
      fold.disabled = !canFold;
      fold.title = canFold ? `${fold.textContent} what descends from ${name} (F)` : "Click a branch that divides first, then fold what descends from it (F)";
      here.disabled = !current || name === view.root;
      here.title = current ? `Only ${name} and what descends from it (R)` : "Click a branch first, then see it and what descends from it alone (R)";
      const { length: folds } = view.folded;
      crumbs.hidden = isWhole && folds === 0;
      const step = (words, at) => button(words, at ? `The tree from ${at}` : "The whole tree (Escape)", () => told.rootAt(at), { class: "tree-crumb" });
      crumbs.replaceChildren(
        ...(isWhole ? [] : [
          step("whole tree", ""), ...ancestors.flatMap((each) => ["▸", step(each, each)]),
          "▸", element("strong", { text: view.root, "aria-current": "location" }),
        ]),
        ...(folds ? [element("span", { class: "tree-folds", text: `${folds} folded` }), unfold] : []),
      );
    },
  };
}

/** The legend of expression along branches (see alongPainter), as children for its box. */
export function alongLegend({ title, unit, least, most, stops }) {
  const strip = (colours) => {
    const bar = element("i", { class: "tree-ramp" });
    bar.style.background = `linear-gradient(to right, ${colours.join(",")})`;
    return bar;
  };
  const number = (value) => value.toLocaleString("en");
  return [
    element("span", { class: "quiet", text: `${title}, ${unit}` }),
    element(
      "span",
      { class: "tree-scale" },
      ...(stops.below ? [element("span", { text: number(least) }), strip([...stops.below].reverse())] : []),
      element("span", { text: "0" }), strip(stops.above), element("span", { text: `${number(most)} and more` }),
    ),
  ];
}

const SIGNS = { early: "▲", late: "▼", missing: "⊗" };

/**
 * Fill `box` (a details element) with the odd divisions `odd` (tree_timing.mjs) of `names`; `go(odd)` is told of a
 * click. Those that are odd of themselves come first.
 */
export function listOdd(box, odd, names, go) {
  const own = odd.filter(({ inherited }) => !inherited);
  const line = (each) => element("li", {}, element(
    "button",
    { type: "button", class: "odd-line", title: "Choose it and go to that moment", onclick: () => go(each) },
    element("span", { class: "odd-sign", text: SIGNS[each.kind], "aria-hidden": "true" }),
    element("b", { text: names[each.cell] }), ` ${oddWords(each)}`,
  ));
  const after = odd.filter(({ inherited }) => inherited);
  const listed = [...own, ...after].slice(0, MOST_LISTED);
  const rest = odd.length - listed.length;
  box.replaceChildren(
    element("summary", { text: odd.length ? `Odd divisions: ${oddCounts(odd)}` : "No division is early, late or missing" }),
    element("p", { class: "quiet", text: `${SOURCE[0].toUpperCase()}${SOURCE.slice(1)}. ${RULE}` }),
    ...(after.length ? [element("p", { class: "quiet", text: `${after.length} of them only as their mothers are: open marks.` })] : []),
    element("ul", { "aria-label": "Odd divisions" }, ...listed.map(line)),
    ...(rest ? [element("p", { class: "quiet", text: `and ${rest} more` })] : []),
  );
}
