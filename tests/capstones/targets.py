"""What the suite of a capstone runs on: its reference solution, `final`, or a learner's own app."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Client

from tests.course.sandbox import ROOT
from tests.course.target import FINAL, IsolatedApp, Target, settings

ORIGIN = "http://localhost:3000"

# What the pages of the capstones tell a learner to put into the environment.
ENVIRONMENT = {
    "ADMIN_USERNAME": "root",
    "ADMIN_EMAIL": "root@example.com",
    "ADMIN_PASSWORD": "keeper of all keys",
    "BASE_URL": "http://sho.rt",
    "CORS_ORIGINS": f"{ORIGIN},http://localhost:5173",
}

# The apps of this repository that have been made, by name and settings: making one takes a while.
MADE: dict[tuple[str, ...], Any] = {}


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Let the apps of this process find these settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        yield


class OwnApp(Target):
    """An app of this repository: trusted, so that it runs in the process of the tests."""

    # Settings that a test starts the app with, beside those that its page asks for.
    more_settings: Mapping[str, str] = {}

    def settings(self, folder: Path) -> dict[str, str]:
        """Return all that the app reads from its environment."""
        own = settings(self.database_file(folder)) | {"MEDIA_DIR": str(folder / "media")}
        return own | ENVIRONMENT | dict(self.more_settings)

    def made(self, folder: Path, make: Callable[[], Any]) -> Any:
        """Return the app for the settings that it has now."""
        key = (self.name, *self.settings(folder).values())
        if key not in MADE:
            MADE[key] = make()
        return MADE[key]

    def database_file(self, folder: Path) -> Path:
        """Return the SQLite file that the settings name."""
        return folder / "capstone.db"

    def clear(self, folder: Path) -> None:
        """Remove the database, and the log beside it that a next one would be taken to have."""
        for file in folder.glob(f"{self.database_file(folder).name}*"):
            file.unlink()


@dataclass(frozen=True)
class Solution(OwnApp):
    """A reference solution: it closes its database when it stops, so one import will do."""

    name: str

    @property
    def label(self) -> str:
        """A short name, for the list of tests."""
        return "solution"

    @contextmanager
    def running(self, folder: Path, *, again: bool = False) -> Iterator[Client]:
        """Run the app, lifespan included."""
        from tests.course.in_process import tables_in

        if not again:
            self.clear(folder)
        with environment(self.settings(folder)):
            app, tables = self.made(folder, self.import_it)
            with tables_in(tables), TestClient(app) as client:
                yield client

    def import_it(self) -> Any:
        """Import the app as if for the first time."""
        from tests.course.in_process import import_afresh

        for key in [key for key in MADE if key[0] == self.name]:
            del MADE[key]  # its migrations would find the modules, and so the database, of this one
        package = self.name.rpartition(".")[0]
        return import_afresh(self.name, package)


@dataclass(frozen=True)
class Final(OwnApp):
    """The app that the levels lead to, on a copy of a database that has an administrator."""

    name: str = FINAL

    @contextmanager
    def running(self, folder: Path, *, again: bool = False) -> Iterator[Client]:
        """Run the app."""
        if not again:
            self.clear(folder)
            shutil.copy(database_with_admin(folder.parent), self.database_file(folder))
        with environment(self.settings(folder)):
            app = self.made(folder, build_final)
        with TestClient(app) as client:
            yield client


def build_final() -> FastAPI:
    """Build the app of `final` with the settings of the environment."""
    from final.core.config import Settings
    from final.main import create_app

    return create_app(Settings.model_validate({}))


@cache
def database_with_admin(folder: Path) -> Path:
    """Make a database whose only account is the administrator, as its operator would."""
    file = folder / "with-admin.db"
    more = {"DATABASE_URL": f"sqlite:///{file}", "BCRYPT_ROUNDS": "4"}
    command = [sys.executable, "-m", "final.cli", "create-admin"]
    values = os.environ | ENVIRONMENT | more
    subprocess.run(command, cwd=ROOT, env=values, check=True, capture_output=True)
    return file


def find_targets(own: Target | None, product: str) -> list[Target]:
    """Return what the suite of a product runs on: the solution and `final`, or one's own app."""
    if own:
        return [own]
    return [Solution(f"tests.capstones.{product}.solution.main:app"), Final()]


@contextmanager
def with_settings(target: Target, more: Mapping[str, str]) -> Iterator[None]:
    """Let an app that is started now find more settings."""
    holder = target if isinstance(target, IsolatedApp) else type(target)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holder, "more_settings", ENVIRONMENT | dict(more), raising=False)
        yield
