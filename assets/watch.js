/* The embryo's page: its module is fetched when there is an embryo to show. */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.watch = { mount: window.blastoscope.lazily("watch.mjs", "mount") };
