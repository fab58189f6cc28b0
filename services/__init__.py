"""Embryos, lineages, labels, learning, runs. Nothing in here knows Dash."""
