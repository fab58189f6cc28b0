"""Every setting once: its name, its default and what it means.

The program reads its settings from this table, and a test holds the README to it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.logs import FORMS


@dataclass(frozen=True)
class Setting:
    """One row of the table. `name` is the environment variable, `field` its name in `Settings`."""

    name: str
    field: str
    default: str
    meaning: str


TABLE = (
    Setting("BLASTOSCOPE_DATA", "data", "./data", "folder that holds everything the program keeps"),
    Setting(
        "BLASTOSCOPE_DATABASE",
        "database",
        "",
        "SQLAlchemy address of the database; empty: a SQLite file in the data folder",
    ),
    Setting(
        "BLASTOSCOPE_REDIS",
        "redis",
        "",
        "address of Redis for Celery workers on several machines; empty: the local runner",
    ),
    Setting("HOST", "host", "127.0.0.1", "address that the web server listens on"),
    Setting("PORT", "port", "8050", "port that the web server listens on"),
    Setting(
        "BLASTOSCOPE_ACCESS",
        "access",
        "local",
        "who may use it; `local`: one person, requests to this machine's own name only",
    ),
    Setting("BLASTOSCOPE_SIMULATED", "simulated", "6", "simulated embryos that an empty store gets"),
    Setting("BLASTOSCOPE_UPLOAD_MB", "upload_mb", "600", "largest upload, MB (a zip of a collection)"),
    Setting("BLASTOSCOPE_FILE_MB", "file_mb", "64", "largest single CD file or table, MB"),
    Setting("BLASTOSCOPE_UNPACKED_MB", "unpacked_mb", "2000", "largest total that a zip may unpack to, MB"),
    Setting(
        "BLASTOSCOPE_EPIC",
        "epic",
        "https://epic.gs.washington.edu/downloads/zipped_CD_Files.zip",
        "address that the EPIC collection is downloaded from",
    ),
    Setting("BLASTOSCOPE_SLOTS", "slots", "1", "runs that one runner trains at the same time"),
    Setting(
        "BLASTOSCOPE_THREADS",
        "threads",
        "0",
        "CPU threads of one trainer; 0: its share of the cores less one, 1 to 4",
    ),
    Setting(
        "BLASTOSCOPE_LEASE_S", "lease_s", "30", "seconds after which a silent runner's runs are queued again"
    ),
    Setting("BLASTOSCOPE_HEARTBEAT_S", "heartbeat_s", "5", "seconds between a runner's signs of life"),
    Setting("BLASTOSCOPE_LOG", "log", "text", "lines of the log: `text` for people, `json` for machines"),
    Setting("BLASTOSCOPE_METRICS", "metrics", "0", "1: numbers for Prometheus at `/metrics`"),
)


@dataclass(frozen=True)
class Settings:
    """The settings of one program, checked. Sizes in MB, times in seconds."""

    data: Path
    database: str
    redis: str
    host: str
    port: int
    access: str
    simulated: int
    upload_mb: int
    file_mb: int
    unpacked_mb: int
    epic: str
    slots: int
    threads: int
    lease_s: float
    heartbeat_s: float
    log: str
    metrics: bool


class BadSetting(ValueError):
    """A setting has a value that the program can't work with."""


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment, defaults for what is unset.

    Raises `BadSetting` that names the variable, its value and what was expected.
    """
    environ = os.environ if environ is None else environ
    text = {row.field: environ.get(row.name, "") or row.default for row in TABLE}
    names = {row.field: row.name for row in TABLE}

    def number(field: str, kind: type, least: float, most: float):  # type: ignore[no-untyped-def]
        try:
            value = kind(text[field])
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            raise BadSetting(f"{names[field]} is {text[field]!r}; expected a number from {least} to {most}")
        return value

    if text["access"] != "local":
        raise BadSetting(f"BLASTOSCOPE_ACCESS is {text['access']!r}; expected `local`")
    if text["log"] not in FORMS:
        raise BadSetting(f"BLASTOSCOPE_LOG is {text['log']!r}; expected `text` or `json`")
    data = Path(text["data"]).expanduser().resolve()
    settings = Settings(
        data=data,
        database=text["database"] or f"sqlite:///{data / 'blastoscope.sqlite'}",
        redis=text["redis"],
        host=text["host"],
        port=number("port", int, 0, 65535),
        access=text["access"],
        simulated=number("simulated", int, 0, 10_000),
        upload_mb=number("upload_mb", int, 1, 100_000),
        file_mb=number("file_mb", int, 1, 10_000),
        unpacked_mb=number("unpacked_mb", int, 1, 100_000),
        epic=text["epic"],
        slots=number("slots", int, 1, 64),
        threads=number("threads", int, 0, 256),
        lease_s=number("lease_s", float, 0.5, 3600),
        heartbeat_s=number("heartbeat_s", float, 0.05, 600),
        log=text["log"],
        metrics=number("metrics", int, 0, 1) == 1,
    )
    if settings.heartbeat_s * 2 > settings.lease_s:
        raise BadSetting("BLASTOSCOPE_HEARTBEAT_S must be at most half of BLASTOSCOPE_LEASE_S")
    return settings
