"""Servers of `final` that tests start."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from final.core.config import Settings
from tests.support import programs
from tests.support.ports import free_port
from tests.support.programs import ROOT, Program, start_uvicorn
from tests.support.server import CHOSEN, SECRET, WorkersServer

OUTBOX = Path(tempfile.gettempdir()) / f"linkhub-outbox-{os.getpid()}"
WORKERS = 2  # each takes as long to start as all tests with them

Start = Callable[..., Program]


def uvicorn(environment: dict[str, str], *options: str) -> Program:
    """Start the app with the options of the command that its README names."""
    return start_uvicorn(["final.main:app", *options], environment)


def uvicorn_command(environment: dict[str, str], *options: str) -> Program:
    """Start the app by the very command of its README, which loads everything itself."""
    return programs.uvicorn_command(["final.main:app", *options], environment)


def environment_for(database_url: str, **changes: str) -> dict[str, str]:
    """Return the environment of a server: cheap hashes, no limit, warnings are errors."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
        "DATABASE_URL": database_url,
        "BCRYPT_ROUNDS": "4",
        "LOG_LEVEL": "INFO",
        "WRITE_RATE_LIMIT": "0",
        "MAIL_OUTBOX": str(OUTBOX),
        "ACCELERATION": "on" if CHOSEN.get("acceleration", True) else "off",
    } | changes


@contextmanager
def workers_running(settings: Settings) -> Iterator[WorkersServer]:
    """Run a server with several processes, to be used by many tests."""
    redis_url = settings.redis_url or ""
    environment = environment_for(
        settings.database_url,
        JWT_SECRET_KEY=SECRET,
        REDIS_URL=redis_url,
        RESPONSE_CACHE="on" if redis_url else "off",  # none would hear of the writes of the others
    )
    with running(environment, "--workers", str(WORKERS)) as client:
        client.headers["Connection"] = "close"  # any worker may get the next request
        client.follow_redirects = True
        yield WorkersServer(client, settings)


@contextmanager
def running(
    environment: dict[str, str], *options: str, start: Start = uvicorn
) -> Iterator[httpx.Client]:
    """Run a server and wait until it is ready."""
    port = free_port()
    process = start(environment, "--port", str(port), *options)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            wait_until_ready(client, process)
            yield client
    finally:
        stop(process)


def stop(process: Program) -> None:
    """Stop a server that is to have had no accident."""
    process.terminate()
    process.wait(60)
    output = process.output.all()
    assert "Traceback" not in output, output


def wait_until_ready(client: httpx.Client, process: Program) -> None:
    """Ask until the server answers."""
    for _ in range(600):
        assert process.poll() is None, process.output.all()
        try:
            if client.get("/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    pytest.fail(f"the server did not become ready:\n{process.output.all()}")
