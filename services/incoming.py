"""Uploads on their way in: streamed to files, never held in memory."""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.wrappers import Request

MOST_FILES = 5_000  # of one upload
LEFT_BEHIND_S = 24 * 3600  # uploads this old belong to nobody: the program ended before they were imported


class BadUpload(ValueError):
    """An upload that can't be used. `status` is the answer's."""

    def __init__(self, message: str, status: int = 422):
        super().__init__(message)
        self.status = status


class _Part:
    """One file of an upload while it arrives. A folder has more files than a process may hold open."""

    def __init__(self, path: Path):
        self.path = path
        self._file = path.open("wb")

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def seek(self, _offset: int) -> None:
        """The parser's sign that the part is complete."""
        self._file.close()

    def close(self) -> None:
        self._file.close()


def receive(request: Request, folder: Path, most_bytes: int) -> tuple[Path, list[tuple[Path, str]]]:
    """The files of a multipart upload, written to a new folder inside `folder` as they arrive.

    Returns that folder, which is the caller's to remove, and (path, name as the browser gave it) of each
    file, in order. Raises `BadUpload` when there are none, too many, or more than `most_bytes` altogether,
    or when the sender goes away; nothing is left behind then.
    """
    length = request.content_length
    if length is None:
        raise BadUpload("The upload doesn't say how long it is.", 411)
    if length > most_bytes:
        raise BadUpload(
            f"The upload has {length / 1e6:,.0f} MB; the limit is {most_bytes / 1e6:,.0f} MB.", 413
        )
    for old in folder.iterdir():
        if old.is_dir() and old.stat().st_mtime < time.time() - LEFT_BEHIND_S:
            shutil.rmtree(old, ignore_errors=True)
    own = Path(tempfile.mkdtemp(dir=folder))
    parts: list[_Part] = []

    def to_file(**_facts: Any) -> _Part:
        parts.append(_Part(own / str(len(parts))))
        return parts[-1]

    parser = FormDataParser(
        to_file,  # type: ignore[arg-type]  # a _Part does what the parser asks of a file
        max_form_memory_size=100_000,
        max_form_parts=MOST_FILES,
        silent=False,
    )
    try:
        _rest, _form, found = parser.parse(
            request.stream, request.mimetype, length, dict(request.mimetype_params)
        )
        files = [(kept.stream.path, kept.filename or "") for kept in found.getlist("file")]  # type: ignore[attr-defined]
        if not files:
            raise BadUpload("No file came: send one or more as multipart fields named `file`.")
    except BaseException as error:
        for part in parts:
            part.close()
        shutil.rmtree(own, ignore_errors=True)
        if isinstance(error, RequestEntityTooLarge):
            raise BadUpload(f"An upload may have at most {MOST_FILES:,} files.", 413) from error
        if isinstance(error, ClientDisconnected | ValueError) and not isinstance(error, BadUpload):
            raise BadUpload("The upload broke off, or isn't multipart/form-data.", 400) from error
        raise
    return own, files
