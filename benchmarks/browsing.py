"""Whether the embryos page stays quick as the store grows: `python -m benchmarks.browsing`.

The time to answer is what a person waits for the server who opens an address of the page: the document,
its layout and what Dash asks for before it, and the rows, sorted or searched as the address says. Served
by the real program; scripts and styles, which the browser keeps, are left out.
"""

import argparse
import json
import statistics
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, text

from benchmarks.report import Measure, main
from benchmarks.serving import program
from components.embryo_grid import BLOCK
from services.cd_file import write_cd
from services.database import embryos, unlisted_embryos
from services.followers import list_waiting
from services.lab import Lab, open_lab
from services.settings import read_settings
from services.simulate import REPORTERS, simulate

SIZES = (10, 1_000, 10_000)
ROUNDS = 44
WARM_UP = 4  # rounds that don't count
GROWTH = 2.0
TEMPLATES = 10
LATE_CELL = "MSaapp"  # about half of the templates are followed long enough to hold it
QUESTIONS = {  # what a person asks of the page -> what it asks of the server
    "first rows": {},
    "rows sorted by cells": {"sort": "cells:desc"},
    "search by gene": {"q": "elt-2"},
    "search by cell": {"q": LATE_CELL},
}


def filled(lab: Lab, size: int) -> None:
    """Put `size` embryos into the store: simulated ones through it, then copies of their rows.

    A copy is as real to every query as what it was copied from: its own name, gene and date, and
    all of its cells.
    """
    for seed in range(TEMPLATES):
        table = simulate(seed, minutes=60 + 15 * seed)
        lab.embryos.add(write_cd(table), f"CD20080101_template-{seed}.csv")
    genes = list(REPORTERS)
    with lab.engine.begin() as connection:
        templates = [dict(row) for row in connection.execute(select(embryos)).mappings()]
        for number in range(size - TEMPLATES):
            template = templates[number % TEMPLATES]
            gene = genes[number % len(genes)]
            copied = template | {
                "id": f"z{number:07d}",
                "checksum": f"{number:064d}",
                "name": f"CD{20050101 + number % 9999}_{gene}_{number}_L1",
                "gene": gene,
                "cells": template["cells"] + number % 7,
            }
            connection.execute(insert(embryos).values(copied))
            connection.execute(
                text(
                    "INSERT INTO embryo_cells SELECT :new, cell, rows FROM embryo_cells WHERE embryo = :old"
                ),
                {"new": copied["id"], "old": template["id"]},
            )
            connection.execute(insert(unlisted_embryos), {"embryo": copied["id"]})
    while list_waiting(lab.engine):
        pass


def page_request(url: str) -> urllib.request.Request:
    """What the browser sends to have the page's layout."""
    with urllib.request.urlopen(f"{url}/_dash-dependencies") as answer:
        found = next(one for one in json.load(answer) if "_pages_content.children" in one["output"])
    values = {"pathname": "/", "search": ""}
    inputs = [one | {"value": values.get(one["property"])} for one in found["inputs"]]
    outputs = [
        dict(zip(("id", "property"), one.rsplit(".", 1), strict=True))
        for one in found["output"].strip(".").split("...")
    ]
    body = {
        "output": found["output"],
        "outputs": outputs,
        "inputs": inputs,
        "state": [one | {"value": None} for one in found["state"]],
        "changedPropIds": ["_pages_location.pathname"],
    }
    return urllib.request.Request(
        f"{url}/_dash-update-component",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )


def milliseconds(request: Any) -> float:
    """Time of one answer, read to its end."""
    start = time.perf_counter()
    with urllib.request.urlopen(request) as answer:
        answer.read()
    return (time.perf_counter() - start) * 1000


@contextmanager
def served(folder: Path, size: int) -> Iterator[dict[str, list[Any]]]:
    """A program on a store of `size` embryos; what the browser asks it for, by what a person does."""
    environ = {"BLASTOSCOPE_DATA": str(folder / str(size)), "BLASTOSCOPE_SIMULATED": "0", "PORT": "0"}
    lab = open_lab(read_settings(environ))
    filled(lab, size)
    lab.engine.dispose()
    with program("app.py", **environ) as (url, _process):
        rows = {
            name: f"{url}/embryo-rows?{urllib.parse.urlencode(query | {'from': 0, 'to': BLOCK})}"
            for name, query in QUESTIONS.items()
        }
        opening = [url, f"{url}/_dash-layout", f"{url}/_dash-dependencies", page_request(url)]
        yield {"opening": opening} | {name: [address] for name, address in rows.items()}


def measure(options: argparse.Namespace) -> list[Measure]:
    """Median time to answer at each size, and how much it grows from the smallest to the largest."""
    times: dict[tuple[str, int], list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as programs:
        asked = {size: programs.enter_context(served(Path(folder), size)) for size in SIZES}
        for _round in range(ROUNDS):  # in turn, so that a slow moment of the machine meets all of them
            for size, questions in asked.items():
                for name, requests in questions.items():
                    taken = sum(milliseconds(request) for request in requests)
                    times.setdefault((name, size), []).append(taken)
    median = {key: statistics.median(taken[WARM_UP:]) for key, taken in times.items()}
    measures = [
        Measure(f"page without rows, {size:,} embryos", median["opening", size], "ms") for size in SIZES
    ]
    for name in QUESTIONS:
        measures += [Measure(f"{name}, {size:,} embryos", median[name, size], "ms") for size in SIZES]
        least, most = (median["opening", size] + median[name, size] for size in (SIZES[0], SIZES[-1]))
        growth = f"page opened with {name}: {SIZES[-1]:,} embryos for {SIZES[0]}"
        measures.append(Measure(growth, most / least, "times", f"< {GROWTH:g}", most / least < GROWTH))
    return measures


if __name__ == "__main__":
    main("browsing", measure)
