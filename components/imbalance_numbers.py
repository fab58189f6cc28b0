"""The imbalance of a label in numbers, each with the words that say what it means."""

from typing import Any

from dash import html

from services.labels import FEW_ROWS, Imbalance


def counted(number: int, word: str, words: str = "") -> str:
    """ "1 class", "1,234 classes"."""
    return f"{number:,} {word if number == 1 else words or word + 's'}"


def ratio_text(ratio: float) -> str:
    """How many rows of the largest class there are for one of the smallest."""
    return f"{ratio:,.0f} : 1" if ratio >= 10 else f"{ratio:.1f} : 1"


def numbers(told: Imbalance, largest: str, smallest: str) -> html.Dl:
    """All numbers of `told`; `largest` and `smallest` name a class each."""
    rows = [
        (f"{told.classes:,}", "class" if told.classes == 1 else "classes", "that a model has to tell apart"),
        (f"{told.rows:,}", "row" if told.rows == 1 else "rows", "one nucleus in one frame each"),
        (
            ratio_text(told.ratio),
            "largest to smallest",
            f"{largest} against {smallest}" if told.classes > 1 else "there is but one class",
        ),
        (
            f"{told.largest_share:.1%}",
            "share of the largest",
            f"the accuracy of always guessing {largest}",
        ),
        (f"{told.effective_classes:.1f}", "effective classes", "as many equal classes would be as uncertain"),
        (f"{told.entropy:.2f}", "normalised entropy", "1 is even, 0 is all in one class"),
        (
            f"{told.under_20:,}",
            f"{'class' if told.under_20 == 1 else 'classes'} under {FEW_ROWS} rows",
            "too few to learn from or to be judged by"
            if told.under_20
            else "every class has some to learn from",
        ),
    ]
    told_rows: list[Any] = [
        html.Div([html.Dt(name), html.Dd([html.Strong(value), html.Span(words, className="quiet small")])])
        for value, name, words in rows
    ]
    return html.Dl(told_rows, className="labels-numbers")
