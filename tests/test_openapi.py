"""The OpenAPI document and the running server say the same: schemathesis asks, bounded and seeded."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.test_api import tiny


@pytest.mark.slow
def test_schemathesis_finds_no_5xx_and_no_undocumented_answer(serve: Any, tmp_path: Path) -> None:
    program = serve()
    embryo = program.lab.embryos.add(tiny(), "CD20080101_pha-4_1_L1.csv").embryo
    program.lab.runs.create({"embryos": [embryo.id], "epochs": 1}, program.lab.embryos)
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            "run",
            f"{program.url}/api/v1/openapi.json",
            "--url",
            f"{program.url}/api/v1",
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
            "--max-examples",
            "25",
            "--seed",
            "20081016",
            "--max-time",
            "25",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "NO_COLOR": "1"},
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Test cases" in done.stdout or "passed" in done.stdout
