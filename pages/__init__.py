"""One file a page: its layout and its callbacks."""

from pages import compare, embryo, embryos, labels, run, runs, train

PAGES = (embryos, embryo, labels, train, runs, run, compare)
