"""The browser's modules: their own tests under node, and what they say of names against services/lineage.py."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from services import lineage
from tests.conftest import missing

ROOT = Path(__file__).parent.parent
MODULE = ROOT / "assets" / "modules" / "lineage.mjs"
NAMES = [
    *lineage.reference().index,
    *(
        "P0",
        "P1",
        "EMS",
        "P4",
        "Z2",
        "Z3",
        "AB",
        "E",
        "C",
        "D",
        "Nuc1",
        "EMSa",
        "P5",
        "Z4",
        "ab",
        "MSx",
        "ABq",
    ),
]
PATTERNS = [
    "MSxp",
    "EMSx",
    "P2x",
    "x",
    "abal",
    "ABxxx",
    "Exx",
    "P4x",
    "Z2",
    "Nuc1",
    "msXP",
    "ABalaaaal",
    "P1xx",
]
ROOTS = ["P0", "P1", "EMS", "ABal", "E", "P3", "Nuc1", "Z2"]


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if not found:
        missing("tests of the browser's modules need node 18 or newer: on Debian `apt-get install nodejs`")
    return str(found)


def test_the_modules_pass_their_own_tests(node: str) -> None:
    files = sorted(str(path) for path in (ROOT / "tests" / "js").glob("*.test.mjs"))
    done = subprocess.run([node, "--test", *files], cwd=ROOT, capture_output=True, text=True, timeout=120)
    failed = [line for line in done.stdout.splitlines() if "not ok" in line or "# fail" in line]
    assert done.returncode == 0, "\n".join([*failed, done.stdout[-4000:], done.stderr[-1000:]])


def test_names_mean_the_same_in_the_browser(node: str, tmp_path: Path) -> None:
    asked = {"names": NAMES, "patterns": PATTERNS, "roots": ROOTS}
    (tmp_path / "asked.json").write_text(json.dumps(asked))
    script = tmp_path / "ask.mjs"
    script.write_text(
        f"import {{ readFileSync }} from 'node:fs';\n"
        f"import {{ colourGroup, descends, founder, matches, mother }} from {json.dumps(MODULE.as_uri())};\n"
        f"const asked = JSON.parse(readFileSync({json.dumps(str(tmp_path / 'asked.json'))}));\n"
        "const each = (find) => asked.names.map(find);\n"
        "console.log(JSON.stringify({\n"
        "  mother: each(mother), founder: each(founder), group: each(colourGroup),\n"
        "  matches: asked.patterns.map((pattern) => each((name) => matches(pattern, name))),\n"
        "  descends: asked.roots.map((root) => each((name) => descends(name, root))),\n"
        "}));\n"
    )
    said = json.loads(subprocess.run([node, str(script)], capture_output=True, text=True, check=True).stdout)
    assert said["mother"] == [lineage.mother(name) for name in NAMES]
    assert said["founder"] == [lineage.founder(name) for name in NAMES]
    assert said["group"] == [lineage.colour_group(name) for name in NAMES]
    for pattern, answers in zip(PATTERNS, said["matches"], strict=True):
        expected = [name for name in NAMES if lineage.matches(pattern, name)]
        assert [name for name, meant in zip(NAMES, answers, strict=True) if meant] == expected, pattern
    for root, answers in zip(ROOTS, said["descends"], strict=True):
        below = set(lineage.sublineage(root, NAMES))
        assert {name for name, meant in zip(NAMES, answers, strict=True) if meant} == below, root
