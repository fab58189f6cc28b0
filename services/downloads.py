"""Exports that somebody waits for: made in the background, followed by an id, kept for a day.

One folder each in the lab's cache, with the file and how far it is, so that any web process can answer.
"""

import json
import logging
import re
import secrets
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services.exports import FORMS, export, suggested_name
from services.lab import Lab

KEPT_S = 24 * 3600
SILENT_S = 60.0  # without a sign of life for so long its process has died
TICK_S = 0.2

log = logging.getLogger(__name__)


class NoSuchDownload(KeyError):
    """No download has this id, or it was removed after a day."""


class Cancelled(Exception):
    """Nobody wants the file any more."""


def start_download(lab: Lab, ids: Sequence[str], form: str) -> str:
    """Make one file of embryos in the background; the id to follow it by.

    Raises `NoSuchEmbryo`, `ValueError("form" or "embryos", why)`.
    """
    if form not in FORMS:
        raise ValueError("form", f"{form[:20]!r}; expected one of {', '.join(FORMS)}")
    embryos = lab.embryos.get_many(dict.fromkeys(ids))
    if not embryos:
        raise ValueError("embryos", "choose at least one embryo")
    root = _root(lab)
    root.mkdir(parents=True, exist_ok=True)
    for old in root.iterdir():
        if old.stat().st_mtime < time.time() - KEPT_S:
            shutil.rmtree(old, ignore_errors=True)
    id = secrets.token_hex(8)
    (root / id).mkdir()
    _write(root / id, state="running", done=0, total=len(embryos))
    arguments = (lab, root / id, [embryo.id for embryo in embryos], form, suggested_name(embryos))
    threading.Thread(target=_make, args=arguments, name=f"download {id}", daemon=True).start()
    return id


def download_progress(lab: Lab, id: str) -> dict[str, Any]:
    """state (running, done, failed), done and total (embryos), message. Raises `NoSuchDownload`."""
    folder = _folder(lab, id)
    told = json.loads((folder / "progress.json").read_text())
    if told["state"] == "running" and (folder / "progress.json").stat().st_mtime < time.time() - SILENT_S:
        told |= {"state": "failed", "message": "The program that made it ended before it was done."}
    return told


def cancel_download(lab: Lab, id: str) -> None:
    """Stop making a file and remove it. Raises `NoSuchDownload`."""
    shutil.rmtree(_folder(lab, id), ignore_errors=True)


def downloaded(lab: Lab, id: str) -> Path:
    """The finished file, under the name it should be saved by. Raises `NoSuchDownload`."""
    folder = _folder(lab, id)
    told = json.loads((folder / "progress.json").read_text())
    if told["state"] != "done":
        raise NoSuchDownload(id)
    return folder / told["file"]


def _make(lab: Lab, folder: Path, ids: list[str], form: str, name: str) -> None:
    written = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal written
        if not folder.exists():
            raise Cancelled
        if time.monotonic() - written > TICK_S:
            written = time.monotonic()
            _write(folder, state="running", done=done, total=total)

    try:
        # A folder of its own: the name is the embryo's and may be that of anything.
        (folder / "file").mkdir()
        path = export(lab, ids, form, folder / "file" / name, tell)
        _write(folder, state="done", done=len(ids), total=len(ids), file=f"file/{path.name}")
    except (Cancelled, FileNotFoundError):
        if folder.exists():
            _write(folder, state="failed", message="A file of one of the embryos is missing.")
    except Exception as error:
        log.exception("download %s failed", folder.name)
        _write(
            folder, state="failed", message=f"It stopped at an error ({type(error).__name__}). See the log."
        )


def _root(lab: Lab) -> Path:
    return lab.settings.data / "cache" / "downloads"


def _folder(lab: Lab, id: str) -> Path:
    folder = _root(lab) / id
    if not re.fullmatch(r"[0-9a-f]{16}", id) or not (folder / "progress.json").exists():
        raise NoSuchDownload(id)
    return folder


def _write(folder: Path, **told: Any) -> None:
    part = folder / "progress.part"
    part.write_text(json.dumps({"done": 0, "total": 0, "message": ""} | told))
    part.replace(folder / "progress.json")
