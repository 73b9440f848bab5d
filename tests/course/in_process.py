"""The apps of this repository, run in the process of the tests: quicker, and they are trusted."""

import importlib
import shutil
import sys
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import pytest
from httpx2 import Client
from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from tests.course.quick_client import QuickClient
from tests.course.target import LEVELS, SECRET_KEY, Target, settings

# An app and the tables that its modules declare.
Imported = tuple[Any, MetaData]

# The levels that have been imported, each with the database that its engine is for.
LOADED: dict[str, tuple[Path, Imported]] = {}


# The app that tests share, with its client, and what there is to do at its end.
SHARED: dict[Target, Client] = {}
ENDS = ExitStack()


class Trusted(Target):
    """An app of this repository, which tests may share as long as none needs it for itself."""

    @contextmanager
    def running(self, folder: Path, *, again: bool = False) -> Iterator[Client]:
        """Start the app for one test alone."""
        self.end_lending()
        with self.run(folder, again=again) as client:
            yield client

    @contextmanager
    def lent(self, folder: Path) -> Iterator[Client]:
        """Yield a client for the app that the tests share; start it where there is none."""
        if self not in SHARED:
            self.end_lending()
            SHARED[self] = ENDS.enter_context(self.run(folder))
        yield SHARED[self]

    def end_lending(self) -> None:
        """Stop the app that the tests share."""
        SHARED.clear()
        ENDS.close()

    @abstractmethod
    def run(self, folder: Path, *, again: bool = False) -> AbstractContextManager[Client]:
        """Start the app."""


@dataclass(frozen=True)
class Level(Trusted):
    """A level of this repository: it closes its database when it stops, so one import will do."""

    name: str

    @contextmanager
    def run(self, folder: Path, *, again: bool = False) -> Iterator[Client]:
        """Import the app with settings for tests and run it, lifespan included."""
        file = self.database_file(folder)
        if not again:
            file.unlink(missing_ok=True)
        with pytest.MonkeyPatch.context() as environment:
            for key, value in settings(file).items():
                environment.setenv(key, value)
            app, tables = self.load(file, again=again)
            with tables_in(tables), QuickClient(app) as client:
                yield client

    def load(self, file: Path, *, again: bool) -> Imported:
        """Return the app, imported anew only where that makes a difference."""
        keeps_data_in_memory = self.name == LEVELS[0]
        loaded_for, loaded = LOADED.get(self.name, (None, None))
        if again or keeps_data_in_memory or loaded is None or loaded_for != file:
            loaded = import_afresh(self.name)
            LOADED[self.name] = file, loaded
        return loaded

    def database_file(self, folder: Path) -> Path:
        """Return the SQLite file that DATABASE_URL names."""
        return folder / "test.db"


@dataclass(frozen=True)
class Final(Trusted):
    """The app that the levels lead to: built from settings, its database copied ready-made."""

    name: str

    @contextmanager
    def run(self, folder: Path, *, again: bool = False) -> Iterator[Client]:
        """Run the app; building it takes longer than most tests, so this happens once."""
        file = self.database_file(folder)
        if not again:
            for rest in folder.glob(f"{file.name}-*"):
                rest.unlink()
            shutil.copy(migrated_database(folder), file)
        with QuickClient(build_final(file)) as client:
            yield client

    def database_file(self, folder: Path) -> Path:
        """Return the SQLite file that the settings name."""
        return folder / "final.db"


@contextmanager
def tables_in(metadata: MetaData) -> Iterator[None]:
    """Let SQLModel know the tables of one app only: every level has a table named `link`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLModel, "metadata", metadata)
        patch.setattr(SQLModel, "_sa_registry", registry(metadata=metadata))
        yield


def import_afresh(name: str, package: str | None = None) -> Imported:
    """Import `module:attribute` as if for the first time: with empty lists and a new engine."""
    module_name, _, attribute = name.partition(":")
    package = package or module_name.partition(".")[0]
    LOADED.pop(name, None)  # no longer what its modules are found under
    for module in [module for module in sys.modules if f"{module}.".startswith(f"{package}.")]:
        del sys.modules[module]
    tables = MetaData()
    with tables_in(tables):
        return getattr(importlib.import_module(module_name), attribute), tables


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
