"""Processes for apps under test: forked from one that has loaded the libraries, or started anew."""

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

# Python itself does not fork on macOS any more: the system's libraries do not bear it.
CAN_FORK = hasattr(os, "fork") and sys.platform != "darwin"

# Where a fork server listens that others may use as well.
ADDRESS = "COURSE_FORK_SERVER"


class Process(ABC):
    """A process, and our ends of its pipes: its input, its report, its output."""

    commands: int
    report: int
    output: int

    @abstractmethod
    def kill(self) -> None:
        """End it, and what it has started."""

    def interrupt(self) -> None:  # noqa: B027 - elsewhere, it is not possible
        """Have it report its stacks, even if it runs no Python code."""

    @abstractmethod
    def wait(self, seconds: float) -> int | None:
        """Return its status, negative if a signal has ended it; None, if it still runs."""

    def release(self) -> None:
        """Close the pipes that only we use; readers close theirs at the end of the file."""
        with contextlib.suppress(OSError):
            os.close(self.commands)


class Forked(Process):
    """A fork of the fork server."""

    def __init__(self, order: dict[str, Any]) -> None:
        (theirs_in, self.commands), (self.report, theirs_out), (self.output, theirs_err) = (
            os.pipe() for _ in range(3)
        )
        theirs = [theirs_in, theirs_out, theirs_err]
        self.connection = socket.socket(socket.AF_UNIX)
        try:
            self.connection.connect(fork_server())
            socket.send_fds(self.connection, [b" "], theirs)
            self.connection.sendall(json.dumps(order).encode() + b"\n")
        finally:
            for file in theirs:
                os.close(file)
        self.answers = self.connection.makefile("rb")
        self.pid = int(json.loads(self.answers.readline())["pid"])

    def kill(self) -> None:
        """End it, and what it has started."""
        for send in (os.killpg, os.kill):
            with contextlib.suppress(OSError):
                send(self.pid, signal.SIGKILL)

    def interrupt(self) -> None:
        """Have it report its stacks, even if it runs no Python code."""
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGUSR1)

    def wait(self, seconds: float) -> int | None:
        """Return its status, which the fork server knows."""
        self.connection.settimeout(seconds)
        with contextlib.suppress(OSError):
            line = self.answers.readline()
            return int(json.loads(line)["status"]) if line else None
        return None

    def release(self) -> None:
        """Close what we hold; the fork server then ends the process, if it still runs."""
        super().release()
        self.answers.close()
        self.connection.close()


class Spawned(Process):
    """A process of its own kin, where there is no fork."""

    def __init__(self, order: dict[str, Any]) -> None:
        command = [sys.executable, "-m", "tests.course.app_process"]
        pipe = subprocess.PIPE
        self.popen = subprocess.Popen(
            command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, env=plain_environment()
        )
        streams = [s for s in (self.popen.stdin, self.popen.stdout, self.popen.stderr) if s]
        self.commands, self.report, self.output = (os.dup(stream.fileno()) for stream in streams)
        for stream in streams:
            stream.close()
        os.write(self.commands, json.dumps(order).encode() + b"\n")

    def kill(self) -> None:
        """End it."""
        self.popen.kill()
        self.popen.wait()

    def wait(self, seconds: float) -> int | None:
        """Return its status."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.popen.wait(seconds)
        return None


def start_process(order: dict[str, Any]) -> Process:
    """Start a process for an app in the quickest way that there is."""
    return Forked(order) if CAN_FORK else Spawned(order)


def plain_environment() -> dict[str, str]:
    """Return an environment in which warnings are no errors."""
    strict = ("PYTHONWARNINGS", "PYTHONDEVMODE", "PYTHONSTARTUP")
    return {key: value for key, value in os.environ.items() if key not in strict}


@cache
def fork_server() -> str:
    """Return the address of the fork server, which is started when it is first asked for."""
    if address := os.environ.get(ADDRESS):
        return address
    # It removes the folder itself, whatever becomes of this process.
    address = str(Path(tempfile.mkdtemp(prefix="linkhub-")) / "fork")
    command = [sys.executable, "-m", "tests.course.fork_server", address]
    # In a session of its own, it does not see Ctrl+C: it ends when its input does.
    server = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, env=plain_environment(), start_new_session=True
    )

    def end() -> None:
        assert server.stdin
        server.stdin.close()
        server.wait()

    atexit.register(end)
    wait_for_socket(address, server)
    return address


def prepare() -> None:
    """Have the libraries loaded meanwhile, so that the first app need not wait for them."""
    if CAN_FORK:
        fork_server()


def wait_for_socket(address: str, server: "subprocess.Popen[bytes]") -> None:
    """Wait until a fork server listens."""
    while not Path(address).exists():
        if server.poll() is not None:
            raise RuntimeError("the fork server has ended")
        time.sleep(0.01)
