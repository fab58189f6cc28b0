"""gunicorn's own words in the program's log: `gunicorn --logger-class services.server_log.ServerLog`."""

from typing import Any

from gunicorn.glogging import Logger


class ServerLog(Logger):
    """What gunicorn has to say goes where `services.logs` writes, in its form."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
