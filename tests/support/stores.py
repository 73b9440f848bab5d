"""Where an app under test keeps what it knows: the combinations, and how to empty each."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

import asyncpg
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from redis import Redis
from sqlmodel import SQLModel

# One machine, and many: what the two have in common hides no fault of the other two.
DIAGONAL = ["sqlite", "postgresql+valkey"]
ALL = ["sqlite", "sqlite+valkey", "postgresql", "postgresql+valkey"]
# The same with several server processes, for tests that are marked with `workers`.
WORKERS = ["sqlite+workers", "postgresql+valkey+workers"]

# The servers of these tests let everybody in; the password is there to be looked for in the logs.
DATABASE_PASSWORD = "not-to-be-logged"


# Those of the app, of its indexes for texts, and what SQLite counts with.
TABLES = """
    SELECT name FROM pragma_table_list
    WHERE schema = 'main' AND type IN ('table', 'virtual')
    AND name NOT IN ('alembic_version', 'sqlite_schema')
"""


def choose_stores(metafunc: pytest.Metafunc) -> list[str]:
    """Return what a test runs on: what the command line says, or what the test is marked with."""
    chosen = metafunc.config.getoption("--stores")
    stores = ALL if chosen == "all" else DIAGONAL
    if metafunc.definition.get_closest_marker("workers"):
        stores = stores + WORKERS
    only = metafunc.definition.get_closest_marker("stores")
    stores = [name for name in stores if only is None or name in only.args]
    if chosen == "one" and stores:
        return [stores[crc32(metafunc.definition.nodeid.encode()) % len(stores)]]
    return stores


def delete_all() -> str:
    """Return SQL that empties every table: those that refer to others come first."""
    tables = reversed(SQLModel.metadata.sorted_tables)
    return "; ".join(f'DELETE FROM "{table.name}"' for table in tables)


def url_of(valkey: Redis, number: int) -> str:
    """Return the URL of one of the numbered databases of a Valkey server."""
    return f"redis://127.0.0.1:{valkey.get_connection_kwargs()['port']}/{number}"


class Sqlite:
    """A file of SQLite, and a connection for whatever is done behind the app's back."""

    def __init__(self, template: Path) -> None:
        """Make a file of the same contents beside another."""
        path = shutil.copy(template, template.with_name("copy.db"))
        self.url = f"sqlite:///{path}"
        self.connection = sqlite3.connect(path, isolation_level=None)
        names = [name for (name,) in self.connection.execute(TABLES)]
        delete = "; ".join(f'DELETE FROM "{name}"' for name in names)
        self.delete_all = f"BEGIN; {delete}; COMMIT"

    def empty(self) -> None:
        """Delete all rows and count from 1 again, under whoever has the file open."""
        self.connection.executescript(self.delete_all)

    def close(self) -> None:
        """Let go of it."""
        self.connection.close()


class Postgres:
    """A PostgreSQL server, and a connection for whatever is done behind the app's back."""

    def __init__(self, url: str, portal: BlockingPortal) -> None:
        """Connect to nothing yet."""
        self.url = url.replace("postgres:@", f"postgres:{DATABASE_PASSWORD}@")
        self.portal = portal
        self.connection: asyncpg.Connection | None = None

    def execute(self, *statements: str) -> None:
        """Run statements, each on its own."""
        for statement in statements:
            self.portal.call(self._execute, statement)

    def empty(self) -> None:
        """Delete all rows and count from 1 again; to truncate takes fifty times as long."""
        restart = "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"
        self.execute(f"{delete_all()}; {restart}")

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """Yield the URL of another database that has no table."""
        self.execute(f"CREATE DATABASE {name}")
        yield self.url.replace("/postgres?", f"/{name}?")
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def _execute(self, statement: str) -> None:
        if self.connection is None or self.connection.is_closed():
            self.connection = await asyncpg.connect(self.url)
        await self.connection.execute(statement)

    async def _close(self) -> None:
        if self.connection is not None:
            await self.connection.close()


@contextmanager
def connected(url: str) -> Iterator[Postgres]:
    """Lend the server at an address."""
    with start_blocking_portal() as portal:
        server = Postgres(url, portal)
        yield server
        portal.call(server._close)
