"""Log lines on standard error: one line an event, as text for people or as JSON for machines.

A line has its time, level, part of the program and event, and fields: `request=3f9c…` while a request is
answered, `run=… worker=…` where it is about a run. What a line tells may come from anybody, so nothing in it
can begin a new line or reach a terminal.

>>> set_up("text")
>>> with about(run="abc"):
...     event(logging.getLogger("runner"), "trainer started", pid=17)
"""

import json
import logging
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType, TracebackType
from typing import Any

FORMS = ("text", "json")

_always: dict[str, Any] = {}
_nothing: Mapping[str, Any] = MappingProxyType({})
_about: ContextVar[Mapping[str, Any]] = ContextVar("about", default=_nothing)


def event(log: logging.Logger, what: str, level: int = logging.INFO, **fields: Any) -> None:
    """Write one event with its fields."""
    log.log(level, "%s", what, extra={"fields": fields})


@contextmanager
def about(**fields: Any) -> Iterator[None]:
    """Fields of every line that this thread writes meanwhile."""
    token = _about.set({**_about.get(), **fields})
    try:
        yield
    finally:
        _about.reset(token)


def always(**fields: Any) -> None:
    """Fields of every line that this process writes from now on."""
    _always.update(fields)


def one_line(text: str) -> str:
    """`text` with every character escaped that could end a line or steer a terminal."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )


class _Form(logging.Formatter):
    def fields(self, record: logging.LogRecord) -> dict[str, Any]:
        own = getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0] is not None:
            own = {**own, "trace": "".join(traceback.format_exception(*record.exc_info)).rstrip()}
        return {**_always, **_about.get(), **own}


class Text(_Form):
    """2026-11-22 23:08:11.123 INFO runner trainer started run=abc pid=17"""

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        said = f"{at}.{int(record.msecs):03d} {record.levelname} {record.name} {record.getMessage()}"
        fields = [f"{name}={_value(value)}" for name, value in self.fields(record).items()]
        return " ".join([one_line(said), *fields])


class Json(_Form):
    """One object a line: time (UTC), level, name, event, and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        told = {
            "time": f"{at}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "name": record.name,
            "event": record.getMessage(),
        }
        more = {name: value for name, value in self.fields(record).items() if name not in told}
        return json.dumps(told | more, default=str)


def _value(value: Any) -> str:
    text = f"{value:.1f}" if isinstance(value, float) else str(value)
    if text and text.isprintable() and not any(letter in ' ="' for letter in text):
        return text
    return '"' + one_line(text.replace("\\", "\\\\").replace('"', '\\"')) + '"'


def set_up(form: str, traces_as_events: bool = True) -> None:
    """Make this process write its log to standard error in this form (see `FORMS`).

    Whatever else would be written over several lines becomes an event too: warnings, and with
    `traces_as_events` what nobody caught.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(Json() if form == "json" else Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    if traces_as_events:
        sys.excepthook = _uncaught
        threading.excepthook = lambda error: _uncaught(
            error.exc_type, error.exc_value or error.exc_type(), error.exc_traceback
        )


def _uncaught(kind: type[BaseException], error: BaseException, where: TracebackType | None, /) -> None:
    if not issubclass(kind, Exception):  # Ctrl+C
        sys.__excepthook__(kind, error, where)
        return
    logging.getLogger("program").critical("it ended with an error", exc_info=(kind, error, where))
