"""What every benchmark shares: its arguments, the form of its report and its exit status."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
EMBRYOS = ROOT.parent / "shared" / "epic"


@dataclass(frozen=True)
class Measure:
    """One figure. `target` says what it is held to (`<= 3`), None where nothing is asked of it."""

    name: str
    value: float
    unit: str
    target: str | None = None
    holds: bool = True


def at_most(name: str, value: float, unit: str, target: float) -> Measure:
    """A figure that holds when it is `target` or less."""
    return Measure(name, value, unit, f"<= {target:g}", value <= target)


def at_least(name: str, value: float, unit: str, target: float) -> Measure:
    """A figure that holds when it is `target` or more."""
    return Measure(name, value, unit, f">= {target:g}", value >= target)


def arguments(name: str, words: Sequence[str] | None = None) -> argparse.Namespace:
    """What every benchmark may be told: `embryos`, a folder of CD files, and `json`."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument(
        "--embryos",
        type=Path,
        default=Path(os.environ.get("BLASTOSCOPE_TEST_EMBRYOS") or EMBRYOS),
        help="folder whose CD*.csv are read",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args(words)


def cd_files(folder: Path) -> list[Path]:
    """The CD files of a folder, by name. Ends the benchmark with a word where there are none."""
    found = sorted(folder.glob("CD*.csv"))
    if not found:
        sys.exit(f"no CD*.csv in {folder}: name a folder of CD files with --embryos")
    return found


def machine() -> str:
    """The machine in words, without its name: `2 cores, x86_64, 24 GB, Python 3.11`."""
    memory = round(psutil.virtual_memory().total / 2**30)
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    return f"{os.cpu_count()} cores, {platform.machine()}, {memory} GB, {python}"


def shown(name: str, measures: Sequence[Measure]) -> str:
    """The short table."""
    lines = [f"{name} ({machine()})"]
    width = max(len(measure.name) for measure in measures)
    for measure in measures:
        target = "" if measure.target is None else f"  {measure.target}"
        verdict = (
            "" if measure.target is None and measure.holds else ("  holds" if measure.holds else "  FAILS")
        )
        lines.append(
            f"  {measure.name:<{width}}  {rounded(measure.value):>12} {measure.unit:<8}{target}{verdict}"
        )
    return "\n".join(lines)


def rounded(value: float) -> str:
    """Three decimals for small figures, none for large ones."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3f}".rstrip("0").rstrip(".")


def main(name: str, measure: Callable[[argparse.Namespace], list[Measure]]) -> None:
    """Run a benchmark as a command: exit status 0 only when every target holds."""
    asked = arguments(name)
    measures = measure(asked)
    if asked.json:
        told = [asdict(one) | {"value": round(one.value, 4)} for one in measures]
        print(json.dumps({"benchmark": name, "machine": machine(), "measures": told}))
    else:
        print(shown(name, measures))
    sys.exit(0 if all(one.holds for one in measures) else 1)
