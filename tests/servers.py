"""Servers that tests start for themselves, in a temporary folder and on a free port."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def program_of_postgres(name: str) -> str | None:
    """Where one of PostgreSQL's programs is. Debian keeps the server's away from PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(debian[-1]) if debian else None)


class Postgres:
    """An own PostgreSQL server. `fresh()` is the SQLAlchemy address of a new, empty database on it.

    It sorts by language (ICU), as a lab's server may, and asks for no password on 127.0.0.1. Tests that run
    as root start it as somebody else, because it refuses root.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="blastoscope-postgres-"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        who = ["-U", "blastoscope", "-A", "trust", "--no-sync"]
        language = ["-E", "UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
        made = self._run(
            "initdb",
            ["-D", str(self.folder / "data"), *who, *language],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        said, _ = made.communicate()
        assert made.returncode == 0, said.decode()
        self.start()

    def _run(self, name: str, arguments: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        program = program_of_postgres(name)
        assert program
        if os.geteuid() == 0:
            options |= {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
        return subprocess.Popen([program, *arguments], cwd=self.folder, **options)

    def start(self) -> None:
        """Start the server on its port, and wait until it answers."""
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": "200",
        }
        arguments = ["-D", str(self.folder / "data"), "-p", str(self.port)]
        for name, value in options.items():
            arguments += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self.process = self._run("postgres", arguments, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while True:
            try:
                return self.ask("SELECT 1")
            except Exception:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError((self.folder / "log").read_text()[-2000:]) from None
            time.sleep(0.1)

    def stop(self, number: int = signal.SIGINT) -> None:
        """End the server: SIGINT sends everybody away, SIGQUIT is like a power cut."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(30)
            self.process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, statement: str) -> None:
        import psycopg

        address = f"postgresql://blastoscope@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
            connection.execute(statement.encode())

    def fresh(self) -> str:
        name = f"test_{next(self._numbers)}"
        self.ask(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://blastoscope@127.0.0.1:{self.port}/{name}"
