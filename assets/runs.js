/* How the cells of the table of runs are drawn. */
(function () {
  const b = window.blastoscope;
  const h = (...args) => window.React.createElement(...args);
  const draw = (window.dashAgGridComponentFunctions ??= {});
  const words = { queued: "Queued", running: "Running", done: "Done", failed: "Failed", cancelled: "Cancelled" };

  draw.RunName = ({ data }) =>
    data && h("a", { href: b.address(`/runs/${data.id}`), title: data.name || data.id }, data.name || `Run ${data.id}`,
      h("small", null, data.accuracy == null ? "" : `${data.accuracy.toFixed(3)} `, draw.RunProtocol({ data, value: data.protocol })));
  draw.RunState = ({ data }) => data && h("span", { title: data.error ?? "" },
    h("span", { className: `run-word run-word-${data.state}` }, words[data.state]),
    data.state === "running" && data.epoch ? h("small", null, ` ${data.epoch}/${data.epochs}`) : null);
  draw.RunScore = ({ data, value, colDef }) =>
    data && h("span", { className: colDef.field !== "majority" && data.on !== "test" ? "quiet" : "" }, value == null ? "–" : value.toFixed(3));
  draw.RunProtocol = ({ data, value }) =>
    data && h("span", { className: data.inflated ? "warning-word" : "", title: data.inflated ?? "" }, value);
  draw.RunTime = ({ value }) => value && new Date(value * 1000).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  draw.RunCurve = ({ value }) => {
    if (!value || value.length < 2) return null;
    const low = Math.min(...value), high = Math.max(...value);
    const at = (y, i) => `${((i / (value.length - 1)) * 96).toFixed(1)} ${(22 - ((y - low) / (high - low || 1)) * 20).toFixed(1)}`;
    return h("svg", { viewBox: "0 0 96 24", width: 96, height: 24, role: "img", className: "loss-curve",
      "aria-label": `Validation loss from ${value[0].toFixed(2)} to ${value.at(-1).toFixed(2)}, at least ${low.toFixed(2)}` },
      h("path", { d: `M${value.map(at).join("L")}` }));
  };
})();
