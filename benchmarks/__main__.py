"""`python -m benchmarks`: every benchmark in turn, each in a process of its own; 0 when all targets hold."""

import subprocess
import sys
from pathlib import Path

from benchmarks.report import ROOT


def names() -> list[str]:
    """The benchmarks: the files of this folder that are commands."""
    files = sorted(Path(__file__).parent.glob("[a-z]*.py"))
    return [file.stem for file in files if file.stem != "report" and "\nif __name__" in file.read_text()]


def main() -> None:
    """Run them all with the arguments given, and say which did not hold."""
    failed = []
    for name in names():
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]], cwd=ROOT)
        if done.returncode:
            failed.append(name)
        print(flush=True)
    if failed:
        sys.exit(f"targets that do not hold: {', '.join(failed)}")


if __name__ == "__main__":
    main()
