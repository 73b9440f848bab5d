"""The app under test: a level, a learner's own app in this process, or a running server."""

import importlib
import os
import re
import shutil
import sys
import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from fastapi.testclient import TestClient
from httpx2 import Client
from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

ROOT = Path(__file__).parents[2]
LEVELS = sorted(f"{path.name}.main:app" for path in ROOT.glob("level[0-9]_*"))
FINAL = "final.main:app"
SECRET_KEY = "a key that is known to the tests only"

# An app and the tables that its modules declare.
Imported = tuple[Any, MetaData]

# The levels that have been imported.
LOADED: dict[str, Imported] = {}


class StartError(Exception):
    """The app under test cannot be used at all; the message says why."""


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

    def database_file(self, folder: Path) -> Path:
        """Return the SQLite file that the app was told to use."""
        pytest.skip("the tests cannot look into a server's database: use --app")


@dataclass(frozen=True)
class ImportedApp(Target):
    """An app that is imported from `module:attribute`, anew each time it starts."""

    name: str

    @contextmanager
    def running(self, folder: Path, *, again: bool = False) -> Iterator[Client]:
        """Import the app with settings for tests and run it, lifespan included."""
        file = self.database_file(folder)
        if not again:
            file.unlink(missing_ok=True)
        with settings(file):
            app, tables = self.load(again=again)
            with tables_in(tables), TestClient(app) as client:
                yield client

    def load(self, *, again: bool) -> Imported:
        """Return the app as it is before anybody has used it."""
        return import_afresh(self.name)

    def database_file(self, folder: Path) -> Path:
        """Return the SQLite file that DATABASE_URL names."""
        return folder / "test.db"


@dataclass(frozen=True)
class Level(ImportedApp):
    """A level of this repository: it closes its database when it stops, so one import will do."""

    def load(self, *, again: bool) -> Imported:
        """Return the app, imported anew only where that makes a difference."""
        keeps_data_in_memory = self.name == LEVELS[0]
        if again or keeps_data_in_memory or self.name not in LOADED:
            LOADED[self.name] = import_afresh(self.name)
        return LOADED[self.name]


@dataclass(frozen=True)
class Final(ImportedApp):
    """The app that the levels lead to: built from settings, its database copied ready-made."""

    @contextmanager
    def running(self, folder: Path, *, again: bool = False) -> Iterator[Client]:
        """Run the app; building it takes longer than most tests, so this happens once."""
        file = self.database_file(folder)
        if not again:
            for rest in folder.glob(f"{file.name}-*"):
                rest.unlink()
            shutil.copy(migrated_database(folder), file)
        with TestClient(build_final(file)) as client:
            yield client

    def database_file(self, folder: Path) -> Path:
        """Return the SQLite file that the settings name."""
        return folder / "final.db"


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


@contextmanager
def settings(database: Path) -> Iterator[None]:
    """Set the environment variables that an app reads: its database, its key, quick hashes."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{database}")
        environment.setenv("JWT_SECRET_KEY", SECRET_KEY)
        environment.setenv("BCRYPT_ROUNDS", "4")
        environment.setenv("WRITE_RATE_LIMIT", "0")
        yield


@contextmanager
def tables_in(metadata: MetaData) -> Iterator[None]:
    """Let SQLModel know the tables of one app only: every level has a table named `link`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLModel, "metadata", metadata)
        patch.setattr(SQLModel, "_sa_registry", registry(metadata=metadata))
        yield


def import_afresh(name: str) -> Imported:
    """Import `module:attribute` as if for the first time: with empty lists and a new engine."""
    module_name, _, attribute = name.partition(":")
    forget_modules(module_name.partition(".")[0])
    tables = MetaData()
    try:
        with tables_in(tables):
            module = importlib.import_module(module_name)
        return getattr(module, attribute or "app"), tables
    except Exception as error:
        raise StartError(f"{name} cannot be imported.\n{describe(error)}") from error


@cache
def build_final(database: Path) -> Any:
    """Build the app of `final` on a database."""
    from final.main import create_app  # the suites of the levels do without, if they run alone
    from tests.support.server import make_settings

    return create_app(make_settings(f"sqlite:///{database}", jwt_secret_key=SECRET_KEY))


@cache
def migrated_database(folder: Path) -> Path:
    """Make a database with all tables and no rows."""
    from final.core.database.migrations import migrate
    from tests.support.server import make_settings

    file = folder / "migrated.db"
    anyio.run(migrate, make_settings(f"sqlite:///{file}"))
    return file


def forget_modules(package: str) -> None:
    """Drop the modules that were imported from the folder of `package`, but not the tests."""
    module = sys.modules.get(package)
    if module is None or module.__file__ is None:
        return
    folder = Path(module.__file__).parent
    for name, other in list(sys.modules.items()):
        file = getattr(other, "__file__", None)
        if file and Path(file).is_relative_to(folder) and is_users(file):
            del sys.modules[name]


def is_users(file: str) -> bool:
    """Tell the code under test from these tests and from installed packages."""
    return "site-packages" not in file and not Path(file).is_relative_to(Path(__file__).parents[1])


def describe(error: BaseException) -> str:
    """Say what went wrong and where, leaving out every frame that is not of the code under test."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if is_users(f.filename)]
    places = [
        f"  {os.path.relpath(f.filename)}, line {f.lineno}: {f.line}"
        for f in frames
        if not f.filename.startswith(("<frozen", sys.base_prefix))
    ]
    return "\n".join([f"{type(error).__name__}: {error}", *places])


def read_database(file: Path) -> bytes:
    """Return all that SQLite has written: the database and perhaps a log beside it."""
    return b"".join(part.read_bytes() for part in sorted(file.parent.glob(f"{file.name}*")))


def check_app(name: str) -> None:
    """Raise StartError unless the app can be imported and is one."""
    if not re.fullmatch(r"[\w.]+:\w+", name):
        raise StartError(f"Write {name} as module:app, for example my_linkhub.main:app")
    with settings(Path("unused.db")):
        app, _ = import_afresh(name)
    if not callable(app):
        raise StartError(f"{name} is no app: it is of type {type(app).__name__}")


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
