/* All embryos together: its module is fetched when the page is there. */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.collection = { mount: window.blastoscope.lazily("collection.mjs", "mount") };
