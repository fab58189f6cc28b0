"""The form of a backup: a zip with these files in it, and a manifest that tells of each."""

import time
from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

MANIFEST = "manifest.json"
CHUNK = 1 << 20  # bytes read or written at a time
ROWS = 5000  # of a table, likewise

Tell = Callable[[str], None]


class BadBackup(ValueError):
    """A backup can't be made or restored, and why."""


class Kept(BaseModel):
    """One file of a backup."""

    model_config = ConfigDict(extra="forbid")
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """What a backup holds. `made` is in Unix seconds, `rows` by table, `files` by their names in the zip."""

    model_config = ConfigDict(extra="forbid")
    format: Literal[1] = 1
    made: float
    database: str
    version: str = Field(pattern="^[0-9]{4}$")  # of the schema
    rows: dict[str, int] = {}
    files: dict[str, Kept] = {}

    def told(self) -> str:
        """What is in it, in a line."""
        size = sum(file.bytes for file in self.files.values())
        rows = {table: self.rows.get(table, 0) for table in ("embryos", "runs", "metrics")}
        made = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.made))
        return (
            f"{rows['embryos']:,} embryos, {rows['runs']:,} runs, {rows['metrics']:,} metric rows; "
            f"{len(self.files):,} files, {size / 1e6:,.1f} MB, as of {made}"
        )
