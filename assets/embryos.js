/* The embryos page: how its table's cells are drawn. */
(function () {
  "use strict";
  const b = window.blastoscope;
  const h = (...args) => window.React.createElement(...args);
  const draw = (window.dashAgGridComponentFunctions ??= {});
  b.chosen = new Set();

  const box = (label, checked, onChange) =>
    h("input", { type: "checkbox", className: "form-check-input", "aria-label": label, tabIndex: -1, checked, onChange });
  draw.EmbryoChoose = ({ data, node }) =>
    data && box(`Choose ${data.name}`, b.chosen.has(data.id), (e) => b.choose(data.id, node.rowIndex, e.nativeEvent.shiftKey));
  draw.EmbryoChooseAll = () =>
    box("Choose all embryos that match", b.allChosen?.() ?? false, (e) => b.chooseAll(e.target.checked));
  draw.EmbryoName = ({ data }) =>
    data && h("a", { href: b.address(`/embryos/${data.id}`), title: data.name }, data.name,
      h("small", null, [data.gene, `${data.start_cells} → ${data.end_cells} cells`].filter(Boolean).join(", ")));
  draw.EmbryoField = ({ data, value, colDef }) =>
    data && data.guessed.includes(colDef.field) ? h("em", { "data-hint": b.guessHint }, value) : value;
  draw.EmbryoFlags = ({ value, sentences }) =>
    value && h("span", null, value.map((word) => h("span", { key: word, className: "flag", "data-word": word, "data-hint": sentences[word] }, word)));
  draw.EmbryoCurve = ({ data, value }) => {
    if (!value || !value.length) return null;
    const most = Math.max(...value, 1);
    const at = (count, i) => `${((i / Math.max(value.length - 1, 1)) * 96).toFixed(1)} ${(23 - (count / most) * 22).toFixed(1)}`;
    const label = `Cells: ${data.start_cells} to ${data.end_cells}, at most ${data.max_cells}`;
    return h("svg", { viewBox: "0 0 96 24", width: 96, height: 24, role: "img", "aria-label": label, className: "cell-curve" },
      h("path", { d: `M${value.map(at).join("L")}` }));
  };

  (window.dash_clientside ??= {}).embryos = { mount: b.lazily("embryos.mjs", "mount"), say: b.lazily("embryos.mjs", "say") };
})();
