/* The labels page: its module draws the lineage and the table. */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.labels = {
  show: window.blastoscope.lazily("labels.mjs", "show"),
  point: window.blastoscope.lazily("labels.mjs", "point"),
};
