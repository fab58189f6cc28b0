"""The answer that tells of an error: JSON for scripts and the program's own pages, a page for a reader.

Both carry the request's id, by which the owner finds in the log what happened.
"""

import flask

from services.api import error
from services.requests_log import request_id

PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ status }} · Blastoscope</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:15vh auto;padding:0 1em}</style>
</head>
<body><main>
<h1>{{ title }}</h1>
<p>{{ message }}</p>
<p><a href="{{ home }}">To the embryos</a></p>
<p><small>Error {{ status }}{% if id %}, id <code>{{ id }}</code>{% endif %}</small></p>
</main></body>
</html>"""
TITLES = {403: "Not allowed", 404: "There is nothing here", 413: "Too large", 503: "Not just now"}


def page(status: int, message: str) -> tuple[flask.Response, int]:
    """An error as a page where a browser asked for one, else as `error` tells it."""
    if not flask.request.accept_mimetypes.accept_html or "/api/" in flask.request.path:
        return error(status, message)
    if flask.request.accept_mimetypes.best_match(["application/json", "text/html"]) != "text/html":
        return error(status, message)
    title = TITLES.get(status, "Something went wrong" if status >= 500 else "That can't be done")
    home = flask.request.script_root + "/"
    html = flask.render_template_string(
        PAGE, status=status, title=title, message=message, home=home, id=request_id()
    )
    return flask.Response(html, mimetype="text/html"), status
