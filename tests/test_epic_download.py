"""The download of the collection, from a server of our own that breaks off in the middle."""

import hashlib
import io
import os
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from services import epic
from services.epic import DownloadFailed, download
from services.imports import progress, start_epic
from tests.conftest import ROOT, settings_of
from tests.test_embryos import four_cells


def collection(number: int = 6, seed: int = 0) -> bytes:
    """A zip of embryos, stored unpacked so that it is long enough to break anywhere."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for index in range(number):
            raw = four_cells(range(1, 200), seed + index)
            archive.writestr(f"zipped_CD_Files/CD2008010{index + 1}_a-{index}.csv", raw)
    return out.getvalue()


class Server(ThreadingHTTPServer):
    """Serves `content`; each answer ends after the next number in `breaks`, as if the line had gone."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = collection()
        self.breaks: list[int] = []
        self.ranges = True
        self.validator = "ETag"
        self.status = 200
        self.slowly_s = 0.0
        self.asked: list[str | None] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/downloads/zipped_CD_Files.zip"

    def mark(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        server = self.server
        server.asked.append(self.headers.get("Range"))
        content, status, start = server.content, server.status, 0
        found = re.fullmatch(r"bytes=([0-9]+)-", self.headers.get("Range") or "")
        same = self.headers.get("If-Range") in (server.mark(), "Mon, 01 Jan 2024 00:00:00 GMT")
        self.close_connection = True
        if found and server.ranges and same:
            status, start = 206, int(found[1])
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) - start))
        if server.validator == "ETag":
            self.send_header("ETag", server.mark())
        elif server.validator == "Last-Modified":
            self.send_header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
        elif server.validator == "weak":
            self.send_header("ETag", f"W/{server.mark()}")
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        end = start + server.breaks.pop(0) if server.breaks else len(content)
        for place in range(start, min(end, len(content)), 4096):
            time.sleep(server.slowly_s)
            try:
                self.wfile.write(content[place : min(place + 4096, end)])
            except OSError:
                return

    def log_message(self, *_words: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=[0.02])
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def got(server: Server, folder: Path, **options: Any) -> Path | None:
    return download(server.address, folder, pause_s=0.01, **options)


def test_it_comes_in_whole_and_tells_how_far_it_is(server: Server, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = got(server, tmp_path, on_progress=lambda done, total: told.append((done, total)))
    assert path is not None and path.read_bytes() == server.content
    assert told[-1] == (len(server.content), len(server.content))
    assert [done for done, _total in told] == sorted(done for done, _total in told)


@pytest.mark.parametrize("validator", ["ETag", "Last-Modified"])
def test_after_a_break_it_goes_on_from_there(server: Server, tmp_path: Path, validator: str) -> None:
    server.validator = validator
    server.breaks = [50_000, 30_000]
    path = got(server, tmp_path)
    assert path is not None and path.read_bytes() == server.content
    assert server.asked == [None, "bytes=50000-", "bytes=80000-"]


def test_a_later_call_goes_on_where_an_earlier_was_stopped(server: Server, tmp_path: Path) -> None:
    server.slowly_s = 0.002
    stop = threading.Event()
    assert got(server, tmp_path, on_progress=lambda *_: stop.set(), cancelled=stop.is_set) is None
    kept = (tmp_path / "epic.zip.part").stat().st_size
    assert kept > 0
    server.slowly_s = 0
    path = got(server, tmp_path)
    assert path is not None and path.read_bytes() == server.content
    assert server.asked == [None, f"bytes={kept}-"]


@pytest.mark.parametrize("without", ["ranges", "validator", "strong validator"])
def test_what_can_not_be_continued_begins_again(server: Server, tmp_path: Path, without: str) -> None:
    server.ranges = without != "ranges"
    server.validator = {"ranges": "ETag", "validator": "none", "strong validator": "weak"}[without]
    server.breaks = [50_000]
    path = got(server, tmp_path)
    assert path is not None and path.read_bytes() == server.content


def test_pieces_of_two_versions_are_never_put_together(server: Server, tmp_path: Path) -> None:
    old = server.content
    stop = threading.Event()
    server.slowly_s = 0.002
    assert got(server, tmp_path, on_progress=lambda *_: stop.set(), cancelled=stop.is_set) is None
    server.slowly_s, server.content = 0, collection(seed=50)
    path = got(server, tmp_path)
    assert path is not None and path.read_bytes() == server.content != old


def test_a_download_whose_import_never_ended_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    first = got(server, tmp_path)
    assert first is not None
    again = got(server, tmp_path)
    assert again == first and again.read_bytes() == server.content
    assert server.asked[1] == f"bytes={len(server.content)}-"
    epic.discard(first)
    assert [path.name for path in tmp_path.iterdir()] == ["epic.zip.lock"]


def test_it_gives_up_when_nothing_comes_any_more(server: Server, tmp_path: Path) -> None:
    server.breaks = [50_000] + [0] * 20
    with pytest.raises(DownloadFailed, match="goes on from there"):
        got(server, tmp_path)
    assert len(server.asked) == 1 + epic.BREAKS
    assert (tmp_path / "epic.zip.part").stat().st_size == 50_000


@pytest.mark.parametrize(
    "content", [b"<html>Please log in to this network</html>", collection()[:-100] + b"x" * 100]
)
def test_what_is_no_sound_zip_is_told_and_removed(server: Server, tmp_path: Path, content: bytes) -> None:
    server.content = content
    with pytest.raises(DownloadFailed, match="no sound zip"):
        got(server, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["epic.zip.lock"]


def test_an_error_of_the_server_is_told(server: Server, tmp_path: Path) -> None:
    server.status = 404
    with pytest.raises(DownloadFailed, match="answered 404"):
        got(server, tmp_path)


def test_no_network_is_told_at_once_and_clearly(tmp_path: Path) -> None:
    with Server() as closed:
        address = closed.address
    started = time.monotonic()
    with pytest.raises(
        DownloadFailed, match=r"No connection to 127\.0\.0\.1 .*Is this machine on the network\?"
    ):
        download(address, tmp_path)
    assert time.monotonic() - started < 5
    with pytest.raises(DownloadFailed, match="expected an http or https address"):
        download("file:///etc/passwd", tmp_path)


def test_two_at_once_do_not_write_into_each_other(server: Server, tmp_path: Path) -> None:
    server.slowly_s = 0.01
    begun, failed = threading.Event(), []

    def second() -> None:
        begun.wait(10)
        try:
            got(server, tmp_path)
        except DownloadFailed as error:
            failed.append(str(error))

    thread = threading.Thread(target=second)
    thread.start()
    path = got(server, tmp_path, on_progress=lambda *_: begun.set())
    thread.join()
    assert path is not None and path.read_bytes() == server.content
    assert failed == ["The collection is being downloaded already, by another process."]


# ---- downloaded and imported


def lab_of(server: Server, folder: Path) -> Any:
    from services.lab import open_lab

    return open_lab(settings_of(folder, BLASTOSCOPE_EPIC=server.address))


def ended(lab: Any, id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while (told := progress(lab.engine, id))["state"] == "running" and time.monotonic() < deadline:
        time.sleep(0.02)
    return told


def test_the_job_downloads_and_imports_with_its_source(server: Server, tmp_path: Path) -> None:
    server.breaks = [50_000]
    lab = lab_of(server, tmp_path)
    id = start_epic(lab)
    told = ended(lab, id)
    assert (told["state"], told["kind"], told["done"], told["total"]) == ("done", "epic", 6, 6)
    assert {embryo.source for embryo in lab.embryos.page()[0]} == {"epic"}
    assert lab.embryos.count() == 6
    assert [path.name for path in (tmp_path / "incoming").iterdir()] == ["epic.zip.lock"]
    assert [one["existed"] for one in ended(lab, start_epic(lab))["summary"]["imported"]] == [True] * 6


def test_while_one_runs_a_second_start_follows_it(server: Server, tmp_path: Path) -> None:
    server.slowly_s = 0.2
    lab = lab_of(server, tmp_path)
    id = start_epic(lab)
    assert start_epic(lab) == id
    assert progress(lab.engine, id)["phase"] == "downloading"
    server.slowly_s = 0
    assert ended(lab, id)["state"] == "done"


def test_without_a_network_the_job_fails_with_a_clear_word(server: Server, tmp_path: Path) -> None:
    lab = lab_of(server, tmp_path)
    server.server_close()
    told = ended(lab, start_epic(lab))
    assert told["state"] == "failed" and "Is this machine on the network?" in told["message"]


def test_the_command_goes_on_after_it_was_killed(server: Server, tmp_path: Path) -> None:
    server.slowly_s = 0.05
    environ = {
        **os.environ,
        "BLASTOSCOPE_DATA": str(tmp_path),
        "BLASTOSCOPE_SIMULATED": "0",
        "BLASTOSCOPE_EPIC": server.address,
    }
    command = [sys.executable, "-m", "services.epic"]
    first = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    part = tmp_path / "incoming" / "epic.zip.part"
    deadline = time.monotonic() + 20
    while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
    first.kill()
    first.communicate()
    kept = part.stat().st_size
    assert 0 < kept < len(server.content)
    server.slowly_s = 0
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "6 embryos came in"
    assert server.asked == [None, f"bytes={kept}-"]
