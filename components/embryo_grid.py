"""The table of embryos: its columns, and the words that go with what it shows."""

from collections.abc import Mapping
from typing import Any

import dash_ag_grid as dag

ROW_PX = 36
BLOCK = 50  # rows that the browser asks for at a time: about two screens
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
        {"field": "gene", "headerName": "Gene", "flex": 1, "minWidth": 84, **guess, **_TEXT},
        {"field": "strain", "headerName": "Strain", "flex": 1, "minWidth": 84, **guess, **_TEXT},
        {"field": "date", "headerName": "Recorded", "width": 104, **guess, **_TEXT},
        {
            "field": "end_cells",
            "headerName": "Start → end",
            "headerTooltip": "Cells in the first frame and in the last; sorted and filtered by the last",
            "width": 124,
            "valueFormatter": {
                "function": "params.data ? params.data.start_cells + ' → ' + params.data.end_cells + ' cells' : ''"
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
        {"field": "tags", "headerName": "Tags", "flex": 1, "minWidth": 84, "sortable": False, **_TEXT},
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
            "infiniteInitialRowCount": max(1, min(expected_rows, BLOCK)),
            "blockLoadDebounceMillis": 60,
            "suppressNoRowsOverlay": True,
            "suppressCellFocus": False,
            "suppressDragLeaveHidesColumns": True,
            "tooltipShowDelay": 300,
            "animateRows": False,
        },
        style={"height": "100%"},
        className="embryo-grid",
    )


def found(
    total: int, everything: int, texts: list[str], cells: list[str], set_name: str, tag: str, filtered: bool
) -> str:
    """What the table shows, as a sentence.

    `total` of `everything` embryos match. `texts` are the search's words, `cells` those of them that are
    names of cells and so find the embryos that follow that cell.
    """
    if not (texts or set_name or tag or filtered):
        return counted(everything)
    plural = total != 1
    parts = []
    words = [word for word in texts if word not in cells]
    if words:
        parts.append(f"{'match' if plural else 'matches'} {_listed([f'“{word}”' for word in words])}")
    if cells:
        parts.append(f"{'follow' if plural else 'follows'} {_listed(cells)}")
    if set_name:
        parts.append(f"{'are' if plural else 'is'} in the set “{set_name}”")
    if tag:
        parts.append(f"{'are' if plural else 'is'} tagged “{tag}”")
    if filtered:
        parts.append(f"{'pass' if plural else 'passes'} the columns' filters")
    return f"{total:,} of {counted(everything)} {_listed(parts)}"


def counted(count: int) -> str:
    """ "1 embryo", "1,234 embryos"."""
    return f"{count:,} embryo{'' if count == 1 else 's'}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
