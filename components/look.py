"""The product's colours, and the Plotly templates made from them. One source: assets/tokens.css."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import flask

TOKENS = Path(__file__).parent.parent / "assets" / "tokens.css"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
THEMES = ("light", "dark")

ACETREE = {  # the colours people know from AceTree, by colour group
    "ABa": "#ff0000",
    "ABp": "#0000ff",
    "AB": "#ee82ee",
    "MS": "#00ffff",
    "E": "#00c000",
    "EMS": "#808000",
    "C": "#ff00ff",
    "D": "#ffc0cb",
    "P": "#ffff00",
    "unnamed": "#8b939e",
}


@cache
def tokens(theme: str) -> dict[str, str]:
    """Token name (without the dashes) to its value in `theme`, "light" or "dark"."""
    values: dict[str, str] = {}
    for selector, body in re.findall(r"([^{}]+)\{([^}]*)\}", re.sub(r"/\*.*?\*/", "", TOKENS.read_text())):
        if theme == "light" or f'"{theme}"' in selector or selector.strip() == ":root":
            if theme == "light" and '"dark"' in selector:
                continue
            values.update(re.findall(r"--([\w-]+):\s*(#\w+)", body))
    return values


@cache
def founder_colours(scheme: str = "safe") -> dict[str, str]:
    """Colour group of `services.lineage.colour_group` to a colour; scheme "safe" or "acetree"."""
    if scheme == "acetree":
        return ACETREE
    prefix = "founder-"
    return {k.removeprefix(prefix): v for k, v in tokens("light").items() if k.startswith(prefix)}


@cache
def template(theme: str) -> dict[str, Any]:
    """The Plotly template of `theme`: quiet frame, tabular numbers, the founders' colours in order."""
    t = tokens(theme)
    axis = {
        "gridcolor": t["line"],
        "linecolor": t["line"],
        "zerolinecolor": t["line"],
        "tickcolor": t["line"],
        "tickfont": {"size": 12, "color": t["quiet"]},
        "title": {"font": {"size": 12, "color": t["quiet"]}, "standoff": 8},
        "automargin": True,
    }
    return {
        "layout": {
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "size": 13, "color": t["text"]},
            "title": {"font": {"size": 14, "color": t["text"]}, "x": 0, "xanchor": "left"},
            "colorway": [t["accent"], t["founder-E"], t["founder-MS"], t["founder-C"], t["founder-D"]],
            "xaxis": axis,
            "yaxis": axis,
            "legend": {"font": {"size": 12}, "bgcolor": "rgba(0,0,0,0)"},
            "hoverlabel": {
                "bgcolor": t["surface"],
                "bordercolor": t["line"],
                "font": {"color": t["text"], "family": FONT, "size": 12},
            },
            "margin": {"l": 56, "r": 16, "t": 40, "b": 44},
            "colorscale": {"sequential": "Viridis"},
        }
    }


def theme_of_request() -> str:
    """The theme of the reader whose request is being answered; the browser keeps it in a cookie."""
    theme = flask.request.cookies.get("theme", "light") if flask.has_request_context() else "light"
    return theme if theme in THEMES else "light"
