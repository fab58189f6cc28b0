"""Every request of the web server: its id, its line in the log, and its part in the numbers.

The id is made here, whatever a client sends. Answers that speak of an error carry it, and so does every line
that is written while the request is answered: what a person quotes, the owner finds. Static files and what
pages ask every second are not logged unless they are slow or fail.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

import flask

from services import logs

ID = "blastoscope.request"  # in the WSGI environment
HEADER = "X-Request-Id"
SLOW_S = 1.0
POLLS = {
    "/api/v1/runs/<run_id>",
    "/api/v1/runs/<run_id>/metrics",
    "/downloads/<download_id>",
    "/healthz",
    "/imports",
    "/imports/<import_id>",
    "/live-runs",
    "/readyz",
    "/runs/<run_id>/aside",
}
STATIC = (  # what rules of files begin with
    "/_dash-component-suites/",
    "/_dash-dependencies",
    "/_dash-layout",
    "/_favicon.ico",
    "/_reload-hash",
    "/assets/",
    "/look.json",
    "/reference/",
    "/static/",
    "/tracks/",
    "/vendor/",
)

log = logging.getLogger("web")
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
Count = Callable[[str, str, int, float], None]  # rule, method, status, seconds


def request_id() -> str:
    """The id of the request that is being answered; "" outside one, or where nothing gave it an id."""
    return str(flask.request.environ.get(ID, "")) if flask.has_request_context() else ""


def rule() -> str:
    """The rule that answers the request, as `/runs/<run_id>`; "none" where no rule does."""
    found = flask.request.url_rule if flask.has_request_context() else None
    return found.rule if found else "none"


def is_quiet(rule: str, method: str) -> bool:
    """Whether an answer by this rule is logged only when it is slow or fails."""
    return method in ("GET", "HEAD") and (rule in POLLS or rule.startswith(STATIC))


class RequestsLog:
    """A WSGI application around the program's own. `count` is told of every answer."""

    def __init__(self, wsgi: Wsgi, count: Count | None = None) -> None:
        self.wsgi = wsgi
        self.count = count

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        id = environ[ID] = secrets.token_hex(6)
        method = str(environ.get("REQUEST_METHOD", ""))[:10]
        path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"  # without the query
        began = time.perf_counter()

        def started(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            code = int(status[:3])
            if code >= 400 or dict(headers).get("Content-Type", "").startswith("text/html"):
                headers = [*headers, (HEADER, id)]  # not on JSON that succeeds: a crowd asks for that
            self._tell(method, path, code, time.perf_counter() - began)
            return start_response(status, headers, *error)

        with logs.about(request=id):
            return self.wsgi(environ, started)

    def _tell(self, method: str, path: str, status: int, seconds: float) -> None:
        by = rule()
        if self.count is not None:
            self.count(by, method, status, seconds)
        if status < 400 and seconds < SLOW_S and is_quiet(by, method):
            return
        level = logging.ERROR if status >= 500 else logging.WARNING if status >= 400 else logging.INFO
        path = path.encode("latin-1", "replace").decode("utf-8", "replace")[:500]  # as WSGI passes it on
        logs.event(log, "request", level, method=method, path=path, status=status, ms=seconds * 1000)
