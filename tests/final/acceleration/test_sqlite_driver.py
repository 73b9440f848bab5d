"""SQLite without the way to a thread and back: nothing is lost by it."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import text

from final.acceleration.sqlite_driver import FETCHED_AT_ONCE, connect
from final.core.database.engine import Database
from tests.support.server import make_settings

NUMBERS = (
    "(WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT {}) SELECT x FROM n)"
)
MANY = 2 * FETCHED_AT_ONCE + 1

pytestmark = pytest.mark.anyio


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[AsyncConnection]:
    """Open a connection to a database with a table of one row."""
    database = Database(make_settings(f"sqlite:///{tmp_path / 'some.db'}"), connect)
    async with database.engine.connect() as connection:
        await connection.execute(text("CREATE TABLE thing (id INTEGER PRIMARY KEY)"))
        yield connection
    await database.dispose()


def select_numbers(count: int, what: str = "x") -> str:
    """Write a query that makes so many rows."""
    return f"SELECT {what} FROM {NUMBERS.format(count)}"


async def note_thread(connection: AsyncConnection) -> list[int]:
    """Return a list that fills with the threads in which `here()` is called."""
    seen: list[int] = []
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.create_function("here", 1, lambda _: seen.append(threading.get_ident()))
    return seen


async def test_a_quick_query_runs_on_the_spot(connection: AsyncConnection) -> None:
    seen = await note_thread(connection)
    await connection.execute(text(select_numbers(3, "here(x)")))
    assert set(seen) == {threading.get_ident()}


async def test_a_slow_one_is_given_up_and_runs_elsewhere(connection: AsyncConnection) -> None:
    seen = await note_thread(connection)
    await connection.execute(text(select_numbers(100_000, "count(here(x))")))
    assert len(seen) > 100_000
    assert threading.get_ident() not in seen[-100_000:]


async def test_others_go_on_meanwhile(connection: AsyncConnection) -> None:
    query = asyncio.ensure_future(connection.execute(text(select_numbers(1_000_000, "count(*)"))))
    turns = 0
    while not query.done():
        turns += 1
        await asyncio.sleep(0)
    assert (await query).scalar() == 1_000_000
    assert turns > 2


@pytest.mark.parametrize("count", [0, 1, FETCHED_AT_ONCE - 1, FETCHED_AT_ONCE, MANY])
async def test_every_row_arrives(connection: AsyncConnection, count: int) -> None:
    found = await connection.execute(text(select_numbers(count)))
    assert found.scalars().all() == list(range(1, count + 1))


async def test_every_row_arrives_in_a_stream(connection: AsyncConnection) -> None:
    found = await connection.stream(text(select_numbers(MANY)))
    assert [row async for row in found.scalars()] == list(range(1, MANY + 1))


async def test_a_stream_may_be_left_early(connection: AsyncConnection) -> None:
    found = await connection.stream(text(select_numbers(MANY)))
    first = await found.fetchone()
    await found.close()
    assert first == (1,)
    await connection.execute(text("DROP TABLE thing"))


async def test_a_mistake_is_an_error(connection: AsyncConnection) -> None:
    with pytest.raises(Exception, match="no such table"):
        await connection.execute(text("SELECT * FROM missing"))


async def test_a_query_sees_what_its_own_transaction_wrote(connection: AsyncConnection) -> None:
    await connection.execute(text("BEGIN"))
    await connection.execute(text("INSERT INTO thing VALUES (7)"))
    assert (await connection.execute(text("SELECT id FROM thing"))).scalar() == 7
    await connection.rollback()
    assert (await connection.execute(text("SELECT id FROM thing"))).scalar() is None


async def test_whoever_is_cancelled_leaves_no_transaction_open(tmp_path: Path) -> None:
    connection: Any = await connect(str(tmp_path / "some.db"), isolation_level=None)
    busy = asyncio.ensure_future(connection._execute(time.sleep, 0.05))
    begin = asyncio.ensure_future(connection.cursor().execute("BEGIN IMMEDIATE"))
    await asyncio.sleep(0)
    begin.cancel()
    await connection.rollback()
    assert (begin.cancelled(), busy.done(), connection.in_transaction) == (True, True, False)
    await connection.close()


async def test_what_is_rolled_back_before_it_runs_is_not_kept(tmp_path: Path) -> None:
    connection: Any = await connect(str(tmp_path / "some.db"), isolation_level=None)
    await connection.cursor().execute("CREATE TABLE thing (id INTEGER PRIMARY KEY)")
    busy = asyncio.ensure_future(connection._execute(time.sleep, 0.05))
    connection.begins = True
    insert = asyncio.ensure_future(connection.cursor().execute("INSERT INTO thing VALUES (7)"))
    await asyncio.sleep(0)
    insert.cancel()
    await connection.rollback()
    found = await connection.cursor().execute("SELECT id FROM thing")
    assert (insert.cancelled(), busy.done(), await found.fetchall()) == (True, True, [])
    await connection.close()
