"""How fast embryos come in: `python -m benchmarks.importing`.

A whole import (reading, checksum, checks, flags, the kept file, Parquet, database) against a bare
`pandas.read_csv` of the same files, and again with ten times the embryos in one store. The further nine
tenths are the same rows in files that differ by blank lines at their end.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas

from benchmarks.report import ROOT, Measure, at_most, cd_files, main
from services.imports import import_paths
from services.lab import Lab, open_lab
from services.settings import read_settings

ROUNDS = 5
TIMES = 10
SLOWER = 1.3  # what noise leaves of "the same"


def empty_lab(folder: str | Path) -> Lab:
    """A lab without embryos in `folder`."""
    return open_lab(read_settings({"BLASTOSCOPE_DATA": str(folder), "BLASTOSCOPE_SIMULATED": "0"}))


def bare(files: list[Path]) -> float:
    """Seconds of a bare pandas.read_csv of all files."""
    started = time.perf_counter()
    for file in files:
        pandas.read_csv(file)
    return time.perf_counter() - started


def whole(lab: Lab, files: list[Path]) -> float:
    """Seconds of a whole import of all files; all must come in, and none may have been there."""
    started = time.perf_counter()
    summary = import_paths(lab, [(file, file.name) for file in files])
    seconds = time.perf_counter() - started
    new = [one for one in summary["imported"] if not one["existed"]]
    if len(new) != len(files):
        sys.exit(f"{len(files) - len(new)} of {len(files)} files did not come in: {summary['rejected'][:3]}")
    return seconds


def against_pandas(files: list[Path]) -> tuple[float, float]:
    """Median seconds of the two over `ROUNDS`, in turn, each import into an empty store."""
    taken: list[tuple[float, float]] = []
    bare(files)  # both find the files in memory and their libraries loaded
    for round_ in range(ROUNDS + 1):
        with tempfile.TemporaryDirectory() as folder:
            lab = empty_lab(folder)
            seconds = bare(files), whole(lab, files)
            lab.engine.dispose()
        if round_:
            taken.append(seconds)
    return statistics.median(one[0] for one in taken), statistics.median(one[1] for one in taken)


def ten_times(files: list[Path]) -> list[float]:
    """Seconds of each of `TIMES` imports of as many embryos into one store."""
    memory = (
        Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    )  # so that writing copies keeps no disk busy
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory(dir=memory) as folder:
        lab = empty_lab(data)
        seconds = []
        for again in range(TIMES):
            copies = []
            for file in files:
                copy = Path(folder) / file.name
                copy.write_bytes(file.read_bytes() + b"\n" * again)
                copies.append(copy)
            seconds.append(whole(lab, copies))
        lab.engine.dispose()
    return seconds


def peak_memory(folder: Path, times: int) -> float:
    """MB at most of a fresh process that imports the files `times` over, its libraries included."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.importing", "--peak", str(times), "--embryos", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def print_peak(folder: Path, times: int) -> None:
    """The process that `peak_memory` starts."""
    files = cd_files(folder)
    with tempfile.TemporaryDirectory() as data:
        lab = empty_lab(data)
        for again in range(times):
            for file in files:
                lab.embryos.add(file.read_bytes() + b"\n" * again, file.name)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measure(asked: argparse.Namespace) -> list[Measure]:
    """The figures."""
    files = cd_files(asked.embryos)
    rows = sum(file.read_bytes().count(b"\n") - 1 for file in files)
    pandas_s, import_s = against_pandas(files)
    tenths = ten_times(files)
    return [
        Measure("embryos", len(files), ""),
        Measure("rows", rows, ""),
        Measure("rows imported a second", rows / import_s, "rows/s"),
        Measure("bare pandas.read_csv", pandas_s, "s"),
        Measure("whole import", import_s, "s"),
        at_most("whole import by bare pandas.read_csv", import_s / pandas_s, "times", 3),
        Measure("peak memory", peak_memory(asked.embryos, 1), "MB"),
        Measure(f"rows imported a second, {TIMES} times the embryos", TIMES * rows / sum(tenths), "rows/s"),
        at_most(
            "time a row, last three tenths of them by first three",
            min(tenths[-3:]) / min(tenths[:3]),
            "times",
            SLOWER,
        ),
        Measure(f"peak memory, {TIMES} times the embryos", peak_memory(asked.embryos, TIMES), "MB"),
    ]


if __name__ == "__main__":
    if "--peak" in sys.argv:
        place = sys.argv.index("--peak")
        print_peak(Path(sys.argv[-1]), int(sys.argv[place + 1]))
    else:
        main("importing", measure)
