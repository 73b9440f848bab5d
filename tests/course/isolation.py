"""Starts the app under test in a process of its own, bounded in time, memory and output.

    with start_app("my_linkhub.main:app", folder, environment=os.environ) as app:
        with client_for(app) as client:
            client.get("/links")

`folder` is what the app is imported from: a copy, see `sandbox`. `client_for` is in `transport`.
"""

import contextlib
import json
import os
import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.course.failures import StartError
from tests.course.places import Place, places_in_stacks

if TYPE_CHECKING:
    from tests.course.loose_routers import LooseRoute
from tests.course.processes import start_process
from tests.course.sandbox import search_path

KEPT_OUTPUT = 64_000

Event = dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """What an app may take: in seconds, in bytes of memory, in bytes of output."""

    start_seconds: float = 10
    request_seconds: float = 10
    cpu_seconds: int = 120
    memory: int = 2_000_000_000
    output: int = 20_000_000


class AppProcess:
    """An app that runs in a process of its own."""

    def __init__(self, order: Event, limits: Limits) -> None:
        self.name, self.folder, self.limits = str(order["name"]), Path(order["folder"]), limits
        self.events: queue.Queue[Event] = queue.Queue()
        self.places: queue.Queue[list[Place]] = queue.Queue()
        self.problem: Event | None = None
        # The routes of routers that are not included.
        self.loose: list[LooseRoute] = []
        self.kept: deque[bytes] = deque()
        self.printed = 0
        self.url = ""
        # No answer so far was a sign of trouble.
        self.is_well = True
        self.ended = False
        self.process = start_process(order)
        self.readers = [
            threading.Thread(target=read, daemon=True)
            for read in (self.read_report, self.read_output)
        ]
        for reader in self.readers:
            reader.start()

    def __enter__(self) -> "AppProcess":
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind:
            self.kill()
        else:
            self.stop()

    @property
    def output(self) -> str:
        """The last that the app has printed."""
        return b"".join(self.kept).decode("utf-8", "replace")[-KEPT_OUTPUT:]

    def read_report(self) -> None:
        """Read what the process reports, until it ends."""
        with open(self.process.report, encoding="utf-8", errors="replace") as report:
            for line in report:
                if line.startswith("{"):
                    self.take(json.loads(line))
                elif line.startswith("  File "):
                    self.take({"where": places_in_stacks(line, self.folder)})
        self.events.put({"ended": True})

    def take(self, event: Event) -> None:
        """Sort what the process reports; of several problems, the first has led to the others."""
        self.problem = self.problem or event.get("problem")
        self.loose += event.get("loose", [])
        if "where" in event:
            self.places.put(event["where"])
        else:
            self.events.put(event)

    def read_output(self) -> None:
        """Read what the app prints; end it, when it seems to print forever."""
        with open(self.process.output, "rb", buffering=0) as output:
            while part := output.read(65536):
                self.printed += len(part)
                self.kept.append(part)
                while sum(map(len, self.kept)) > 2 * KEPT_OUTPUT:
                    self.kept.popleft()
                if self.printed > self.limits.output:
                    self.problem = self.problem or self.endless_output()
                    self.process.kill()

    def endless_output(self) -> Event:
        """Say that the app prints without end, and where."""
        return {
            "message": f"it printed more than {self.limits.output // 1_000_000} MB",
            "places": self.find_places(),
        }

    def await_start(self) -> None:
        """Return when the app answers requests; raise StartError if it never will."""
        end = time.monotonic() + self.limits.start_seconds
        doing = "imported"
        while not self.url:
            try:
                event = self.events.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                raise self.start_error(doing) from None
            if "port" in event:
                self.url = f"http://127.0.0.1:{event['port']}"
            elif "stage" in event:
                doing = "started"
            elif "ended" in event:
                raise self.start_error(doing, ended=True)

    def start_error(self, doing: str, *, ended: bool = False) -> StartError:
        """Say why the app does not start, and end it."""
        if self.problem:
            message, places = self.problem["message"], self.problem["places"]
        elif ended:
            message, places = self.ending(), []
        else:
            message = f"after {self.limits.start_seconds:g} seconds it still had not been {doing}"
            places = self.find_places()
        self.kill()
        return StartError(f"{self.name} cannot be {doing}.\n{message}", places)

    def find_places(self) -> list[Place]:
        """Ask the process which lines of the app it is at, even if it listens to nobody."""
        self.send("where\n")
        places = self.await_places(0.5)
        if not places:
            self.process.interrupt()
            places = self.await_places(0.3)
        return places

    def await_places(self, seconds: float) -> list[Place]:
        """Collect the places that are reported for a while."""
        places: list[Place] = []
        end = time.monotonic() + seconds
        with contextlib.suppress(queue.Empty):
            while not places:
                places += self.places.get(timeout=max(0, end - time.monotonic()))
        return places

    def ending(self) -> str:
        """Say how the process has ended."""
        status = self.process.wait(2)
        if status is not None and status < 0:
            return f"its process was ended by {signal.Signals(-status).name}"
        return f"its process has ended with status {status}"

    def send(self, command: str) -> None:
        """Tell the process something."""
        with contextlib.suppress(OSError):
            os.write(self.process.commands, command.encode())

    def stop(self) -> None:
        """End the app as a server does: its lifespan ends, too."""
        if self.ended:
            return
        self.send("stop\n")
        self.process.wait(3)
        self.kill()

    def kill(self) -> None:
        """End the process at once."""
        if self.ended:
            return
        self.ended = True
        self.process.kill()
        self.process.release()
        for reader in self.readers:
            if reader is not threading.current_thread():
                reader.join(1)


def start_app(
    name: str,
    folder: Path,
    *,
    environment: Mapping[str, str],
    origin: Path | None = None,
    limits: Limits | None = None,
) -> AppProcess:
    """Start `module:attribute`, imported from a folder; raise StartError if it does not start.

    `origin` is the folder that the app was copied from: nothing in there is written to.
    """
    limits = limits or Limits()
    order = {
        "name": name,
        "folder": os.path.realpath(folder),
        "origin": str(origin or folder),
        "search": search_path(),
        "environment": dict(environment),
        "memory": limits.memory,
        "cpu_seconds": limits.cpu_seconds,
    }
    app = AppProcess(order, limits)
    try:
        app.await_start()
    except BaseException:
        app.kill()
        raise
    return app
