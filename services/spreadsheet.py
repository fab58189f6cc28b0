"""Text in a CSV that a spreadsheet would take for a formula."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def no_formula(text: str) -> str:
    """`text`, with an apostrophe before it where a spreadsheet would run it."""
    return "'" + text if text.startswith(_FORMULA) else text
