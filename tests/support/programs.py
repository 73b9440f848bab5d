"""Programs that tests start, and what these have written."""

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import uvicorn
import uvicorn._subprocess
from sqlalchemy import MetaData

from tests.course.in_process import tables_in
from tests.course.processes import CAN_FORK

ROOT = Path(__file__).parents[2]

PROGRAMS: "list[Program]" = []

# What servers and runs of pytest load takes longer than most tests do: they are forks of a process
# that has it already.
LOADED = multiprocessing.get_context("forkserver" if CAN_FORK else None)
PRELOADED = [
    "alembic.command",
    "encodings.idna",
    "final.main",
    "httpcore2",
    "passlib.handlers.bcrypt",
    "pytest",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
]
if CAN_FORK:
    LOADED.set_forkserver_preload(PRELOADED)
# Settings of libraries that look for them when they are imported.
EARLY = ("OTEL_", "PROMETHEUS_")


class Output:
    """The output of a program goes to a file: a pipe that nobody reads would stop it when full."""

    def __init__(self) -> None:
        """Make the file."""
        handle, name = tempfile.mkstemp(prefix="output-")
        os.close(handle)
        self.path, self.seen = Path(name), 0

    def all(self) -> str:
        """Return all of it."""
        return self.path.read_text()

    def news(self) -> str:
        """Return the whole lines that have been written since the last time."""
        lines, end, _ = self.path.read_bytes()[self.seen :].rpartition(b"\n")
        self.seen += len(lines + end)
        return (lines + end).decode()


class Command(subprocess.Popen[bytes]):
    """A program of its own."""

    def __init__(self, command: Sequence[str | Path], environment: dict[str, str]) -> None:
        """Start it in the root of the repository."""
        self.output = Output()
        with self.output.path.open("wb") as file:
            super().__init__(command, env=environment, cwd=ROOT, stdout=file, stderr=file)
        PROGRAMS.append(self)


class Fork:
    """A fork that runs uvicorn, with the ways of a command."""

    def __init__(self, options: Sequence[str], environment: dict[str, str]) -> None:
        """Start it in the root of the repository."""
        self.output = Output()
        order = (options, environment, self.output.path)
        self.process: Any = LOADED.Process(target=run_uvicorn, args=order)
        self.process.start()
        self.pid = self.process.pid or 0
        PROGRAMS.append(self)

    def poll(self) -> int | None:
        """Return its status, negative if a signal has ended it; None, if it still runs."""
        status: int | None = self.process.exitcode
        return status

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the status."""
        self.process.join(timeout)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired("uvicorn", timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to stop."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


Program: TypeAlias = Command | Fork


def start_uvicorn(options: Sequence[str], environment: dict[str, str]) -> Program:
    """Run `uvicorn` with options, as a fork if that makes no difference."""
    if not CAN_FORK or any(name.startswith(EARLY) for name in environment):
        return uvicorn_command(options, environment)
    return Fork(options, environment)


def uvicorn_command(options: Sequence[str], environment: dict[str, str]) -> Command:
    """Run the very command of the READMEs, which loads everything itself."""
    return Command([sys.executable, "-m", "uvicorn", *options], environment)


def run_uvicorn(options: Sequence[str], environment: dict[str, str], output: Path) -> NoReturn:
    """Become what the command would be."""
    settle(environment, output, output)
    if environment.get("PYTHONWARNINGS") == "error":
        warnings.simplefilter("error")
    # It reads the settings when it is imported.
    sys.modules.pop("final.main", None)
    # Workers, too, have everything loaded.
    uvicorn._subprocess.spawn = multiprocessing.get_context("fork")  # type: ignore[assignment]
    # Other apps have tables of the same names as the one that is loaded.
    own = options[0].startswith("final.")
    with nullcontext() if own else tables_in(MetaData()):
        uvicorn.main(list(options))
    raise AssertionError("it ends the process")


def settle(environment: dict[str, str], output: Path, errors: Path) -> None:
    """Give a fork the environment and the files of a command in the root of the repository."""
    # A collector that looks through what is loaded has all that memory copied: half of a start.
    gc.freeze()
    for number, path in ((1, output), (2, errors)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), number)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)


def news_of_programs() -> str:
    """Return what all programs have written since the last time."""
    return "".join(program.output.news() for program in PROGRAMS)


def forget_ended_programs() -> None:
    """Remove the output of those that run no more."""
    for program in [program for program in PROGRAMS if program.poll() is not None]:
        program.output.path.unlink()
        PROGRAMS.remove(program)
