/* The pages of runs: their modules are fetched when first needed. */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.live = {
  mount: window.blastoscope.lazily("live.mjs", "mount"),
  runs: window.blastoscope.lazily("runs_table.mjs", "mount"),
  compare: window.blastoscope.lazily("compare.mjs", "mount"),
};
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copies).textContent;
  navigator.clipboard.writeText(text).then(
    () => window.blastoscope.toast("Copied."),
    () => window.blastoscope.toast("The browser doesn’t let the page copy: select the text and copy it."),
  );
});
