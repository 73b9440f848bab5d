"""A server of the app under test, as its learner would start it, whose output can be read."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.capstones.targets import ENVIRONMENT
from tests.course.sandbox import ROOT
from tests.course.target import SECRET_KEY

START_SECONDS = 60


class Served:
    """A server and the file that it writes to."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self.log = url, log

    def get(self, path: str, headers: dict[str, str]) -> None:
        """Send a request; what comes back does not matter."""
        httpx2.get(f"{self.url}{path}", headers=headers, timeout=30)

    def output(self) -> str:
        """Return all that the server has written."""
        return self.log.read_text("utf-8", "replace")


@contextmanager
def serve(app: str, folder: Path) -> Iterator[Served]:
    """Run uvicorn with an app on a database of its own, and stop it again."""
    settings = {
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'served.db'}",
        "MEDIA_DIR": str(folder / "media"),
        "JWT_SECRET_KEY": SECRET_KEY,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[:1], os.getenv("PYTHONPATH", "")]),
    }
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "server.log"
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port)]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, env=os.environ | ENVIRONMENT | settings, stdout=output, stderr=output
        )
    try:
        served = Served(f"http://127.0.0.1:{port}", log)
        wait_for(served, server)
        yield served
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(served: Served, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < until:
        try:
            httpx2.get(f"{served.url}/openapi.json", timeout=30)
        except httpx2.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"uvicorn does not serve the app:\n{served.output()[-1500:]}", pytrace=False)
