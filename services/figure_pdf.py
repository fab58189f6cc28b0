"""A figure as a PDF: the plain list of lines, polygons and texts that a browser draws as SVG, drawn once more.

The list is what assets/modules/tree_figure.mjs describes. It comes from a browser, so it is checked strictly and
bounded: how much it may hold, how large it may be, what a colour and a number are. Text stays text, which can
be selected and searched. Nothing is fetched, and no path or markup is read from it.
"""

import io
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MOST_BYTES = 16_000_000  # of a request; the largest real embryo with expression along its branches takes 2 MB
MOST_SEGMENTS = 200_000
MOST_ENTRIES = 20_000
LARGEST_PT = 14_400.0  # what PDF readers agree on: 200 inches

_OUTLINE_PT = 0.5
_DOTS_PT = (1, 2)

Point = Annotated[float, Field(ge=-LARGEST_PT, le=2 * LARGEST_PT, allow_inf_nan=False)]
Size = Annotated[float, Field(gt=0, le=LARGEST_PT, allow_inf_nan=False)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]  # in Rust's regex, $ is the very end


class BadFigure(ValueError):
    """What came is no figure: `field` says where, the message what is wrong there."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Lines(_Part):
    """Lines of one colour and width (pt), each [x1, y1, x2, y2]."""

    colour: Colour
    width: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
    dotted: bool = False
    at: list[Annotated[list[Point], Field(min_length=4, max_length=4)]] = Field(max_length=MOST_SEGMENTS)


class Polygon(_Part):
    """A polygon, [x, y] by corner, filled with a colour and edged with one; either may be None."""

    colour: Colour | None
    edge: Colour | None = None
    at: list[Annotated[list[Point], Field(min_length=2, max_length=2)]] = Field(min_length=3, max_length=100)


class Text(_Part):
    """A text at the left, middle or right of its baseline, turned clockwise by degrees about that place."""

    text: str = Field(max_length=400)
    x: Point
    y: Point
    size: Annotated[float, Field(gt=0, le=200, allow_inf_nan=False)]
    colour: Colour
    anchor: Literal["start", "middle", "end"] = "start"
    turn: Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False)] = 0.0
    bold: bool = False


class Figure(_Part):
    """A whole figure, in points from its top left corner."""

    title: str = Field(max_length=400)
    width: Size
    height: Size
    lines: list[Lines] = Field(max_length=MOST_ENTRIES)
    polygons: list[Polygon] = Field(max_length=MOST_ENTRIES)
    texts: list[Text] = Field(max_length=MOST_ENTRIES)


def read_figure(body: bytes) -> Figure:
    """The figure of a request's body (JSON). Raises `BadFigure` with the first thing that is wrong."""
    if len(body) > MOST_BYTES:
        raise BadFigure(f"the figure is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        figure = Figure.model_validate_json(body)
    except ValidationError as bad:
        first = bad.errors(include_url=False, include_input=False, include_context=False)[0]
        raise BadFigure(str(first["msg"]), ".".join(str(part) for part in first["loc"])) from None
    segments = sum(len(lines.at) for lines in figure.lines)
    if segments > MOST_SEGMENTS:
        raise BadFigure(f"{segments} lines; expected at most {MOST_SEGMENTS}", "lines")
    return figure


def pdf(figure: Figure) -> bytes:
    """The figure as a PDF of one page of its size. The same figure gives the same bytes."""
    from reportlab.pdfgen.canvas import Canvas  # only this needs it

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(figure.width, figure.height), invariant=1, pageCompression=1)
    canvas.setTitle(_printable(figure.title))
    canvas.setCreator("Blastoscope")
    canvas.setAuthor("")
    canvas.translate(0, figure.height)
    canvas.scale(1, -1)  # from here y runs down, as in the list
    for lines in figure.lines:
        _draw_lines(canvas, lines)
    for polygon in figure.polygons:
        _draw_polygon(canvas, polygon)
    for text in figure.texts:
        _draw_text(canvas, text)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw_lines(canvas: Any, lines: Lines) -> None:
    canvas.setStrokeColor(lines.colour)
    canvas.setLineWidth(lines.width)
    canvas.setDash(list(_DOTS_PT) if lines.dotted else [])
    if lines.at:
        canvas.lines(lines.at)


def _draw_polygon(canvas: Any, polygon: Polygon) -> None:
    if polygon.colour:
        canvas.setFillColor(polygon.colour)
    if polygon.edge:
        canvas.setStrokeColor(polygon.edge)
        canvas.setLineWidth(_OUTLINE_PT)
        canvas.setDash([])
    path = canvas.beginPath()
    path.moveTo(*polygon.at[0])
    for corner in polygon.at[1:]:
        path.lineTo(*corner)
    path.close()
    canvas.drawPath(path, stroke=int(polygon.edge is not None), fill=int(polygon.colour is not None))


def _draw_text(canvas: Any, text: Text) -> None:
    words = _in_font(text.text)
    canvas.saveState()
    canvas.setFillColor(text.colour)
    canvas.setFont("Helvetica-Bold" if text.bold else "Helvetica", text.size)
    canvas.translate(text.x, text.y)
    canvas.rotate(text.turn)
    canvas.scale(1, -1)  # letters stand upright again
    draw = {"start": canvas.drawString, "middle": canvas.drawCentredString, "end": canvas.drawRightString}
    draw[text.anchor](0, 0, words)
    canvas.restoreState()


def _printable(text: str) -> str:
    """`text` on one line, without control characters."""
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()


def _in_font(text: str) -> str:
    """`text` in the letters of PDF's own Helvetica (Windows' Latin-1); "?" for any other."""
    return _printable(text).encode("cp1252", "replace").decode("cp1252")
