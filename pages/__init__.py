"""One file a page: its layout and its callbacks."""

from pages import collection, compare, embryo, embryos, labels, run, runs, train

PAGES = (embryos, embryo, collection, labels, train, runs, run, compare)
