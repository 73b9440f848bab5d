"""The process of its own in which the app under test runs.

The first line of its input says what to run; its output is a report, a line of JSON for each event.
What the app itself prints goes to standard error. When the input ends, so does the process.
"""

import asyncio
import contextlib
import faulthandler
import importlib
import io
import json
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NoReturn

import uvicorn

from tests.course.app_engines import serve_plain_engines
from tests.course.app_guard import Guard
from tests.course.app_limits import (
    REAL_EXIT,
    Order,
    fence,
    limit_resources,
    quicken_hashes,
    refuse_servers,
    report_exits,
)
from tests.course.loose_routers import find_loose_routes
from tests.course.places import Place, Refused, place_in, problem_of


class Report:
    """The way back to whoever started the process."""

    def __init__(self) -> None:
        self.file = os.dup(1)
        os.dup2(2, 1)

    def __call__(self, **event: Any) -> None:
        """Write one event."""
        os.write(self.file, json.dumps(event).encode() + b"\n")


class Server(uvicorn.Server):
    """A server that says when it has started, and stops as soon as it is asked to."""

    def __init__(self, app: Guard, report: Report) -> None:
        super().__init__(
            uvicorn.Config(
                app, loop="asyncio", log_config=None, access_log=False, timeout_graceful_shutdown=1
            )
        )
        self.guard, self.report = app, report
        self.socket = socket.create_server(("127.0.0.1", 0))
        # Else each answer waits 40 ms for the receipt of its own head; connections inherit it.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.end = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell on which port."""
        self.report(stage="starting")
        await super().startup(sockets)
        self.report(port=self.socket.getsockname()[1])

    async def main_loop(self) -> None:
        """Wait for the end."""
        await self.on_tick(0)
        await self.end.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone: whoever started the process ends it."""
        yield


def run(order: Order, commands: IO[str]) -> NoReturn:
    """Import the app, serve it until the input ends, and end the process."""
    report = Report()
    folder = Path(order["folder"])
    control = Control(commands, folder, report)
    control.start()
    status = 0
    try:
        settle(order, report)
        app = import_app(order["name"])
        report(loose=find_loose_routes(app, folder))
        asyncio.run(serve(Guard(app, folder, report), report, control))
    except BaseException as error:
        status = 1
        report(problem=problem_of(error, folder))
    leave(status)


def leave(status: int) -> NoReturn:
    """End the process at once: threads of the app that go on forever cannot hold it up."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    REAL_EXIT(status)


def settle(order: Order, report: Report) -> None:
    """Make the process what the app may expect, and no more: folder, settings, limits."""
    sys.stdin = io.StringIO()
    for number, name in ((1, "stdout"), (2, "stderr")):
        raw = io.FileIO(number, "w", closefd=False)
        setattr(sys, name, io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", line_buffering=True))
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.path[:] = [order["folder"], *order["search"], *sys.path]
    sys.dont_write_bytecode = True
    sys.argv = ["uvicorn", order["name"]]
    for name in [name for name in sys.modules if name.split(".")[0] == "tests"]:
        del sys.modules[name]
    limit_resources(order)
    fence(order)
    refuse_servers()
    report_exits(Path(order["folder"]), report)
    quicken_hashes()
    serve_plain_engines(Path(order["folder"]))
    with contextlib.suppress(AttributeError):
        faulthandler.register(signal.SIGUSR1, file=report.file)


def import_app(name: str) -> Any:
    """Import `module:attribute`, which must be an app."""
    module_name, _, attribute = name.partition(":")
    app: Any = importlib.import_module(module_name)
    for part in attribute.split("."):
        if not hasattr(app, part):
            file = f"{module_name.replace('.', '/')}.py"
            raise Refused(f"{file} has no {part}: {way_to(part, app)}")
        app = getattr(app, part)
    if not callable(app):
        raise TypeError(f"{name} is no app: it is of type {type(app).__name__}")
    return app


def way_to(name: str, module: Any) -> str:
    """Say how a module comes to have an app of this name."""
    from fastapi import FastAPI  # an app that is not there may be no reason to load it

    for other, value in vars(module).items():
        if isinstance(value, FastAPI):
            return f"its app is called {other}, so say {module.__name__}:{other}, or rename it"
        if other in ("create_app", "make_app", "get_app"):
            return f"at its top level, write {name} = {other}()"
    return f"at its top level, write {name} = FastAPI()"


async def serve(guard: Guard, report: Report, control: "Control") -> None:
    """Serve the app until the input ends or says so."""
    server = Server(guard, report)
    control.server, control.loop = server, asyncio.get_running_loop()
    await server.serve(sockets=[server.socket])


class Control(threading.Thread):
    """Does what the input says: `stop`, or `where`, which asks what the app is doing."""

    def __init__(self, commands: IO[str], folder: Path, report: Report) -> None:
        super().__init__(daemon=True)
        self.commands, self.folder, self.report = commands, folder, report
        self.server: Server | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    def run(self) -> None:
        """Obey until the input ends."""
        for line in self.commands:
            if line == "where\n":
                self.report(where=self.running_places())
                self.call(self.report_waiting_places)
            else:
                self.call(self.stop)
        leave(0)

    def call(self, function: Callable[[], None]) -> None:
        """Call a function where the app runs."""
        if self.loop:
            self.loop.call_soon_threadsafe(function)

    def stop(self) -> None:
        """End the server."""
        if self.server:
            self.server.end.set()

    def report_waiting_places(self) -> None:
        """Tell at which lines the app waits for something."""
        if self.server:
            self.report(where=self.server.guard.waiting_places())

    def running_places(self) -> list[Place]:
        """List the lines that threads of the app are at, the innermost first."""
        places = []
        for number, frame in sys._current_frames().items():
            if number != self.ident:
                stack = reversed(traceback.extract_stack(frame))
                places += [place_in(self.folder, entry.filename, entry.lineno) for entry in stack]
        return [place for place in places if place]


def main() -> None:
    """Run what the first line of the input says: the way where processes cannot be forked."""
    order: Order = json.loads(sys.stdin.readline())
    run(order, sys.stdin)


if __name__ == "__main__":
    main()
