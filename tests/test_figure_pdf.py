"""Figures as PDF: what is drawn, and what is refused."""

import io
import json
import re
from typing import Any

import pypdf
import pytest

from services.figure_pdf import MOST_BYTES, BadFigure, pdf, read_figure

FIGURE: dict[str, Any] = {
    "title": "one embryo",
    "width": 200.0,
    "height": 100,
    "lines": [
        {"colour": "#0072b2", "width": 2, "dotted": False, "at": [[10, 20, 10, 60], [10, 60, 50.5, 60]]}
    ],
    "polygons": [{"colour": "#ff0000", "edge": None, "at": [[60, 20], [80, 20], [70, 40]]}],
    "texts": [
        {
            "text": "ABal",
            "x": 20,
            "y": 30,
            "size": 6,
            "colour": "#1b1f24",
            "anchor": "start",
            "turn": 0,
            "bold": False,
        },
        {
            "text": "minutes",
            "x": 90,
            "y": 50,
            "size": 8,
            "colour": "#1b1f24",
            "anchor": "middle",
            "turn": -90,
            "bold": True,
        },
    ],
}


def drawn(**changes: Any) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf(read_figure(json.dumps(FIGURE | changes).encode()))))


def operators(document: pypdf.PdfReader) -> str:
    return document.pages[0].get_contents().get_data().decode("latin-1")  # type: ignore[union-attr]


def text(words: str, **more: Any) -> dict[str, Any]:
    return FIGURE["texts"][0] | {"text": words} | more


def test_a_figure_is_a_page_of_its_size_with_text_that_can_be_selected() -> None:
    document = drawn()
    (page,) = document.pages
    assert [float(side) for side in page.mediabox] == [0, 0, 200, 100]
    assert document.metadata is not None
    assert document.metadata.title == "one embryo"
    assert page.extract_text().split() == ["ABal", "minutes"]


def test_lines_and_polygons_stand_where_the_list_says() -> None:
    said = operators(drawn())
    assert "1 0 0 -1 0 100 cm" in said, "y runs down from the top"
    assert re.search(r"0 \.447059 \.698039 RG", said)
    assert re.search(r"10 20 m 10 60 l\s+10 60 m 50\.5 60 l", said)
    assert re.search(r"1 0 0 rg.*60 20 m 80 20 l 70 40 l h\s+f\*", said, re.DOTALL)
    places: dict[str, tuple[float, float]] = {}

    def visit(words: str, here: list[float], matrix: list[float], *_rest: Any) -> None:
        if words.strip():
            places[words.strip()] = (
                matrix[4] * here[0] + matrix[5] * here[2] + here[4],
                matrix[4] * here[1] + matrix[5] * here[3] + here[5],
            )

    drawn().pages[0].extract_text(visitor_text=visit)
    assert places["ABal"] == pytest.approx((20, 70))


def test_the_same_figure_gives_the_same_bytes() -> None:
    figure = read_figure(json.dumps(FIGURE).encode())
    assert pdf(figure) == pdf(figure)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("<b>&\"'\\()", "<b>&\"'\\()"),
        ("ü µ – é", "ü µ – é"),
        ("胚", "?"),
        ("a\nb\x00c", "a b c"),
        (") Tj ET endstream endobj", ") Tj ET endstream endobj"),
    ],
)
def test_hostile_words_are_words(words: str, expected: str) -> None:
    document = drawn(title=words, texts=[text(words)])
    assert document.pages[0].extract_text().strip() == expected
    assert document.metadata is not None
    assert document.metadata.title == words.replace("\n", " ").replace("\x00", " ")


def line(**changes: Any) -> dict[str, Any]:
    return {"lines": [FIGURE["lines"][0] | changes]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"width": 0}, "width"),
        ({"width": 14401}, "width"),
        ({"height": float("inf")}, "height"),
        ({"height": "100"}, "height"),
        ({"title": "x" * 401}, "title"),
        ({"title": None}, "title"),
        ({"more": 1}, "more"),
        (line(colour="red"), "lines.0.colour"),
        (line(colour="#12345"), "lines.0.colour"),
        (line(colour="#123456\n"), "lines.0.colour"),
        (line(width=-1), "lines.0.width"),
        (line(at=[[1, 2, 3]]), "lines.0.at.0"),
        (line(at=[[1, 2, 3, float("nan")]]), "lines.0.at.0.3"),
        (line(at=[[1, 2, 3, 1e9]]), "lines.0.at.0.3"),
        (line(at=[[1, 2, 3, True]]), "lines.0.at.0.3"),
        ({"polygons": [{"colour": None, "at": [[1, 1], [2, 2]]}]}, "polygons.0.at"),
        ({"texts": [text("x", anchor="left")]}, "texts.0.anchor"),
        ({"texts": [text("x", size=0)]}, "texts.0.size"),
        ({"texts": [text("x" * 401)]}, "texts.0.text"),
        ({"texts": [text("x")] * 20_001}, "texts"),
        ({"lines": [FIGURE["lines"][0] | {"at": [[0, 0, 1, 1]] * 100_001}] * 2}, "lines"),
    ],
)
def test_what_is_no_figure_is_refused_with_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadFigure) as refused:
        read_figure(json.dumps(FIGURE | changes).encode())
    assert refused.value.field == field
    assert str(refused.value)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b'"a"', b"[" * 100_000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(BadFigure):
        read_figure(body)


def test_the_route_draws_and_refuses(client: Any) -> None:
    response = client.post("/figures/pdf", json=FIGURE)
    assert response.status_code == 200
    assert response.mimetype == "application/pdf"
    assert response.data.startswith(b"%PDF-")
    refused = client.post("/figures/pdf", json=FIGURE | {"width": -1})
    assert refused.status_code == 422
    assert refused.get_json()["error"]["field"] == "width"
    assert client.post("/figures/pdf", data=b" " * (MOST_BYTES + 1)).status_code == 413
    assert (
        client.post("/figures/pdf", json=FIGURE, headers={"Origin": "http://evil.example"}).status_code == 403
    )
