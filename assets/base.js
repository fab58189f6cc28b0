/* What every page has: addresses, modules on demand, theme, toasts, copying the address. */
(function () {
  "use strict";
  const config = () => JSON.parse(document.getElementById("_dash-config").textContent);
  const assets = new URL("./modules/", document.currentScript.src);

  const api = (window.blastoscope = {
    /** The address of `path` ("/api/v1/…") under the prefix that the program is served at. */
    address: (path) => config().requests_pathname_prefix.replace(/\/$/, "") + path,
    /** A clientside callback that loads assets/modules/<file> when first called. */
    lazily: (file, name) => async (...args) => (await import(new URL(file, assets)))[name](...args),
    module: (file) => import(new URL(file, assets)),
    theme: () => document.documentElement.dataset.bsTheme,
    toast(text, action) {
      const box = document.createElement("div");
      box.className = "toast-line";
      box.append(Object.assign(document.createElement("span"), { textContent: text }));
      if (action) {
        const button = Object.assign(document.createElement("button"), { textContent: action.label });
        button.onclick = () => { box.remove(); action.run(); };
        box.append(button);
      }
      document.getElementById("toasts").append(box);
      setTimeout(() => box.remove(), action ? 15000 : 5000);
    },
  });

  function setTheme(theme) {
    document.documentElement.dataset.bsTheme = theme;
    document.cookie = `theme=${theme};path=/;max-age=31536000;samesite=lax`;
  }
  const kept = /(?:^|; )theme=(light|dark)/.exec(document.cookie);
  setTheme(kept ? kept[1] : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.documentElement.lang = "en";

  async function redraw() {
    const response = await fetch(api.address("/look.json"));
    const template = (await response.json())[api.theme()];
    for (const graph of document.querySelectorAll(".js-plotly-plot")) {
      if (!graph.closest("[data-own-theme]")) window.Plotly.relayout(graph, { template });
    }
    window.dispatchEvent(new CustomEvent("themechange", { detail: api.theme() }));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#theme-switch, #share-link");
    if (!button) return;
    if (button.id === "theme-switch") {
      setTheme(api.theme() === "dark" ? "light" : "dark");
      redraw();
    } else {
      navigator.clipboard.writeText(location.href).then(
        () => api.toast("The address of this view is copied."),
        () => api.toast(`Copy it from here: ${location.href}`),
      );
    }
  });

  /* The bar marks the page one is on; Dash changes pages without loading a document. */
  let marked = null;
  function mark() {
    const links = document.querySelectorAll(".bar-link");
    if (!links.length || location.pathname === marked) return;
    marked = location.pathname;
    const home = config().requests_pathname_prefix;
    for (const link of links) {
      const own = new URL(link.href).pathname;
      const here = own === home ? marked === home || marked.startsWith(`${home}embryos`) : marked.startsWith(own);
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }
  new MutationObserver(mark).observe(document.documentElement, { childList: true, subtree: true });

  /* How many runs are being trained. Rests while nobody looks and while an embryo plays. */
  async function countRuns() {
    const badge = document.getElementById("live-runs");
    if (!badge || document.hidden || api.playing) return;
    const response = await fetch(api.address("/live-runs")).catch(() => null);
    if (!response || !response.ok) return;
    const count = (await response.json()).running;
    badge.textContent = count ? `${count}●` : "";
    badge.title = count ? `${count} running or queued` : "";
  }
  api.countRuns = countRuns;
  document.addEventListener("DOMContentLoaded", () => setTimeout(countRuns, 1500));
  setInterval(countRuns, 5000);
})();
