"""The embryos page, in a real browser on one running program: find, bring in, gather, take away."""

import io
import os
import re
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REFERENCE
from tests.hand_made import cd_file

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EARLY = ("ABal", "ABar", "ABpl", "ABpr", "MS", "E", "C", "P3")
LATE = (*EARLY, "MSaapp", "MSaapa", "Eala", "Earp")
ROWS = ".ag-center-cols-container .ag-row"


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server of our own that has a collection; it listens only once it is asked to."""
    folder = tmp_path_factory.mktemp("collection")
    with zipfile.ZipFile(folder / "cd.zip", "w") as archive:
        for number in range(3):
            archive.writestr(f"CD/CD2009010{number + 1}_epi-{number + 1}_1_L1.csv", cd_file(900 + number))
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=str(folder)), bind_and_activate=False
    )
    server.server_bind()  # a port of ours that nobody answers at yet
    server.answering = threading.Thread(target=server.serve_forever, daemon=True)  # type: ignore[attr-defined]
    yield server
    if server.answering.is_alive():  # type: ignore[attr-defined]
        server.shutdown()
    server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def program(serve: Any, collection: Any) -> Any:
    address = f"http://127.0.0.1:{collection.server_address[1]}/cd.zip"
    return serve(BLASTOSCOPE_SIMULATED="1", BLASTOSCOPE_UPLOAD_MB="150", BLASTOSCOPE_EPIC=address)


@pytest.fixture
def embryos(program: Any, page: Any) -> Any:
    """The page, open; every test takes its own embryos along."""
    page.goto(program.url)
    page.locator(f"{ROWS} a, .nothing:not([hidden])").first.wait_for()
    return page


def drop(page: Any, *paths: Path) -> None:
    """Drop real files and folders on the page, as a person does."""
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 400, "y": 120, "data": data})


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def bring(program: Any, *names: str, cells: tuple[str, ...] = EARLY, seed: int) -> list[str]:
    """Embryos that a test needs, put into the store directly; their ids."""
    return [
        program.lab.embryos.add(cd_file(seed + i, cells=cells), f"{name}.csv").embryo.id
        for i, name in enumerate(names)
    ]


def shown(page: Any) -> list[str]:
    return page.locator(f"{ROWS} a").all_inner_texts()


def search(page: Any, words: str, expected: int) -> None:
    page.get_by_label("Search the embryos").fill(words)
    page.get_by_text(re.compile(rf"^{expected} of \d+ embryo")).wait_for()


@pytest.mark.embryos
def test_a_stranger_sees_what_to_do_and_drops_a_cd_file(embryos: Any, epic: Path) -> None:
    page = embryos
    assert "cell by cell" in page.get_by_role("heading", level=1).inner_text()
    assert page.get_by_text("drop CD files, a folder or a zip here").is_visible()
    assert shown(page) == ["Simulated 1"]
    assert page.locator(".flag", has_text="simulated").is_visible()
    assert page.locator(f"{ROWS} svg path").get_attribute("d").count("L") > 20

    drop(page, epic / REFERENCE)
    page.get_by_text("1 embryo came in.").wait_for(timeout=30_000)
    name = REFERENCE.removesuffix(".csv")
    page.locator(f"{ROWS} a", has_text=name).wait_for()
    assert not page.get_by_text("cell by cell").is_visible()  # the place to drop is a line now
    row = page.locator(ROWS, has_text=name)
    assert "726" in row.inner_text()
    assert row.locator("em", has_text="alr-1").count() == 1  # a guess, and shown as one

    page.reload()  # the summary stays until it is dismissed
    page.get_by_text("1 embryo came in.").wait_for()
    page.get_by_role("button", name="Dismiss").click()
    page.reload()
    page.locator(f"{ROWS} a").first.wait_for()
    assert page.get_by_text("1 embryo came in.").count() == 0


def test_a_bad_file_says_where_and_why_and_a_hostile_name_is_only_text(
    embryos: Any, tmp_path: Path, program: Any
) -> None:
    page, before = embryos, program.lab.embryos.count()
    lines = cd_file(1).split(b"\n")
    lines[2] = lines[2].replace(b",30000,", b",thirty,")
    bad = write(tmp_path, "<img src=x onerror=alert(1)>.csv", b"\n".join(lines))
    empty = write(tmp_path, "empty.csv", b"")
    drop(page, bad, empty)
    page.get_by_text("0 embryos came in, 2 files didn't come in.").wait_for()
    panel = page.locator("#import-panel")
    assert "<img src=x onerror=alert(1)>.csv, line 3" in panel.inner_text()
    assert "thirty" in panel.inner_text()
    assert panel.locator("img").count() == 0
    assert program.lab.embryos.count() == before
    assert list((program.data / "incoming").iterdir()) == []


def test_a_folder_and_a_zip_come_in_and_tables_say_what_they_were_applied_to(
    embryos: Any, tmp_path: Path, program: Any
) -> None:
    page = embryos
    folder = tmp_path / "session"
    write(folder, "CD20100101_fol-1_1_L1.csv", cd_file(10))
    write(folder, "inner/CD20100101_fol-1_1_L2.csv", cd_file(11))
    write(folder, "image.tif", b"II*")
    write(
        folder, "genes.csv", b"series,gene,strain\n20100101_fol-1_1_L1,fol-9,RW99999\nCD20990101_none,a,b\n"
    )
    drop(page, folder)
    page.get_by_text("2 embryos came in, 1 table applied.").wait_for()
    told = page.locator("#import-panel").inner_text()
    assert "applied to 1 embryo: CD20100101_fol-1_1_L1; 1 row matched none" in told
    assert "1 other file in the folder was left alone" in told
    page.locator(ROWS, has_text="fol-9").wait_for()

    zipped = tmp_path / "many.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        for number in range(40):
            archive.writestr(f"CD2010020{number % 9 + 1}_zip-{number}_1_L1.csv", cd_file(100 + number))
    with page.expect_response(re.compile("/imports$"), timeout=30_000):
        drop(page, zipped)
    page.reload()  # the import goes on, and the page finds it again
    page.get_by_text("40 embryos came in.").wait_for()
    drop(page, zipped)
    page.get_by_text("40 were here already.").wait_for()


@pytest.mark.embryos
def test_a_cancelled_import_leaves_whole_embryos_only(
    embryos: Any, tmp_path: Path, epic: Path, program: Any
) -> None:
    page, before = embryos, program.lab.embryos.count()
    zipped = tmp_path / "real.zip"
    files = [path for path in sorted(epic.glob("CD*.csv")) if path.name != REFERENCE]
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_STORED) as archive:
        for path in files:
            archive.write(path, path.name)
    drop(page, zipped)
    page.get_by_text(re.compile(r"Importing: [1-9]\d* of 68 files")).wait_for(timeout=30_000)
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_text(re.compile(r"^Cancelled\. \d+ embryos? came in\.$")).wait_for(timeout=30_000)
    store = program.lab.embryos
    came = store.count() - before
    assert 0 < came < 68
    kept, _total = store.page(limit=500)
    for embryo in kept:
        assert store.original(embryo.id).stat().st_size > 0
    for embryo in (embryo for embryo in kept if (epic / embryo.file_name).exists()):
        assert store.original(embryo.id).read_bytes() == (epic / embryo.file_name).read_bytes()
    assert len(list((program.data / "embryos").iterdir())) == 2 * store.count()
    assert list((program.data / "incoming").iterdir()) == []


def test_a_gene_or_a_cell_finds_embryos_and_the_address_keeps_the_search(embryos: Any, program: Any) -> None:
    page = embryos
    bring(program, "CD20110101_late-1_1_L1", "CD20110102_late-1_2_L1", cells=LATE, seed=300)
    bring(program, "CD20110103_early-1_1_L1", seed=310)
    search(page, "late-1", 2)
    assert "match “late-1”" in page.locator("#embryos-found").inner_text()
    page.get_by_label("Search the embryos").fill("msaapp 2011010")
    page.get_by_text(re.compile(r"^2 of \d+ embryos match “2011010” and follow MSaapp")).wait_for()
    assert page.url.endswith("?q=msaapp+2011010")
    page.reload()
    page.get_by_text(re.compile(r"^2 of \d+ embryos match")).wait_for()
    assert sorted(shown(page)) == ["CD20110101_late-1_1_L1", "CD20110102_late-1_2_L1"]
    search(page, "nobody-9", 0)
    page.get_by_role("button", name="Show all embryos").click()
    page.get_by_text(re.compile(r"^\d+ embryos$")).wait_for()


def test_sorting_and_filters_go_into_the_address(embryos: Any, program: Any) -> None:
    page = embryos
    bring(program, "CD20120101_sort-1_1_L1", cells=EARLY, seed=320)
    bring(program, "CD20120102_sort-1_1_L1", cells=LATE, seed=321)
    search(page, "sort-1", 2)
    page.locator(".ag-header-cell[col-id=cells] .ag-header-cell-text").click()
    page.wait_for_url(re.compile("sort=cells%3Aasc"))
    page.locator(".ag-header-cell[col-id=cells] .ag-header-cell-text").click()
    page.wait_for_url(re.compile("sort=cells%3Adesc"))
    page.reload()
    page.get_by_text(re.compile(r"^2 of \d+ embryos match")).wait_for()
    assert shown(page) == ["CD20120102_sort-1_1_L1", "CD20120101_sort-1_1_L1"]
    model = '{"cells":{"filterType":"number","type":"lessThanOrEqual","filter":8}}'
    page.goto(f"{program.url}/?q=sort-1&filter={model}")
    page.get_by_text(
        re.compile(r"^1 of \d+ embryos matches “sort-1” and passes the columns' filters")
    ).wait_for()
    assert shown(page) == ["CD20120101_sort-1_1_L1"]


def test_keys_choose_and_open(embryos: Any, program: Any) -> None:
    page = embryos
    (id,) = bring(program, "CD20130101_keys-1_1_L1", seed=330)
    search(page, "keys-1", 1)
    page.locator(f"{ROWS} .ag-cell[col-id=gene]").focus()
    page.keyboard.press("Space")
    page.get_by_text("1 embryo chosen").wait_for()
    page.locator(f"{ROWS} input:checked").wait_for()
    page.locator(f"{ROWS} .ag-cell[col-id=flags]").focus()  # whole sentence, without a mouse
    assert "recording ends before 250 cells" in page.get_by_role("tooltip").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{program.url}/embryos/{id}")
    page.go_back()
    page.get_by_text(re.compile("^1 of .* match")).wait_for()


def test_who_comes_back_finds_the_place_again(embryos: Any, program: Any) -> None:
    page = embryos
    bring(program, *(f"CD2013{i // 28 + 1:02}{i % 28 + 1:02}_far-1_1_L1" for i in range(70)), seed=400)
    page.set_viewport_size({"width": 1920, "height": 1400})  # more rows than one answer brings
    page.reload()
    page.locator(f"{ROWS} a").first.wait_for()
    page.locator(".ag-body-viewport").evaluate("e => { e.scrollTop = 36 * 40; }")
    row = page.locator(f"{ROWS}[row-index='45'] a")
    name = row.inner_text()
    row.click()
    page.wait_for_url(re.compile("/embryos/"))
    page.go_back()
    page.get_by_role("link", name=name).wait_for()
    page.wait_for_timeout(300)
    assert page.locator(".ag-body-viewport").evaluate("e => e.scrollTop") > 36 * 35


def test_a_set_is_saved_used_and_deleted_with_undo(embryos: Any, program: Any) -> None:
    page = embryos
    ids = bring(program, *(f"CD2014010{i}_set-1_1_L1" for i in (1, 2, 3)), seed=340)
    search(page, "set-1", 3)
    page.get_by_label("Choose all embryos that match").click()
    page.get_by_text("3 embryos chosen").wait_for()
    page.get_by_role("button", name="Save as a set").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name of a new set").fill("my, set")
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_text("without a comma").wait_for()
    dialog.get_by_label("Name of a new set").fill("my set")
    dialog.get_by_role("button", name="Save").click()
    page.get_by_text("The set “my set” holds 3 embryos.").wait_for()
    assert program.lab.embryos.choose("set:my set") == ids

    page.goto(f"{program.url}/?set=my+set")
    page.get_by_text(re.compile(r"^3 of \d+ embryos are in the set “my set”")).wait_for()
    page.get_by_label("Choose all embryos that match").click()
    page.get_by_role("button", name="Labels").click()
    page.wait_for_url(re.compile(r"/labels\?embryos=set:my%20set"))
    page.go_back()
    page.get_by_role("button", name="Delete set").click()
    page.get_by_text("Deleted the set “my set”").wait_for()
    page.get_by_text(re.compile(r"^\d+ embryos$")).wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("The set “my set” is back.").wait_for()
    assert program.lab.embryos.choose("set:my set") == ids


def test_too_many_for_an_address_get_a_name_first(embryos: Any, program: Any) -> None:
    page = embryos
    bring(program, *(f"CD20141231_many-{i}_1_L1" for i in range(101)), seed=500)
    search(page, "20141231", 101)
    page.get_by_label("Choose all embryos that match").click()
    page.get_by_role("button", name="Train").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("101 embryos are too many for an address").wait_for()
    dialog.get_by_label("Name of a new set").fill("a & b")
    dialog.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/train\?embryos=set:a%20%26%20b"))


def test_a_tag_is_given_and_narrows_the_table(embryos: Any, program: Any) -> None:
    page = embryos
    bring(program, "CD20150101_tag-1_1_L1", "CD20150102_tag-1_1_L1", seed=350)
    search(page, "tag-1", 2)
    page.get_by_label("Choose CD20150101_tag-1_1_L1").check()
    page.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_role("dialog").get_by_label("Tag", exact=True).fill("good")
    page.get_by_role("dialog").get_by_role("button", name="Tag", exact=True).click()
    page.get_by_text("Tagged 1 embryo “good”.").wait_for()
    page.get_by_role("dialog").wait_for(state="hidden")  # until then it keeps the focus
    page.get_by_label("Search the embryos").fill("")
    page.get_by_label("Tag to show").select_option("good")
    page.get_by_role("button", name="Clear").click()
    page.get_by_text(re.compile(r"^1 of \d+ embryos is tagged “good”")).wait_for()
    assert shown(page) == ["CD20150101_tag-1_1_L1"]


def test_embryos_are_deleted_after_a_question_and_come_back(embryos: Any, program: Any) -> None:
    page = embryos
    ids = bring(program, "CD20160101_del-1_1_L1", "CD20160102_del-1_1_L1", seed=360)
    search(page, "del-1", 2)
    page.get_by_label("Choose CD20160101_del-1_1_L1").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("CD20160101_del-1_1_L1").wait_for()
    dialog.get_by_role("button", name="Delete").click()
    page.get_by_text(re.compile(r"^1 of \d+ embryos matches")).wait_for()
    with pytest.raises(KeyError):
        program.lab.embryos.get(ids[0])
    page.get_by_role("button", name="Undo").click()
    page.get_by_text(re.compile(r"^2 of \d+ embryos match")).wait_for()
    assert program.lab.embryos.get(ids[0]).deleted is None

    program.lab.embryos.delete(ids[1:])  # by somebody else: the list says so when it is looked at again
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.get_by_text(re.compile(r"^1 of \d+ embryos matches")).wait_for()


def test_chosen_embryos_are_downloaded_as_they_came_and_tidy(embryos: Any, program: Any) -> None:
    page = embryos
    bring(program, "CD20170101_down-1_1_L1", "CD20170102_down-1_1_L1", seed=370)
    search(page, "down-1", 2)
    page.get_by_label("Choose all embryos that match").click()
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_text("As they came (CD files, AceTree zips)").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.read("CD20170101_down-1_1_L1.csv") == cd_file(370, cells=EARLY)
        assert "Murray" in archive.read("CITATION.txt").decode()
    page.get_by_label("Choose CD20170101_down-1_1_L1").uncheck()
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_text("Tidy CSV").click()
    assert download.value.suggested_filename == "CD20170102_down-1_1_L1.csv"
    assert download.value.path().read_text().splitlines()[0].startswith('"embryo","cell","minutes","x_um"')


def test_the_collection_says_when_there_is_no_network_and_comes_in_when_there_is(
    embryos: Any, program: Any, collection: Any
) -> None:
    page = embryos
    page.get_by_role("button", name="Download the EPIC collection").click()
    dialog = page.get_by_role("dialog")
    assert "260 recorded embryos" in dialog.inner_text()
    assert "No licence is stated" in dialog.inner_text()
    dialog.get_by_role("button", name="Download", exact=True).click()
    page.get_by_text("No connection to 127.0.0.1").wait_for()
    page.get_by_role("button", name="Dismiss").click()

    collection.server_activate()
    collection.answering.start()
    page.get_by_role("button", name="Download the EPIC collection").click()
    page.get_by_role("dialog").get_by_role("button", name="Download", exact=True).click()
    page.get_by_text("3 embryos came in.").wait_for()
    search(page, "epi-2", 1)
    assert page.locator(f"{ROWS} .ag-cell[col-id=source]").inner_text() == "EPIC"


def test_too_much_is_refused_before_a_byte_leaves(embryos: Any, tmp_path: Path) -> None:
    big = tmp_path / "big.csv"
    with big.open("wb") as file:
        file.truncate(151_000_000)
    drop(embryos, big)
    embryos.get_by_text("1 file with 151 MB is over the limit of 150 MB").wait_for()


def test_a_phone_keeps_the_name_and_the_curve(program: Any, page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(program.url)
    page.locator(f"{ROWS} a").first.wait_for()
    page.locator(".ag-header-cell[col-id=gene]").wait_for(state="detached")
    assert page.locator(".ag-header-cell").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name=re.compile("Simulated 1|CD")).first.click()
    page.wait_for_url(re.compile("/embryos/"))


def test_when_the_server_is_gone_the_page_says_so_and_tries_again(embryos: Any) -> None:
    page = embryos
    page.route("**/embryo-rows*", lambda route: route.abort())
    page.get_by_label("Search the embryos").fill("anything")
    page.get_by_text("Blastoscope can't be reached").wait_for()
    page.unroute("**/embryo-rows*")
    page.get_by_role("button", name="Try again").click()
    page.get_by_text(re.compile(r"^0 of \d+ embryos match")).wait_for()
    page.errors.clear()  # the request that failed on purpose


# Without a browser: what the page's addresses answer to hands that type them


def upload(client: Any, *files: tuple[str, bytes], **options: Any) -> Any:
    data = {"file": [(io.BytesIO(content), name) for name, content in files]}
    return client.post("/imports", data=data, content_type="multipart/form-data", **options)


def test_uploads_over_the_limit_or_without_a_file_leave_nothing(client: Any, lab: Any) -> None:
    assert client.post("/imports", data={"other": "x"}, content_type="multipart/form-data").status_code == 422
    assert client.post("/imports", data=b"junk", content_type="text/plain").status_code == 422
    too_long = str(lab.settings.upload_mb * 1_000_000 + 1)
    answer = upload(client, ("a.csv", b"x"), environ_overrides={"CONTENT_LENGTH": too_long})
    assert answer.status_code == 413
    assert "limit is 600 MB" in answer.get_json()["error"]["message"]
    assert upload(client, ("a.csv", b"x"), headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert list((lab.settings.data / "incoming").iterdir()) == []

    old = lab.settings.data / "incoming" / "left behind by a crash"
    old.mkdir()
    os.utime(old, (0, 0))
    assert upload(client, ("bad.csv", b"x")).status_code == 202
    assert not old.exists()


def test_rows_refuse_what_makes_no_sense(client: Any) -> None:
    for query in (
        "sort=id;drop",
        "sort=cells:up",
        "filter={",
        "filter=[]",
        'filter={"x":{}}',
        "from=9&to=3",
        "to=9999",
    ):
        answer = client.get(f"/embryo-rows?{query}")
        assert answer.status_code == 422, query
        assert answer.get_json()["error"]["message"], query
    answer = client.get("/embryo-rows").get_json()
    assert (answer["rows"], answer["total"], answer["nothing"]) == ([], 0, "No embryo is here yet.")


def test_downloads_and_imports_that_nobody_started(client: Any, lab: Any) -> None:
    for address in ("/imports/zz", "/downloads/zz", "/downloads/0123456789abcdef/file"):
        assert client.get(address).status_code == 404, address
    assert client.post("/imports/zz/cancel").status_code == 404
    assert client.post("/downloads", json={"embryos": ["nobody"], "form": "csv"}).status_code == 404
    assert client.post("/downloads", json={"embryos": [], "form": "csv"}).status_code == 422
    id = lab.embryos.add(cd_file(1), "CD20090101_a_1.csv").embryo.id
    assert client.post("/downloads", json={"embryos": [id], "form": "exe"}).status_code == 422
