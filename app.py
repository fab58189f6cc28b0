"""Blastoscope: `python app.py` runs the web server and the runner together; `app:server` is for gunicorn."""

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import dash
import flask
import flask_bootstrap
import pyarrow
from dash import Dash
from sqlalchemy import text
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from components import frame, look
from pages import PAGES, figures
from services import access, api, error_page, logs, numbers
from services.lab import Lab, open_lab
from services.requests_log import RequestsLog, request_id
from services.schema import BadDatabase
from services.settings import BadSetting, Settings, read_settings

ROOT = Path(__file__).parent
BOOTSTRAP = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5" / "css"
INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<title>{%title%}</title>
<link rel="icon" href="ASSETS/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="VENDOR/bootstrap.min.css">
{%css%}
<script src="ASSETS/base.js"></script>
</head>
<body>
{%app_entry%}
{%config%}{%scripts%}{%renderer%}
</body>
</html>"""


def create_app(settings: Settings, lab: Lab | None = None) -> Dash:
    """The web application on the stores of `settings`; `app.server` is its WSGI application."""
    pyarrow.set_memory_pool(pyarrow.system_memory_pool())  # its own keeps what it once had: 100 MB more
    lab = lab or open_lab(settings, fill=True)
    dash.page_registry.clear()  # Dash keeps pages in a global; an application of its own has its own
    app = Dash(
        "blastoscope",
        title="Blastoscope",
        update_title="",
        assets_folder=str(ROOT / "assets"),
        assets_ignore=r"^base\.js$",  # stands in the head, so that the theme is known before the first paint
        assets_path_ignore=["modules"],
        use_pages=True,
        pages_folder="",
        suppress_callback_exceptions=True,
        compress=False,
        enable_mcp=False,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    app.index_string = INDEX.replace("ASSETS", app.get_relative_path("/assets")).replace(
        "VENDOR", app.get_relative_path("/vendor")
    )
    app.server.config["MAX_CONTENT_LENGTH"] = settings.upload_mb * 1_000_000
    app.layout = frame.shell
    for page in PAGES:
        page.register(app, lab)
    dash.register_page("not_found_404", path="/404", layout=not_found)
    app.server.register_blueprint(api.blueprint(lab))
    figures.add_routes(app.server)
    _add_routes(app, lab)
    _add_guards(app)
    counted = numbers.add_to(app.server, lab) if settings.metrics else None
    app.server.wsgi_app = RequestsLog(app.server.wsgi_app, counted)
    return app


def not_found(**_query: str) -> Any:
    """The page for an address that leads nowhere."""
    return frame.message("There is no such page", "The address may be incomplete or out of date.")


def _add_routes(app: Dash, lab: Lab) -> None:
    server = app.server

    @server.get("/healthz")
    def healthz() -> Any:
        return {"status": "alive"}

    @server.get("/readyz")
    def readyz() -> Any:
        problems = []
        try:
            with lab.engine.begin() as connection:  # a write that changes nothing still needs the write lock
                connection.execute(text("UPDATE workers SET pid = pid WHERE id = ''"))
        except Exception as error:
            problems.append(f"the database can't be written: {type(error).__name__}")
        else:
            if not lab.runs.runner_fresh(lab.settings.lease_s):
                problems.append("no runner has given a sign of life")
        return (
            ({"status": "ready"}, 200)
            if not problems
            else ({"status": "not ready", "problems": problems}, 503)
        )

    @server.get("/vendor/<name>")
    def vendor(name: str) -> Any:
        return flask.send_from_directory(BOOTSTRAP, name, max_age=31_536_000)

    @server.get("/look.json")
    def look_json() -> Any:
        return {theme: look.template(theme) for theme in look.THEMES}

    @server.get("/live-runs")
    def live_runs() -> Any:
        return {"running": lab.runs.running_count()}


def _add_guards(app: Dash) -> None:
    server = app.server

    @server.before_request
    def refuse() -> Any:
        reason = access.refusal(flask.request.method, flask.request.headers)
        return None if reason is None else error_page.page(403, reason)

    # Dash adds its own before_request handlers while it is made; the guard must be asked first.
    handlers = server.before_request_funcs[None]
    handlers.insert(0, handlers.pop())

    @server.after_request
    def protect(response: flask.Response) -> flask.Response:
        # The renderer and the pages' callbacks are inline scripts; their hashes are known once Dash is set up.
        hashes = " ".join(app.csp_hashes()) if response.mimetype == "text/html" else ""
        response.headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data: blob:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; "
            "base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
        )
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if response.mimetype != "application/json":  # these speak of documents; a crowd polls JSON
            response.headers.setdefault("Referrer-Policy", "same-origin")
            response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        return response

    @server.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Any:
        return error_page.page(error.code or 500, error.description or error.name)

    @server.errorhandler(DataError)
    def not_storable(_error: DataError) -> Any:
        # A NUL in a search, a number that no column holds: PostgreSQL refuses even to look for it.
        return api.error(422, "What was sent holds a character or a number that can't be kept.")

    @server.errorhandler(Exception)
    def broken(error: Exception) -> Any:
        server.logger.exception("unexpected error")
        said = "Something went wrong here. It is written in the server's log"
        return error_page.page(500, f"{said}, id {request_id()}." if request_id() else f"{said}.")


class _Once:
    """`app:server` for gunicorn, made when first asked for, so that importing this file costs nothing."""

    wsgi: Any = None


def __getattr__(name: str) -> Any:
    if name != "server":
        raise AttributeError(name)
    if _Once.wsgi is None:
        try:
            settings = read_settings()
            logs.set_up(settings.log)
            _Once.wsgi = create_app(settings).server
        except (BadSetting, BadDatabase) as error:
            print(error, file=sys.stderr, flush=True)
            sys.exit(4)  # gunicorn's own word for an application that can't be loaded: it doesn't try again
    return _Once.wsgi


class _Runner:
    """The runner beside the web server: started again when it dies, ended with it."""

    def __init__(self) -> None:
        self.process = self._start()
        self.ending = False
        threading.Thread(target=self._watch, daemon=True).start()

    def _start(self) -> subprocess.Popen[bytes]:
        # Standard input is a pipe that nobody writes to: its end tells the runner that this process has died.
        command = [sys.executable, "-m", "services.runner", "--with-parent"]
        return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE)

    def _watch(self) -> None:
        while not self.ending:
            self.process.wait()
            time.sleep(1)
            if not self.ending:
                self.process = self._start()

    def end(self) -> None:
        """Stop its trainers, whose checkpoints are there, give their runs back, and end."""
        self.ending = True
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()


def _serve(settings: Settings, runner: _Runner) -> None:
    """Serve until told to stop, on gunicorn's threads. The application is made in gunicorn's worker."""
    from gunicorn.app.base import BaseApplication

    def ready(arbiter: Any) -> None:
        host, port = arbiter.LISTENERS[0].sock.getsockname()[:2]
        print(f"Blastoscope is at http://{host}:{port}  (Ctrl+C ends it)", flush=True)

    class Server(BaseApplication):
        def load_config(self) -> None:
            options = {
                "bind": f"{settings.host}:{settings.port}",
                "worker_class": "gthread",
                "workers": 1,
                "threads": 16,
                "timeout": 120,
                "graceful_timeout": 3,
                "limit_request_line": 8190,  # `embryos=` may name hundreds
                "loglevel": "warning",
                "logger_class": "services.server_log.ServerLog",
                "when_ready": ready,
                "on_exit": lambda _arbiter: runner.end(),
            }
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return create_app(settings).server

    Server().run()


def main() -> None:
    """Web and runner together, for one person on one machine."""
    try:
        settings = read_settings()
    except BadSetting as error:
        sys.exit(str(error))
    logs.set_up(settings.log)
    try:
        open_lab(settings, fill=True).engine.dispose()  # before anybody asks, and nothing open across a fork
    except BadDatabase as error:
        sys.exit(str(error))
    _serve(settings, _Runner())


if __name__ == "__main__":
    main()
