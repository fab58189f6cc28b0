"""One lab's stores, opened together: what the web server, the runner and the commands work on."""

from dataclasses import dataclass

from sqlalchemy import Engine

from services.database import open_database
from services.embryos import EmbryoStore
from services.poses import PoseStore
from services.runs import RunStore
from services.settings import Settings


@dataclass(frozen=True)
class Lab:
    """The settings of a program and the stores that it works on."""

    settings: Settings
    engine: Engine
    embryos: EmbryoStore
    poses: PoseStore
    runs: RunStore


def open_lab(settings: Settings, fill: bool = False) -> Lab:
    """Open the data folder and the database of `settings`, making what isn't there.

    With `fill`, a store that has never held an embryo gets its simulated ones.
    """
    for folder in ("embryos", "runs", "cache", "incoming"):
        (settings.data / folder).mkdir(parents=True, exist_ok=True)
    engine = open_database(settings.database)
    embryos = EmbryoStore(engine, settings.data / "embryos", settings.file_mb * 1_000_000)
    lab = Lab(
        settings=settings,
        engine=engine,
        embryos=embryos,
        poses=PoseStore(engine, embryos),
        runs=RunStore(engine, settings.data / "runs"),
    )
    if fill and settings.simulated and lab.embryos.is_new():
        from services.simulate import fill as simulate_into

        simulate_into(lab.embryos, settings.simulated)
    return lab
