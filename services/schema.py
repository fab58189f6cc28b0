"""Which schema a database has, and how it is brought forward to the program's own when it is opened.

The schema's steps are alembic's, in `services/migrations/versions`, each named by four digits. A new step:
change the tables in `services/database.py`, then `alembic revision --autogenerate --rev-id 0003 -m "what
changes"` on a database of the step before, and read what it wrote.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"
_MADE_FIRST = "cell_followers"  # the first table that the first release made; it kept no version
_LOCK = 0x424C4153  # one number for all processes that upgrade a PostgreSQL database

log = logging.getLogger("database")


class BadDatabase(RuntimeError):
    """The database can't be worked with, in two lines: what it is, and what to do."""


@cache
def steps() -> tuple[str, ...]:
    """The versions of the schema that this program knows, in order."""
    return tuple(sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))


def newest() -> str:
    """The version of the schema that this program works on."""
    return steps()[-1]


def version_of(connection: Connection) -> str | None:
    """The version that the database names; None where it names none: it is empty or of the first release."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    return found


def bring_forward(engine: Engine, to: str | None = None) -> None:
    """Upgrade the database to version `to`, the program's own by default. Quick when there is nothing to do.

    In one transaction that one process at a time can hold, so that web and runner may start at the same
    moment, and an upgrade that is cut off has changed nothing. Raises `BadDatabase`.
    """
    with engine.connect() as connection:
        if version_of(connection) == (to or newest()):
            return
    with _alone(engine) as connection:
        found = version_of(connection)  # another process may have upgraded it meanwhile
        if found == (to or newest()):
            return
        _refuse(connection, found)
        _run_steps(connection, to or newest())
    if found is not None:
        log.info("the database was upgraded from schema %s to %s", found, to or newest())


def refuse_newer(found: str | None, what: str) -> None:
    """Raise `BadDatabase` where `what`, a database or a backup, has a schema that this program doesn't know."""
    if found is not None and found not in steps():
        raise BadDatabase(
            f"{what} has schema {found[:20]}; this program knows none later than {newest()}.\n"
            "Start the version of Blastoscope that wrote it, or a later one; nothing was changed."
        )


def _refuse(connection: Connection, found: str | None) -> None:
    name = connection.engine.url.render_as_string(hide_password=True)
    refuse_newer(found, f"The database {name}")
    from services.database import tables

    there = set(inspect(connection).get_table_names()) & set(tables.tables)
    if found is None and there and _MADE_FIRST not in there:
        raise BadDatabase(
            f"The database {name} has a table `{min(there)}` that is not Blastoscope's.\n"
            "Give it a database of its own: BLASTOSCOPE_DATABASE names it."
        )


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction that holds everybody else's upgrade off until it ends."""
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            yield connection
            connection.commit()
            return
        driver = connection.connection.driver_connection
        assert driver is not None
        usual, driver.isolation_level = driver.isolation_level, None  # else DDL is in no transaction
        try:
            # A table that is made anew to change a column must not take with it what refers to it.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        finally:
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
            driver.isolation_level = usual


def _run_steps(connection: Connection, to: str) -> None:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from alembic import command  # only where there is something to do: it takes a fifth of a second to import
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
