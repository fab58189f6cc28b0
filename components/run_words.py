"""A run's choices and numbers in words. Plain values in, text out."""

from collections.abc import Mapping
from typing import Any

PROTOCOLS = {"embryo": "held-out embryos", "cell": "cell split", "row": "row split"}
FIELD_TITLES = {
    "embryos": "Embryos",
    "preset": "Preset",
    "stop_at_cells": "Stop at cells",
    "names": "Nuclei",
    "scheme": "Label",
    "depth": "Depth",
    "features": "Features",
    "split": "Split",
    "validation_share": "Validation share",
    "test_share": "Test share",
    "resampling": "Resampling",
    "model": "Network",
    "epochs": "Epochs",
    "batch_size": "Batch size",
    "learning_rate": "Learning rate",
    "schedule": "Schedule",
    "factor": "Factor",
    "patience": "Patience",
    "early_stop": "Early stop",
    "seed": "Seed",
    "name": "Name",
    "notes": "Notes",
}


def protocol(config: Mapping[str, Any], inflated: str | None) -> str:
    """What a run's score was measured on, as a word or two; "inflated" is part of it where it holds."""
    word = PROTOCOLS[config["split"]]
    return f"{word}, inflated" if inflated else word


def duration(seconds: float | None) -> str:
    """Seconds as a person says them."""
    if seconds is None:
        return ""
    if seconds < 1:
        return "under 1 s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 10:
        return f"{minutes} min {whole % 60} s"
    if minutes < 60:
        return f"{round(seconds / 60)} min"
    return f"{minutes // 60} h {minutes % 60} min"


def score(value: float | None) -> str:
    """A score of 0 to 1 as it is read: three decimals."""
    return "–" if value is None else f"{value:.3f}"


def count(number: int, thing: str) -> str:
    """ "1 embryo", "1,234 embryos"."""
    if thing.endswith("class"):
        return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}es"
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def label(config: Mapping[str, Any]) -> str:
    """What the network answers, in a few words."""
    depth = config.get("depth")
    return {
        "prefix": count(depth or 0, "character"),
        "founder": "founder",
        "ancestor": f"generation {depth}",
        "full": "full name",
    }[config["scheme"]]
