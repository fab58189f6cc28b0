"""Zips that anybody may send: checked whole before anything in them is used.

A zip is refused whole when a path in it climbs out, or it holds a link, a password, more than it may
unpack to (counted while unpacking, whatever its headers say), or is broken anywhere.
"""

import io
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from services.cd_file import BadFile

MOST_ENTRIES = 50_000
LARGEST_DIRECTORY = 32_000_000  # bytes of the list of entries, all of which is read into memory
_CHUNK = 1 << 20
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    struct.error,
)
_JUNK = re.compile(r"(^|/)(__MACOSX|\.[^/]*|Thumbs\.db|desktop\.ini)(/|$)", re.I)


def is_zip(start: bytes) -> bool:
    """Whether a file that starts so is a zip."""
    return start[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


def is_junk(name: str) -> bool:
    """Whether a path is what file managers leave behind and nobody meant to send."""
    return _JUNK.search(name.replace("\\", "/")) is not None


class CheckedZip:
    """A zip that was read through once and found sound; entries come out by name.

    `source` is a path, or the zip's bytes. `limit` is the most bytes it may unpack to, and `setting` the
    setting that says so. `tick` is called while it is read; it may raise to stop. With `only`, entries of
    other names aren't read; `names` has all. Raises `BadFile`.
    """

    def __init__(
        self,
        source: Path | bytes,
        name: str,
        limit: int,
        tick: Callable[[], None] = lambda: None,
        only: Callable[[str], bool] = lambda name: True,
        setting: str = "BLASTOSCOPE_UNPACKED_MB",
    ):
        self.name = name
        self._file = source.open("rb") if isinstance(source, Path) else io.BytesIO(source)
        try:
            _check_directory(self._file, name)
            self._zip = _opened(self._file, name)
            everything = self._checked_entries()
            self.names = [entry.filename for entry in everything]
            self.entries = [entry for entry in everything if only(entry.filename)]
            self._read_through(limit, tick, setting)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "CheckedZip":
        return self

    def __exit__(self, *_details: object) -> None:
        self._file.close()

    def read(self, entry: zipfile.ZipInfo) -> bytes:
        """One entry's bytes."""
        return self._zip.read(entry)

    def _checked_entries(self) -> list[zipfile.ZipInfo]:
        entries = self._zip.infolist()
        if len(entries) > MOST_ENTRIES:
            raise BadFile(self.name, None, f"{len(entries)} entries", f"at most {MOST_ENTRIES}")
        for entry in entries:
            if _climbs_out(entry.filename):
                found = f"an entry whose path leads out of the zip: {entry.filename[:80]!r}"
                raise BadFile(self.name, None, found, "paths inside the zip")
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise BadFile(self.name, None, f"a link: {entry.filename[:80]!r}", "files and folders")
            if entry.flag_bits & 1:
                found = f"an entry with a password: {entry.filename[:80]!r}"
                raise BadFile(self.name, None, found, "a zip without a password")
        return [entry for entry in entries if not entry.is_dir()]

    def _read_through(self, limit: int, tick: Callable[[], None], setting: str) -> None:
        unpacked = 0
        for entry in self.entries:
            try:
                with self._zip.open(entry) as file:
                    while chunk := file.read(_CHUNK):
                        unpacked += len(chunk)
                        if unpacked > limit:
                            most = f"at most {limit / 1e6:g} MB ({setting})"
                            raise BadFile(self.name, None, f"more than {limit / 1e6:g} MB unpacked", most)
                        tick()
            except BadFile:
                raise
            except _BROKEN as error:
                raise _broken(f"{self.name}: {entry.filename[:80]}", error) from None


def _opened(file: BinaryIO, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except _BROKEN as error:
        raise _broken(name, error) from None


def _broken(name: str, error: BaseException) -> BadFile:
    return BadFile(name, None, f"a broken zip ({error or type(error).__name__})", "a whole zip")


def _climbs_out(name: str) -> bool:
    path = name.replace("\\", "/")
    return (
        path.startswith("/") or ".." in PurePosixPath(path).parts or re.match(r"[A-Za-z]:", path) is not None
    )


def _check_directory(file: BinaryIO, name: str) -> None:
    """Refuse a list of entries so long that reading it alone would fill the memory."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 66_000))
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + 22:
        raise BadFile(name, None, "a broken zip (it has no end)", "a whole zip")
    length = struct.unpack_from("<L", tail, place + 12)[0]
    if length == 0xFFFFFFFF:  # the true length stands in the zip64 record before it
        large = tail.rfind(b"PK\x06\x06", 0, place)
        length = struct.unpack_from("<Q", tail, large + 40)[0] if large >= 0 else length
    if length > LARGEST_DIRECTORY:
        found = f"a list of entries of {length / 1e6:.0f} MB"
        raise BadFile(name, None, found, f"at most {MOST_ENTRIES} entries")
