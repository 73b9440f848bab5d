"""SQLite as a server needs it: readers beside a writer, and writers one after the other."""

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any, TypeAlias

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_

from final.core.errors import Unavailable
from final.core.observability.saturation import MeteredPool

Connect: TypeAlias = Callable[..., Any]

# How long a writer waits for the others.
BUSY_SECONDS = 30
BEGIN = "BEGIN IMMEDIATE"
HAS_TURN = "has turn"
UNTIL = "until"
# How often a query is asked whether its time is over: every so many steps of SQLite, some ms.
STEPS = 100_000
# How many times as many connections as elsewhere; they cost nothing before they are needed.
SPARE = 4


def create_engine(
    url: str, pool_size: int, query_seconds: float, connect: Connect | None = None
) -> AsyncEngine:
    """Build an engine with connections to spare: a writer holds one while it waits for its turn.

    `connect` makes connections, if it is not to be aiosqlite itself.
    """
    pool = {"poolclass": MeteredPool, "pool_size": SPARE * pool_size, "max_overflow": 0}
    options = {"timeout": BUSY_SECONDS} | ({"async_creator_fn": connect} if connect else {})
    engine = create_async_engine(url, connect_args=options, **pool)
    event.listen(engine.sync_engine, "connect", prepare)
    WriteQueue().listen(engine.sync_engine)
    QueryLimit(query_seconds).listen(engine.sync_engine)  # a query's time begins at its turn
    return engine


def prepare(connection: Any, _record: object) -> None:
    """Switch on what SQLite leaves off, and Unicode case folding in `lower()`."""
    # No implicit transactions: `begin_before_write` decides when one starts.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
    connection.create_function("lower", 1, lower, deterministic=True)


def lower(value: object) -> object:
    """Fold case as PostgreSQL does, beyond ASCII."""
    return value.lower() if isinstance(value, str) else value


class QueryLimit:
    """The longest that a query may take, as PostgreSQL's `statement_timeout`; then it is a 503."""

    def __init__(self, seconds: float) -> None:
        """Take the limit."""
        self.seconds = seconds

    def listen(self, engine: Engine) -> None:
        """Hear of the connections and queries of an engine."""
        event.listen(engine, "connect", self.watch)
        event.listen(engine, "before_cursor_execute", self.begin)
        event.listen(engine, "after_cursor_execute", self.end)

    def watch(self, connection: Any, record: Any) -> None:
        """Have SQLite ask now and then whether the query of this connection is out of time."""
        info = record.info
        await_(connection.driver_connection.set_progress_handler(lambda: is_late(info), STEPS))

    def begin(self, connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        """Note when a query has to be over; what writes may take its time."""
        is_query = statement.startswith(("SELECT", "WITH"))
        connection.info[UNTIL] = time.monotonic() + self.seconds if is_query else math.inf

    def end(self, connection: Connection, *_: object) -> None:
        """Let rows that are read later take their time."""
        connection.info[UNTIL] = math.inf


def is_late(info: Any) -> bool:
    """Tell whether the query of a connection is out of time."""
    until: float = info.get(UNTIL, math.inf)
    return time.monotonic() > until


class WriteQueue:
    """The writers of this process, in the order in which they came.

    SQLite lets whoever finds it locked sleep and try again, ever less often: of many at once some
    are forgotten for seconds while the lock is free. Here the next one is told. Among processes
    SQLite's own lock decides.
    """

    def __init__(self) -> None:
        """Let the first one through."""
        self.turn = asyncio.Lock()

    def listen(self, engine: Engine) -> None:
        """Hear of the statements of an engine, and of connections that come back."""
        event.listen(engine, "before_cursor_execute", self.begin_before_write)
        event.listen(engine, "checkin", self.leave)
        event.listen(engine, "detach", self.leave)  # found by the garbage collector

    def begin_before_write(
        self,
        connection: Connection,
        _cursor: object,
        _statement: str,
        _parameters: object,
        context: ExecutionContext | None,
        _many: bool,
    ) -> None:
        """Begin a transaction with its first write or locking read, when it is this one's turn.

        Reads before it see the newest committed rows, statement by statement, as under
        PostgreSQL's READ COMMITTED. A deferred transaction would instead fail with "database is
        locked" when somebody else wrote between its first read and its first write.
        """
        driver: Any = connection.connection.driver_connection
        if writes(context) and not driver.in_transaction:
            record: Any = connection.connection.record_info
            if not record.get(HAS_TURN):
                await_(self.enter())
                record[HAS_TURN] = True
            await_(driver.execute(BEGIN))

    async def enter(self) -> None:
        """Wait for one's turn, but not for ever."""
        try:
            async with asyncio.timeout(BUSY_SECONDS):
                await self.turn.acquire()
        except TimeoutError:
            raise Unavailable from None

    def leave(self, _connection: object, record: Any) -> None:
        """Give the next one its turn when a connection comes back, whatever became of it."""
        if record.record_info.pop(HAS_TURN, False):
            self.turn.release()


def writes(context: Any) -> bool:
    """Tell whether a statement changes rows or locks them (`with_for_update`)."""
    if context is None or context.compiled is None:
        return False
    if context.isinsert or context.isupdate or context.isdelete:
        return True
    return getattr(context.compiled.statement, "_for_update_arg", None) is not None
