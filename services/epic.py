"""The EPIC collection, downloaded: `python -m services.epic`, or the button on the embryos page.

It streams to a file beside its place, goes on where it stopped (the server is asked whether its file is
still the same), and is only used when it is as long as announced and a sound zip.
"""

import fcntl
import http.client
import json
import re
import sys
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from services.schema import BadDatabase
from services.settings import BadSetting, read_settings

NAME = "epic.zip"
CHUNK = 1 << 18
TIMEOUT_S = 30.0
BREAKS = 5  # in a row, without a byte between them, before it gives up
LARGEST = 20_000_000_000

Told = Callable[[int, int], None]


class DownloadFailed(Exception):
    """The collection can't be had, in words for the person who asked for it."""


def download(
    address: str,
    folder: Path,
    on_progress: Told = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
    pause_s: float = 1.0,
) -> Path | None:
    """The file at `address`, whole, in `folder`; None when `cancelled()`, what came so far is kept.

    `on_progress(bytes so far, bytes in all or 0)`. It goes on after any break until `BREAKS` in a row brought
    nothing; it waits `pause_s` seconds first and twice as long after each that brought nothing. Raises `DownloadFailed`.
    """
    if urlsplit(address).scheme not in ("http", "https"):
        raise DownloadFailed(f"BLASTOSCOPE_EPIC is {address!r}; expected an http or https address.")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{NAME}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DownloadFailed("The collection is being downloaded already, by another process.") from None
        return _download(address, folder, on_progress, cancelled, pause_s)


def discard(path: Path) -> None:
    """Remove a download that was imported."""
    path.unlink(missing_ok=True)
    _Part(path.with_name(path.name + ".part")).forget()


def _download(
    address: str, folder: Path, on_progress: Told, cancelled: Callable[[], bool], pause_s: float
) -> Path | None:
    part, place = _Part(folder / f"{NAME}.part"), folder / NAME
    if (
        place.exists() and not part.size
    ):  # whole, but its import never ended: ask whether it is still the same
        place.replace(part.path)
    breaks = 0
    while True:
        before = part.size
        try:
            finished = _fetch(address, part, on_progress, cancelled)
        except urllib.error.HTTPError as error:
            with error:
                raise DownloadFailed(
                    f"{_host(address)} answered {error.code} {error.reason} for {address}."
                ) from error
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            breaks = 0 if part.size > before else breaks + 1
            if breaks >= BREAKS or (part.size == 0 and _is_out_of_reach(error)):
                raise DownloadFailed(_no_connection(address, error, part.size)) from error
            time.sleep(pause_s * 2**breaks)
            continue
        except OSError as error:
            raise DownloadFailed(
                f"What comes can't be kept in {folder} ({error.strerror or error})."
            ) from error
        if not finished:
            return None
        return _verified(part, place, address)


def so_far(done: int, total: int) -> str:
    """Progress in words: `41 of 131 MB`."""
    return f"{done / 1e6:.0f} of {total / 1e6:.0f} MB" if total else f"{done / 1e6:.0f} MB"


class WrongPlace(http.client.HTTPException):
    """The server sent another piece than was asked for."""


class _Part:
    """A file that is still coming in, and beside it what the server said of it: address and validator."""

    def __init__(self, path: Path):
        self.path = path
        self.note = path.with_name(path.name + ".json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def validator(self, address: str) -> str | None:
        """The server's mark of the version that was begun; None when there is nothing to go on from."""
        try:
            note = json.loads(self.note.read_text())
        except (OSError, ValueError):
            return None
        return note.get("validator") if self.size and note.get("address") == address else None

    def begin(self, address: str, validator: str | None) -> BinaryIO:
        self.note.write_text(json.dumps({"address": address, "validator": validator}))
        return self.path.open("wb")

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def _fetch(address: str, part: _Part, on_progress: Told, cancelled: Callable[[], bool]) -> bool:
    """One connection's worth; True when the file is as long as the server says, False when cancelled."""
    request = urllib.request.Request(
        address, headers={"User-Agent": "Blastoscope", "Accept-Encoding": "identity"}
    )
    validator = part.validator(address)
    if validator:
        request.add_header("Range", f"bytes={part.size}-")
        request.add_header("If-Range", validator)  # the whole file if it is another one by now
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code != 416 or not validator:
            raise
        error.close()
        whole = re.fullmatch(r"bytes \*/([0-9]+)", error.headers.get("Content-Range") or "")
        if whole and int(whole[1]) == part.size:  # it had come in whole just before the break
            return True
        part.forget()
        return _fetch(address, part, on_progress, cancelled)
    with answer:
        try:
            done, total, goes_on = _place(answer, part.size)
        except WrongPlace:
            part.forget()
            raise
        if total > LARGEST:
            raise DownloadFailed(f"{_host(address)} announces {total / 1e9:.0f} GB; expected at most 20 GB.")
        with part.path.open("ab") if goes_on else part.begin(address, _mark(answer)) as file:
            while not cancelled():
                chunk = answer.read(CHUNK)
                if not chunk:
                    break
                file.write(chunk)
                done += len(chunk)
                on_progress(done, total)
                if done > LARGEST:
                    raise DownloadFailed(f"{_host(address)} sends more than 20 GB.")
            else:
                return False
    if total and done != total:
        raise ConnectionError(f"it broke off after {so_far(done, total)}")
    return True


def _place(answer: Any, size: int) -> tuple[int, int, bool]:
    """Bytes that are there, bytes in all (0: not told), and whether the answer goes on from them."""
    if answer.status == 206:
        told = re.fullmatch(r"bytes ([0-9]+)-[0-9]+/([0-9]+|\*)", answer.headers.get("Content-Range") or "")
        if not told or int(told[1]) != size:
            raise WrongPlace("the server went on from another place")
        return size, 0 if told[2] == "*" else int(told[2]), True
    length = answer.headers.get("Content-Length") or "0"
    return 0, int(length) if length.isdigit() else 0, False


def _mark(answer: Any) -> str | None:
    """A strong validator: only with one may pieces of two answers be put together."""
    tag = answer.headers.get("ETag") or ""
    if tag and not tag.startswith("W/"):
        return tag
    return answer.headers.get("Last-Modified")


def _verified(part: _Part, place: Path, address: str) -> Path:
    try:
        with zipfile.ZipFile(part.path) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        broken = str(error) or type(error).__name__
    if broken:
        part.forget()
        raise DownloadFailed(
            f"What came from {address} is no sound zip ({broken[:100]}). It was removed; try again."
        )
    part.path.replace(place)
    return place


def _host(address: str) -> str:
    return urlsplit(address).hostname or address


def _is_out_of_reach(error: BaseException) -> bool:
    """No address, no route, nobody listening: trying again in a few seconds changes nothing."""
    reason = getattr(error, "reason", error)
    return isinstance(reason, OSError) and not isinstance(reason, TimeoutError)


def _no_connection(address: str, error: BaseException, size: int) -> str:
    reason = getattr(error, "reason", error)
    kept = f" The {size / 1e6:.0f} MB that came are kept, and it goes on from there." if size else ""
    return (
        f"No connection to {_host(address)} ({reason}). Is this machine on the network?{kept} "
        f"Or fetch {address} elsewhere and drop the zip on the embryos page."
    )


def main() -> None:
    """Download the collection and import it, with progress on the terminal."""
    from services.imports import import_paths, show_progress, told
    from services.lab import open_lab

    try:
        lab = open_lab(read_settings())
    except (BadSetting, BadDatabase) as error:
        sys.exit(str(error))

    def show(done: int, total: int) -> None:
        show_progress(0, 0, so_far(done, total))

    try:
        path = download(lab.settings.epic, lab.settings.data / "incoming", show)
    except DownloadFailed as failed:
        sys.exit(str(failed))
    except KeyboardInterrupt:
        sys.exit("\nStopped. What has come is kept; the next call goes on from there.")
    assert path is not None
    summary = import_paths(lab, [(path, path.name)], show_progress, source="epic")
    discard(path)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(told(summary))
    sys.exit(0 if summary["imported"] else 1)


if __name__ == "__main__":
    main()
