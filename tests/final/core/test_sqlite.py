"""SQLite as a server needs it: writers queue, and the turn of one never gets lost."""

import asyncio
import gc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, event, func, insert, select
from sqlalchemy.exc import OperationalError, SAWarning
from sqlmodel import text
from sqlmodel.ext.asyncio.session import AsyncSession

from final.acceleration import sqlite_driver
from final.core.database import sqlite
from final.core.database.engine import Database
from final.core.errors import Unavailable
from tests.support.server import make_settings

THING = Table("thing", MetaData(), Column("id", Integer, primary_key=True))

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Open a database whose lock nobody waits for: to find it locked is an error at once."""
    database = Database(make_settings(f"sqlite:///{tmp_path / 'some.db'}"))
    event.listen(database.engine.sync_engine, "connect", be_impatient)
    async with database.engine.begin() as connection:
        await connection.run_sync(THING.create)
    yield database
    await database.dispose()


def be_impatient(connection: Any, _record: object) -> None:
    """Do not let SQLite wait for a lock."""
    connection.execute("PRAGMA busy_timeout=0")


async def write(session: AsyncSession, number: int) -> None:
    """Insert a row."""
    await session.exec(insert(THING).values(id=number))


async def write_alone(database: Database, number: int) -> None:
    """Insert a row in a transaction that takes its time."""
    async with database.transaction() as session:
        await write(session, number)
        await asyncio.sleep(0.001)


async def count(database: Database) -> int:
    """Count the rows."""
    async with database.session() as session:
        return await session.scalar(select(func.count()).select_from(THING)) or 0


async def test_writers_come_one_after_the_other(database: Database) -> None:
    await asyncio.gather(*(write_alone(database, number) for number in range(50)))
    assert await count(database) == 50


async def test_readers_wait_for_nobody(database: Database) -> None:
    async with database.transaction() as session:
        await write(session, 1)
        assert await count(database) == 0


async def test_readers_find_a_connection_beside_many_waiting_writers(database: Database) -> None:
    async with database.transaction() as session:
        await write(session, 0)
        writers = [asyncio.ensure_future(write_alone(database, number)) for number in range(1, 31)]
        await asyncio.sleep(0.1)
        assert await asyncio.wait_for(count(database), 5) == 0
    await asyncio.gather(*writers)
    assert await count(database) == 31


async def test_a_locking_read_is_a_writer(database: Database) -> None:
    query = select(func.max(THING.c.id)).with_for_update()

    async def write_next() -> None:
        async with database.transaction() as session:
            await write(session, (await session.scalar(query) or 0) + 1)

    await asyncio.gather(*(write_next() for _ in range(20)))
    assert await count(database) == 20


async def test_whoever_waits_too_long_is_told_to_come_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("final.core.database.sqlite.BUSY_SECONDS", 0.05)
    async with database.transaction() as session:
        await write(session, 1)
        with pytest.raises(Unavailable):
            await write_alone(database, 2)
    await write_alone(database, 3)
    assert await count(database) == 2


@pytest.mark.parametrize("end", ["commit", "rollback", "close", "invalidate"])
async def test_a_turn_ends_with_the_transaction(database: Database, end: str) -> None:
    async with database.session() as session:
        await write(session, 1)
        await getattr(session, end)()
        await asyncio.wait_for(write_alone(database, 2), 5)
    assert await count(database) == 1 + (end == "commit")


async def test_a_turn_ends_with_a_mistake(database: Database) -> None:
    await write_alone(database, 1)
    with pytest.raises(Exception, match="UNIQUE"):
        await write_alone(database, 1)
    await asyncio.wait_for(write_alone(database, 2), 5)


async def test_a_turn_ends_when_its_owner_is_forgotten(database: Database) -> None:
    async with database.engine.connect() as one, database.engine.connect() as other:
        for connection in one, other:  # the thread of the forgotten one takes a moment to close it
            await connection.execute(text("PRAGMA busy_timeout=5000"))
    session = database.session()
    await write(session, 1)
    del session
    with pytest.warns(SAWarning, match="garbage collector"):
        gc.collect()
    await asyncio.wait_for(write_alone(database, 2), 5)
    assert await count(database) == 1


@pytest.mark.parametrize("progress", range(12))
async def test_a_turn_ends_when_its_owner_is_cancelled(database: Database, progress: int) -> None:
    # Open connections first: one that is cancelled while it opens is left to the garbage collector.
    await asyncio.gather(*(write_alone(database, number) for number in (4, 5, 6)))
    tasks = [asyncio.ensure_future(write_alone(database, number)) for number in range(3)]
    await asyncio.sleep(progress * 0.0005)
    tasks[0].cancel()
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.wait_for(write_alone(database, 9), 5)
    async with database.engine.connect() as connection:
        await connection.execute(select(THING.c.id))
        driver: Any = (await connection.get_raw_connection()).driver_connection
        assert not driver.in_transaction  # reading began none


ENDLESS = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s {}) SELECT {} FROM s"
LONG = ENDLESS.format("LIMIT 1000000", "count(*)")


@pytest.mark.parametrize("connect", [None, sqlite_driver.connect], ids=["plain", "accelerated"])
async def test_an_endless_query_is_ended_and_a_long_write_is_not(
    tmp_path: Path, connect: sqlite.Connect | None
) -> None:
    engine = sqlite.create_engine(f"sqlite+aiosqlite:///{tmp_path / 'some.db'}", 1, 0.05, connect)
    async with engine.begin() as connection:
        await connection.run_sync(THING.create)
    for endless in (ENDLESS.format("", "count(*)"), f"SELECT * FROM ({ENDLESS})".format("", "n")):
        async with engine.connect() as connection:
            with pytest.raises(OperationalError, match="interrupted"):
                await connection.scalar(text(f"{endless} WHERE n < 0"))
    async with engine.begin() as connection:
        await connection.execute(text(f"INSERT INTO thing {LONG}"))
        assert await connection.scalar(text("SELECT id FROM thing")) == 1_000_000
    await engine.dispose()


async def test_the_time_of_a_query_begins_with_its_turn(tmp_path: Path) -> None:
    engine = sqlite.create_engine(f"sqlite+aiosqlite:///{tmp_path / 'some.db'}", 2, 0.5)
    numbers = text(f"({ENDLESS.format('LIMIT 30000', 'n')})")
    locking = select(func.count()).select_from(numbers).with_for_update()
    async with engine.begin() as first, engine.connect() as second:
        await first.run_sync(THING.create)
        await first.execute(insert(THING).values(id=1))
        waiting = asyncio.ensure_future(second.scalar(locking))
        await asyncio.sleep(0.6)
        await first.commit()
        await first.close()  # gives the turn back
        assert await waiting == 30_000
    await engine.dispose()
