"""Settings: every one documented, and a bad one named."""

from pathlib import Path

import pytest

from services.settings import TABLE, BadSetting, Settings, read_settings

ROOT = Path(__file__).parent.parent


def test_defaults_are_those_of_the_design() -> None:
    settings = read_settings({})
    assert (settings.host, settings.port, settings.access, settings.simulated) == (
        "127.0.0.1",
        8050,
        "local",
        6,
    )
    assert settings.data == Path("data").resolve()
    assert settings.database.startswith("sqlite:///")


def test_table_and_settings_have_the_same_fields() -> None:
    assert [row.field for row in TABLE] == list(Settings.__dataclass_fields__)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_setting_stands_in_the_readme_with_its_meaning(row) -> None:  # type: ignore[no-untyped-def]
    line = next(
        (line for line in (ROOT / "README.md").read_text().splitlines() if f"`{row.name}`" in line), ""
    )
    assert row.meaning in line, f"the README's table lacks {row.name}: {row.meaning}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("BLASTOSCOPE_SIMULATED", "-1"),
        ("BLASTOSCOPE_ACCESS", "everybody"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"{name} is '{value}'"):
        read_settings({name: value})


def test_a_lease_shorter_than_two_heartbeats_is_refused() -> None:
    with pytest.raises(BadSetting, match="HEARTBEAT"):
        read_settings({"BLASTOSCOPE_LEASE_S": "2", "BLASTOSCOPE_HEARTBEAT_S": "1.5"})
