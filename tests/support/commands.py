"""Other programs that tests run: pytest itself, and a server."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import httpx2
import pytest

from tests.course.processes import ADDRESS, CAN_FORK, fork_server
from tests.support.ports import free_port
from tests.support.programs import (
    LOADED,
    Output,
    Program,
    forget_ended_programs,
    settle,
    start_uvicorn,
)

ROOT = Path(__file__).parents[2]

StartUvicorn = Callable[[list[str], dict[str, str]], Program]


def run_pytest(
    *arguments: str, pythonpath: Path = ROOT, root: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run pytest as a user would, with one more folder to import from, and return its output.

    What apps need is loaded already: by one process for all runs.
    """
    command = ["-p", "no:cacheprovider", "-q", *arguments]
    environment = os.environ | {"PYTHONPATH": str(pythonpath), "COLUMNS": "200"}
    if CAN_FORK:
        environment |= {ADDRESS: fork_server()}
        if root == ROOT and {"--app", "--url"} & {*arguments}:  # it imports no app itself
            return fork_pytest(command, environment)
    command = [sys.executable, "-m", "pytest", *command]
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )


def fork_pytest(
    command: list[str], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run pytest in a fork that has loaded it, without the plugins that it would find itself."""
    environment = environment | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    output, errors = Output(), Output()
    order = (command, environment, output.path, errors.path)
    process = LOADED.Process(target=become_pytest, args=order)
    process.start()
    process.join()
    texts = output.all(), errors.all()
    for file in (output, errors):
        file.path.unlink()
    return subprocess.CompletedProcess(command, process.exitcode or 0, *texts)


def become_pytest(
    command: list[str], environment: dict[str, str], output: Path, errors: Path
) -> NoReturn:
    """Become what the command would be."""
    settle(environment, output, errors)
    sys.path[:0] = [str(ROOT), environment["PYTHONPATH"]]
    sys.argv = ["pytest", *command]
    sys.exit(pytest.console_main())


def without_lower(suite: str) -> list[str]:
    """Return options that leave out the suites below one, which `--app` runs as well."""
    lower = [file.name for file in ROOT.glob("tests/test_level?_*.py") if file.name < suite]
    return [f"--deselect=tests/{name}" for name in sorted(lower)]


@contextmanager
def serve(app: str, folder: Path, start: StartUvicorn = start_uvicorn) -> Iterator[str]:
    """Run uvicorn, its database in a folder, and yield the server's address."""
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'served.db'}",
        "JWT_SECRET_KEY": secrets.token_hex(32),
        "BCRYPT_ROUNDS": "4",
        "WRITE_RATE_LIMIT": "0",
        "MAIL_OUTBOX": str(folder / "outbox"),
    }
    server = start([app, "--port", str(port)], environment)
    try:
        wait_for(f"http://127.0.0.1:{port}/", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)
        forget_ended_programs()


def wait_for(url: str, server: Program) -> None:
    """Wait until the server answers; show its output if it does not."""
    for _ in range(300):
        try:
            httpx2.get(url)
        except httpx2.TransportError:
            time.sleep(0.05)
        else:
            return
        if server.poll() is not None:
            break
    raise RuntimeError(f"{url} does not answer:\n{server.output.all()}")
