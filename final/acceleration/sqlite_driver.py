"""SQLite without the way to a thread and back, wherever that is longer than the work itself.

aiosqlite sends every call to the connection's thread, and SQLAlchemy makes four of them for one
SELECT, then two more to end a transaction that never began. One trip costs several times what
SQLite takes for a page of ten rows. Here

- a SELECT is tried on the spot: readers wait for nobody. One that is not done within a blink is
  given up and sent to the thread, so that it keeps nobody waiting either,
- any other statement makes one trip, takes the BEGIN before it and brings its rows along,
- a transaction that has not begun is not ended.

It uses private attributes of aiosqlite, whose version is pinned; README.md says what that buys.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import aiosqlite

from final.core.database.sqlite import BEGIN

# How long the event loop may stand still for a query, looked at every so many steps of SQLite.
BLINK_SECONDS = 0.002
STEPS = 5000
# Rows that come along with their statement; a longer result is fetched on, as it is read.
FETCHED_AT_ONCE = 1000


class Cursor(aiosqlite.Cursor):
    """A cursor that has the first rows as soon as its statement has run."""

    def __init__(self, connection: "Connection") -> None:
        """Go nowhere before there is a statement."""
        self._conn: Connection = connection
        self.rows: list[Any] = []
        self.is_over = True

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> "Cursor":
        """Run a statement, on the spot if it is a quick query."""
        parameters = parameters or ()
        is_read = sql.startswith("SELECT") and not self._conn.begins
        if not (is_read and self._conn.is_idle and self._try(sql, parameters)):
            await self._send("execute", sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> "Cursor":
        """Run a statement for each row of parameters."""
        await self._send("executemany", sql, parameters)
        return self

    def _try(self, sql: str, parameters: Iterable[Any]) -> bool:
        """Run a query here and now; tell whether it was quick enough."""
        connection, until = self._conn._conn, time.perf_counter() + BLINK_SECONDS
        connection.set_progress_handler(lambda: time.perf_counter() > until, STEPS)
        try:
            self._run("execute", sql, parameters)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            return False
        finally:
            connection.set_progress_handler(*self._conn.watching)
        return True

    async def _send(self, how: str, sql: str, parameters: Iterable[Any]) -> None:
        # Decided here: a caller who is cancelled may roll back before the thread gets that far.
        run = self._begin_and_run if self._conn.begins else self._run
        self._conn.begins = False
        await self._conn._execute(run, how, sql, parameters)

    def _begin_and_run(self, how: str, sql: str, parameters: Iterable[Any]) -> None:
        self._conn._conn.execute(BEGIN)
        self._run(how, sql, parameters)

    def _run(self, how: str, sql: str, parameters: Iterable[Any]) -> None:
        self._cursor = getattr(self._conn._conn, how)(sql, parameters)
        self.rows = self._cursor.fetchmany(FETCHED_AT_ONCE)
        self.is_over = len(self.rows) < FETCHED_AT_ONCE

    async def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        rows, self.rows = self.rows, []
        if not self.is_over:
            rows += await super().fetchall()
            self.is_over = True
        return rows

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return some of the rows that are left."""
        size = size or self.arraysize
        if not self.rows and not self.is_over:
            self.rows = list(await super().fetchmany(max(size, FETCHED_AT_ONCE)))
            self.is_over = not self.rows
        rows, self.rows = self.rows[:size], self.rows[size:]
        return rows

    async def fetchone(self) -> Any:
        """Return the next row, or nothing."""
        return next(iter(await self.fetchmany(1)), None)

    async def close(self) -> None:
        """End a statement that was not read to its end."""
        if not self.is_over:
            await super().close()
            self.is_over = True


class Connection(aiosqlite.Connection):
    """A connection that ends only transactions that have begun."""

    is_idle = True
    # Whether a transaction is to begin together with the next statement.
    begins = False
    # What SQLite calls now and then, and after how many steps.
    watching: tuple[Callable[[], int | None] | None, int] = (None, 0)

    async def set_progress_handler(self, handler: Callable[[], int | None], n: int) -> None:
        """Have SQLite call something now and then, except during what is tried on the spot."""
        self.watching = handler, n
        await super().set_progress_handler(handler, n)

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        # Stays false when the caller is cancelled: what is under way may yet begin something.
        self.is_idle = False
        result = await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        self.is_idle = True
        return result

    def cursor(self) -> Any:
        """Return a cursor."""
        return Cursor(self)

    async def execute(  # type: ignore[override]  # for those who await it
        self, sql: str, parameters: Iterable[Any] | None = None
    ) -> Any:
        """Run a statement; a transaction begins together with the statement after."""
        if sql == BEGIN:
            self.begins = True
            return None
        return await Cursor(self).execute(sql, parameters)

    async def commit(self) -> None:
        """Commit what has begun."""
        if self.in_transaction or not self.is_idle:
            await super().commit()

    async def rollback(self) -> None:
        """Roll back what has begun."""
        self.begins = False
        if self.in_transaction or not self.is_idle:
            await super().rollback()


def connect(path: str, **options: Any) -> Connection:
    """Describe a connection, as `aiosqlite.connect` does; it is there once it is awaited."""
    options["check_same_thread"] = False
    connection = Connection(partial(sqlite3.connect, path, **options), FETCHED_AT_ONCE)
    connection._thread.daemon = True  # as SQLAlchemy would have it
    return connection
