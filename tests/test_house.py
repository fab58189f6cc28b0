"""The house's own rules: lint, types, and which floor may import which."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TORCH = {"services/models.py", "services/trainer.py"}


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_finds_nothing() -> None:
    run("ruff", "check", ".")


def test_ruff_would_format_nothing() -> None:
    run("ruff", "format", "--check", ".")


def test_mypy_finds_nothing() -> None:
    run("mypy")


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).glob("**/*.py"))


@pytest.mark.parametrize("path", files("services"), ids=lambda path: path.name)
def test_services_have_never_heard_of_dash_pages_or_components(path: Path) -> None:
    roots = {name.split(".")[0] for name in imported(path)}
    assert not roots & {"dash", "plotly", "dash_bootstrap_components", "dash_ag_grid", "pages", "components"}


@pytest.mark.parametrize("path", files("components"), ids=lambda path: path.name)
def test_components_fetch_nothing(path: Path) -> None:
    names = imported(path)
    assert not {name for name in names if name.split(".")[0] == "pages"}
    stores = {"services.lab", "services.database", "sqlalchemy", "requests"}
    assert not names & stores


def test_only_the_trainer_and_the_models_import_torch() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in [ROOT / "app.py", *files("services"), *files("components"), *files("pages")]
        if any(name.split(".")[0] == "torch" for name in imported(path))
    }
    assert found == TORCH


def test_the_web_process_never_imports_torch(tmp_path: Path) -> None:
    script = (
        "import sys, app; from services.settings import read_settings; "
        f"app.create_app(read_settings({{'BLASTOSCOPE_DATA': {str(tmp_path)!r}, 'BLASTOSCOPE_SIMULATED': '1'}}))"
        ".server.test_client().get('/');"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'torch', 'imblearn', 'sklearn'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_every_requirement_is_pinned() -> None:
    for name in ("requirements.txt", "requirements-test.txt"):
        lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]
        assert lines
        assert all("==" in line for line in lines), name


def test_no_file_is_named_after_nothing() -> None:
    vague = {"utils", "helpers", "common", "manager", "handler", "misc"}
    names = {
        path.stem
        for folder in ("services", "components", "pages", "assets")
        for path in (ROOT / folder).rglob("*")
    }
    assert not names & vague
