"""The table of embryos: its columns, and the words that go with what it shows."""

from collections.abc import Mapping
from typing import Any

import dash
import dash_ag_grid as dag
import dash_bootstrap_components as dbc
from dash import dcc, html

from components.embryo_choice import button, options

ROW_PX = 36
BLOCK = 30  # rows that the browser asks for at a time: what a screen shows, and a few more
SOURCES = {"simulated": "Simulated", "file": "File", "epic": "EPIC"}
GUESS = "Guessed from the file's name. It can be corrected on the embryo's page."
THEME = (  # ag-grid's own theme in the colours of assets/tokens.css
    "themeQuartz.withParams({accentColor: 'var(--accent)', backgroundColor: 'var(--surface)', "
    "foregroundColor: 'var(--text)', borderColor: 'var(--line)', chromeBackgroundColor: 'var(--surface)', "
    "headerTextColor: 'var(--quiet)', headerFontWeight: 500, fontFamily: 'inherit', fontSize: 12, "
    "headerHeight: 36, cellHorizontalPadding: 10, wrapperBorderRadius: 6, spacing: 6, "
    "rowHoverColor: 'color-mix(in srgb, var(--accent) 8%, transparent)'})"
)
_TEXT = {
    "filter": "agTextColumnFilter",
    "filterParams": {"filterOptions": ["contains", "equals"], "maxNumConditions": 1},
}
_NUMBER = {
    "type": "rightAligned",
    "filter": "agNumberColumnFilter",
    "filterParams": {
        "filterOptions": ["greaterThanOrEqual", "lessThanOrEqual", "equals", "inRange"],
        "inRangeInclusive": True,
        "maxNumConditions": 1,
    },
}


def columns(flags: Mapping[str, str]) -> list[dict[str, Any]]:
    """ag-grid's columns. `flags`: each short word to its whole sentence."""
    guess = {"cellRenderer": "EmbryoField"}
    return [
        {
            "colId": "choose",
            "headerName": "",
            "width": 40,
            "cellRenderer": "EmbryoChoose",
            "headerComponent": "EmbryoChooseAll",
            "sortable": False,
            "resizable": False,
            "cellClass": "choose",
            "headerClass": "choose",
        },
        {
            "field": "name",
            "headerName": "Name",
            "flex": 3,
            "minWidth": 130,
            "cellRenderer": "EmbryoName",
            **_TEXT,
        },
        {"field": "gene", "headerName": "Gene", "flex": 2, "minWidth": 84, **guess, **_TEXT},
        {"field": "strain", "headerName": "Strain", "flex": 1, "minWidth": 84, **guess, **_TEXT},
        {"field": "date", "headerName": "Recorded", "width": 104, **guess, **_TEXT},
        {
            "field": "end_cells",
            "headerName": "Start → end",
            "headerTooltip": "Cells in the first frame and in the last; sorted and filtered by the last",
            "width": 124,
            "valueFormatter": {
                "function": "params.data "
                "? params.data.start_cells + ' → ' + params.data.end_cells + ' cells' : ''"
            },
            **_NUMBER,
        },
        {
            "field": "curve",
            "headerName": "Cells over time",
            "width": 118,
            "cellRenderer": "EmbryoCurve",
            "sortable": False,
        },
        {
            "field": "cells",
            "headerName": "Cells",
            "headerTooltip": "Names that it follows",
            "width": 84,
            **_NUMBER,
        },
        {"field": "frames", "headerName": "Frames", "width": 90, **_NUMBER},
        {
            "field": "minutes",
            "headerName": "Minutes",
            "headerTooltip": "Length of the recording",
            "width": 94,
            "valueFormatter": {"function": "params.data ? d3.format('.0f')(params.value) : ''"},
            **_NUMBER,
        },
        {
            "field": "flags",
            "headerName": "Flags",
            "flex": 2,
            "minWidth": 120,
            "cellRenderer": "EmbryoFlags",
            "cellRendererParams": {"sentences": dict(flags)},
            "sortable": False,
            **_TEXT,
        },
        {"field": "source", "headerName": "Source", "width": 96, "valueFormatter": _source_words(), **_TEXT},
        {"field": "tags", "headerName": "Tags", "flex": 1, "minWidth": 84, "sortable": False},
    ]


def _source_words() -> dict[str, str]:
    words = ", ".join(f"'{source}': '{word}'" for source, word in SOURCES.items())
    return {"function": f"params.value ? ({{{words}}})[params.value] : ''"}


def grid(flags: Mapping[str, str], expected_rows: int) -> dag.AgGrid:
    """The table, without rows: assets/modules/embryos.mjs brings them a screen at a time."""
    return dag.AgGrid(
        id="embryo-grid",
        rowModelType="infinite",
        columnDefs=columns(flags),
        defaultColDef={"sortable": True, "resizable": True, "suppressHeaderMenuButton": True},
        getRowId="params.data.id",
        dashGridOptions={
            "theme": {"function": THEME},
            "rowHeight": ROW_PX,
            "cacheBlockSize": BLOCK,
            "maxBlocksInCache": 20,
            "infiniteInitialRowCount": max(1, expected_rows),
            "blockLoadDebounceMillis": 60,
            # Those that dash-ag-grid's own datasource was asked for stay unanswered and would fill a limit.
            "maxConcurrentDatasourceRequests": -1,
            "suppressNoRowsOverlay": True,
            "suppressCellFocus": False,
            "suppressDragLeaveHidesColumns": True,
            "tooltipShowDelay": 300,
            "animateRows": False,
        },
        style={"height": "100%"},
        className="embryo-grid",
    )


def table(flags: Mapping[str, str], expected_rows: int) -> html.Div:
    """The grid, and what stands in its place when there is nothing to show or it can't be shown."""
    return html.Div(
        [
            html.Div(
                [
                    html.Span(id="embryos-trouble-text"),
                    button("Try again", id="embryos-again"),
                ],
                id="embryos-trouble",
                className="trouble",
                role="alert",
                hidden=True,
            ),
            grid(flags, expected_rows),
            html.Div(
                [
                    html.P(id="embryos-nothing-text"),
                    button("Show all embryos", id="embryos-show-all"),
                ],
                id="embryos-nothing",
                className="nothing",
                hidden=True,
            ),
            html.Div(id="embryos-hint", className="hint", role="tooltip", hidden=True),
        ],
        className="embryo-table",
    )


def tools(q: str, set_name: str, tag: str, sets: Mapping[str, int], tags: Mapping[str, int]) -> html.Div:
    """Search, and the choice of a set and a tag."""
    return html.Div(
        [
            html.Label("Search the embryos", htmlFor="embryo-search", className="visually-hidden"),
            dbc.Input(
                id="embryo-search",
                type="search",
                value=q,
                placeholder="Gene, strain, name, tag, or a cell that they follow (MSaapp)",
                className="search",
                autocomplete="off",
                maxlength=500,
            ),
            html.Label("Set to show", htmlFor="embryo-set", className="visually-hidden"),
            dbc.Select(
                id="embryo-set",
                options=set_options(sets, set_name),
                value=set_name,
                placeholder="All embryos",
            ),
            button("Delete set", "link", id="embryo-set-delete", hidden=not set_name),
            html.Label("Tag to show", htmlFor="embryo-tag", className="visually-hidden"),
            dbc.Select(id="embryo-tag", options=tag_options(tags, tag), value=tag, placeholder="Any tag"),
            dcc.Link(
                "All together ▸",
                href=dash.get_relative_path("/collection"),
                className="to-collection",
                title="All embryos laid over each other, in motion",
            ),
        ],
        className="embryos-tools",
        role="search",
    )


def set_options(sets: Mapping[str, int], chosen: str = "") -> list[dict[str, str]]:
    """Entries of the choice of a set; `chosen` stands there even when nobody has it any more."""
    return options("All embryos", {chosen: 0} | dict(sets) if chosen and chosen not in sets else sets)


def tag_options(tags: Mapping[str, int], chosen: str = "") -> list[dict[str, str]]:
    """Entries of the choice of a tag."""
    return options("Any tag", {chosen: 0} | dict(tags) if chosen and chosen not in tags else tags)


def found(
    total: int,
    everything: int,
    words: list[str],
    cells: Mapping[str, str],
    set_name: str = "",
    tag: str = "",
    filtered: bool = False,
) -> str:
    """What the table shows, as a sentence: `total` of `everything` embryos match.

    `words` of the search; `cells` has those of them that are a cell's name, in the lineage's spelling.
    """
    if not (words or set_name or tag or filtered):
        return counted(everything)
    plural = total != 1
    texts = [f"“{word}”" for word in words if word not in cells]
    parts = []
    if texts:
        parts.append(f"{'match' if plural else 'matches'} {_listed(texts)}")
    if cells:
        named = "are named or tagged" if plural else "is named or tagged"
        parts.append(f"{'follow' if plural else 'follows'} {_listed(list(cells.values()))} (or {named} so)")
    be = "are" if plural else "is"
    if set_name:
        parts.append(f"{be} in the set “{set_name}”")
    if tag:
        parts.append(f"{be} tagged “{tag}”")
    if filtered:
        parts.append(f"{'pass' if plural else 'passes'} the columns' filters")
    return f"{total:,} of {counted(everything)} {_listed(parts)}"


def nothing(everything: int, cells: list[str]) -> str:
    """What to say where no embryo is shown."""
    if not everything:
        return "No embryo is here yet."
    if cells:
        return f"No embryo follows {_listed(cells)} and matches all the rest."
    return "No embryo matches."


def counted(count: int) -> str:
    """ "1 embryo", "1,234 embryos"."""
    return f"{count:,} embryo{'' if count == 1 else 's'}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
