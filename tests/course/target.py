"""The app under test: a learner's own app in a process of its own, or a running server.

The apps of this repository are targets, too: see `in_process`.
"""

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from httpx2 import Client

from tests.course.failures import StartError
from tests.course.isolation import AppProcess, Limits, start_app
from tests.course.levels import LEVELS as FOLDERS
from tests.course.levels import app_of
from tests.course.processes import plain_environment, prepare
from tests.course.sandbox import copy_source, find_source
from tests.course.transport import client_for

LEVELS = [app_of(level) for level in FOLDERS]
FINAL = "final.main:app"
# Where an app may change no file but its own: its original folder; a grader names the root.
FENCE = "COURSE_FENCE"
SECRET_KEY = "a key that is known to the tests only"


class Target(ABC):
    """An app that the suites can talk to."""

    name: str

    @property
    def label(self) -> str:
        """A short name, for the list of tests."""
        return self.name.partition(".")[0]

    @abstractmethod
    def running(self, folder: Path, *, again: bool = False) -> AbstractContextManager[Client]:
        """Start the app, with what it stores in `folder`, and yield a client for it.

        It starts without any data, unless it is started `again`.
        """

    def check(self, folder: Path) -> None:  # noqa: B027 - most targets need no such check
        """Raise StartError unless the app can be started."""

    def lent(self, folder: Path) -> AbstractContextManager[Client]:
        """Yield a client for the app, whose data may be those of other tests."""
        return self.running(folder)

    def end_lending(self) -> None:  # noqa: B027 - an app of its own process may go on
        """Take note that a file of tests is over, and others may need what the app has taken."""

    def spoil(self) -> None:  # noqa: B027 - most targets start anew for each test
        """Take note that a test may have left the app in disorder."""

    def database_file(self, folder: Path) -> Path:
        """Return the SQLite file that the app was told to use."""
        pytest.skip("the tests cannot look into a server's database: use --app")


class IsolatedApp(Target):
    """An app that runs in a process of its own, from a copy of its code.

    The tests share one process as long as nothing goes wrong in it.
    """

    def __init__(self, name: str, limits: Limits | None = None) -> None:
        self.name = name
        self.limits = limits or Limits()
        # Settings for the app beside those that every app is given.
        self.more_settings: Mapping[str, str] = {}
        self.shared: AppProcess | None = None
        self.client: Client | None = None
        self.spoilt = False
        # The requests that have hung, each with what there is to say about it.
        self.hung: dict[str, Exception] = {}
        source = find_source(name)
        if source is None:
            module = name.partition(":")[0]
            raise StartError(f"{name} cannot be imported.\nNo module named {module!r}")
        self.source = source
        prepare()

    @contextmanager
    def running(self, folder: Path, *, again: bool = False) -> Iterator[Client]:
        """Start the app in a process that ends like a server's."""
        self.close()
        with self.start(folder, again=again) as app, client_for(app, self.hung) as client:
            yield client

    def start(self, folder: Path, *, again: bool = False) -> AppProcess:
        """Start the app; afresh, unless it is started again."""
        code, file = folder / "app", self.database_file(folder)
        if not again:
            copy_source(self.source, code)
            for rest in folder.glob(f"{file.name}*"):
                rest.unlink()
        return start_app(
            self.name,
            code,
            environment=plain_environment() | settings(file) | dict(self.more_settings),
            origin=Path(os.environ.get(FENCE, self.source.root)),
            limits=self.limits,
        )

    @contextmanager
    def lent(self, folder: Path) -> Iterator[Client]:
        """Yield a client for the app that the tests share; start it where there is none."""
        if self.client is None:
            self.shared = self.start(folder)
            self.client = client_for(self.shared, self.hung)
        yield self.client
        if self.spoilt or self.shared is None or not self.shared.is_well:
            self.close()

    def check(self, folder: Path) -> None:
        """Raise StartError unless the app can be started."""
        self.start(folder).kill()

    def spoil(self) -> None:
        """Take note that a test may have left the app in disorder."""
        self.spoilt = True

    def close(self) -> None:
        """End the process that the tests share."""
        if self.client and self.shared:
            self.client.close()
            self.shared.kill()
        self.client = self.shared = None
        self.spoilt = False

    def database_file(self, folder: Path) -> Path:
        """Return the SQLite file that DATABASE_URL names."""
        return folder / "test.db"


@dataclass(frozen=True)
class RunningServer(Target):
    """A server that somebody has started; its data and its settings are its own."""

    name: str

    @property
    def label(self) -> str:
        """A short name, for the list of tests."""
        return "server"

    @contextmanager
    def running(self, folder: Path, *, again: bool = False) -> Iterator[Client]:
        """Connect to the server."""
        if again:
            pytest.skip("the tests cannot restart a server: use --app")
        with Client(base_url=self.name, timeout=30) as client:
            yield client


def settings(database: Path) -> dict[str, str]:
    """Return the environment variables that an app reads: its database, its key, quick hashes."""
    return {
        "DATABASE_URL": f"sqlite+aiosqlite:///{database}",
        "JWT_SECRET_KEY": SECRET_KEY,
        "BCRYPT_ROUNDS": "4",
        "WRITE_RATE_LIMIT": "0",
    }


def read_database(file: Path) -> bytes:
    """Return all that SQLite has written: the database and perhaps a log beside it."""
    return b"".join(part.read_bytes() for part in sorted(file.parent.glob(f"{file.name}*")))


def check_name(name: str) -> None:
    """Raise StartError unless it is the name of an app."""
    if not re.fullmatch(r"[\w.]+:[\w.]+", name):
        raise StartError(f"Write {name} as module:app, for example my_linkhub.main:app")


def check_server(url: str) -> None:
    """Raise StartError unless something answers at the address."""
    if not url.startswith(("http://", "https://")):
        raise StartError(f"Write {url} with http:// in front")
    try:
        httpx2.get(url)
    except httpx2.HTTPError as error:
        raise StartError(
            f"No server answers at {url} ({error}).\n"
            "Start yours first, for example: uvicorn my_linkhub.main:app"
        ) from error
