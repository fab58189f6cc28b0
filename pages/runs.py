"""Being built."""

from typing import Any

import dash
from dash import html

from services.lab import Lab


def register(app: dash.Dash, lab: Lab) -> None:
    """Add the page to `app`."""
    def layout(**_query: str) -> Any:
        return html.P("Being built.")

    dash.register_page("runs", path="/runs", title="Runs · Blastoscope", layout=layout)
