"""The database: one engine per app, the same isolation on SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.config import Settings
from final.core.database import sqlite
from final.core.database.reading import READER, reader_of
from final.core.database.transaction import has_effects, settle
from final.core.errors import Unavailable
from final.core.observability.saturation import MeteredPool
from final.core.observability.slow_queries import log_slow_queries

# How long a request waits for a connection while all are in use, before it is a 503.
POOL_SECONDS = 5
# Networks forget silent connections after about six minutes; none of ours gets that old.
RECYCLE_SECONDS = 300
# For queries, and for the checks of foreign keys, whose plans each connection keeps.
INDEXES_ONLY = text(
    "SELECT set_config('enable_seqscan', 'off', true),"
    " set_config('plan_cache_mode', 'force_custom_plan', true)"
)


def utcnow() -> datetime:
    """Return the present moment, aware of its time zone."""
    return datetime.now(UTC)


class Database:
    """The engine and the sessions made from it."""

    def __init__(self, settings: Settings, connect_sqlite: sqlite.Connect | None = None) -> None:
        """Describe the engine; nothing connects before the first query."""
        self.engine = create_engine(settings, connect_sqlite)
        log_slow_queries(self.engine, settings.slow_query_seconds)
        self.session = async_sessionmaker(
            self.engine,
            class_=AsyncSession,
            expire_on_commit=False,
            autoflush=False,
            info={READER: reader_of(self.engine.sync_engine)},
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Lend a session, commit it when the block succeeds, roll it back when it fails.

        In either case the effects of what was committed have come about when it ends.
        """
        session = self.session()
        try:
            yield session
            if session.in_transaction() or session.new or has_effects(session):
                # It gives the connection back as well: nothing is left to close.
                await session.commit()
        except BaseException:
            async with session:  # closes it, whoever cancels us meanwhile
                raise
        finally:
            await settle(session)

    @asynccontextmanager
    async def transaction_of_many(self) -> AsyncIterator[AsyncSession]:
        """Lend a session to a group of entries, each of which is looked up by an index.

        Of a table that has just been filled PostgreSQL knows too little to prefer one by itself,
        and it may have made plans when there was a single row: it would read the whole table for
        every group, or for every row.
        """
        async with self.transaction() as session:
            if self.engine.dialect.name == "postgresql":
                await (await session.connection()).execute(INDEXES_ONLY)
            yield session

    async def dispose(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def create_engine(settings: Settings, connect_sqlite: sqlite.Connect | None) -> AsyncEngine:
    """Build the engine with what its database needs."""
    if settings.is_sqlite:
        url, size = settings.database_url, settings.database_pool_size
        return sqlite.create_engine(url, size, settings.database_statement_timeout, connect_sqlite)
    return postgres_engine(settings)


def postgres_engine(settings: Settings) -> AsyncEngine:
    """Build an engine that lends no connection which the server has closed.

    A ping before each loan would be three of the six messages that a short request exchanges.
    """
    engine = create_async_engine(
        settings.database_url,
        poolclass=MeteredPool,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        pool_recycle=RECYCLE_SECONDS,
        connect_args={"server_settings": time_limits(settings.database_statement_timeout)},
    )
    event.listen(engine.sync_engine, "do_connect", connect_or_refuse)
    event.listen(engine.sync_engine, "checkout", replace_closed)
    return engine


def time_limits(seconds: int) -> dict[str, str]:
    """Return what PostgreSQL is told of a connection: nothing on it may take for ever.

    Who waits for a lock gives up first, so that its message is the one about the lock.
    """
    return {
        "application_name": "linkhub",
        "statement_timeout": f"{1000 * seconds}",
        "lock_timeout": f"{500 * seconds}",
        "idle_in_transaction_session_timeout": f"{6000 * seconds}",
    }


def replace_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Have all connections replaced when the server has closed one: it was restarted."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


def connect_or_refuse(dialect: Dialect, _record: object, args: Any, options: Any) -> Any:
    """Connect; a server that is away or not ready yet is a 503, not a fault of ours."""
    import asyncpg  # only where PostgreSQL is used

    away = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, dialect.loaded_dbapi.Error)
    try:
        return dialect.connect(*args, **options)
    except away as error:
        raise Unavailable from error
