"""How gunicorn runs the app: `gunicorn --config final/gunicorn.conf.py final.main:app`."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

# Before the first metric is made: from here all workers count into files that each can read.
IS_OURS = "PROMETHEUS_MULTIPROC_DIR" not in os.environ
if IS_OURS:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="metrics-")
METRICS = os.environ["PROMETHEUS_MULTIPROC_DIR"]
# A collector that hangs must not hold up a stop.
os.environ.setdefault("OTEL_EXPORTER_OTLP_TIMEOUT", "2")

from gunicorn.glogging import Logger
from prometheus_client.multiprocess import mark_process_dead
from uvicorn_worker import UvicornWorker

from final.core.config import load_settings
from final.core.observability.logs import configure_logging

settings = load_settings()  # weak ones are refused before any worker starts
configure_logging(settings)

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "uvicorn_worker.UvicornWorker"
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a heartbeat waits for no disk
timeout = 30
graceful_timeout = settings.drain_seconds + 8  # compose kills 2 seconds later
# What is still open then is cut, so that the app has time to put its things in order.
UvicornWorker.CONFIG_KWARGS["timeout_graceful_shutdown"] = 5
control_socket_disable = True  # it would be in a home, which a container does not have
keepalive = 75  # longer than proxies keep idle connections, so that none is cut in use


class OneLog(Logger):  # type: ignore[misc]
    """Hand gunicorn's own lines to the handler of the app."""

    def setup(self, cfg: Any) -> None:
        """Take away the handlers that gunicorn gives itself."""
        super().setup(cfg)
        self.error_log.handlers = []
        self.error_log.propagate = True


logger_class = OneLog


def on_starting(_server: Any) -> None:
    """Forget what an earlier run has counted."""
    for file in Path(METRICS).glob("*.db"):
        file.unlink()


def on_exit(_server: Any) -> None:
    """Leave no folder of metrics behind."""
    if IS_OURS:
        shutil.rmtree(METRICS, ignore_errors=True)


def child_exit(_server: Any, worker: Any) -> None:
    """Take what a worker had in progress out of the sum; what it has counted stays."""
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
