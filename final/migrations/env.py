"""How Alembic reaches the database: asynchronously, one process at a time, never in the way."""

import asyncio
import time
import warnings
from typing import Any

from alembic import context
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel, text

import final.books.models
import final.links.models
import final.posts.models
import final.users.models  # noqa: F401 - its tables belong to the metadata
from final.core.config import Settings, load_settings
from final.core.database.sqlite import BUSY_SECONDS, lower

# Any number will do, as long as nothing else in the database uses it.
ADVISORY_LOCK = 5_465_482
# A change of a table waits for whoever uses it, and all others wait behind it: so it gives up soon,
# lets them pass, and tries again.
LOCK_SECONDS, PAUSE_SECONDS, ATTEMPTS = 2, 3, 20
TURN_SECONDS = 0.1
LOCK_NOT_AVAILABLE = "55P03"
SEARCH_TABLES = ("post_index", "link_text", "user_link_text", "user_text", "book_text")


# SQLAlchemy cannot describe an index over an expression on SQLite; `is_described` leaves it out.
warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index")


def get_settings() -> Settings:
    """Take the settings of the app that asked, or read the environment."""
    settings: Settings = context.config.attributes.get("settings") or load_settings()
    return settings


def is_described(_object: object, name: str | None, kind: str, *_: object) -> bool:
    """Tell whether the models describe a thing; some indexes differ by database."""
    if kind == "index":
        return not (name or "").endswith(("_trigrams", "_folded", "_ordered"))
    return not (kind == "table" and (name or "").startswith(SEARCH_TABLES))


def wait_for_turn(connection: Connection) -> None:
    """Take the lock of migrations.

    It is asked for again and again: an index that is built concurrently waits for every statement
    under way, also for one that waits for this lock.
    """
    attempt = text("SELECT pg_try_advisory_lock(:key)")
    while not connection.scalar(attempt, {"key": ADVISORY_LOCK}):
        connection.rollback()
        time.sleep(TURN_SECONDS)


def run_migrations(connection: Connection) -> None:
    """Run the scripts, one process at a time.

    SQLite takes them in one transaction. PostgreSQL takes each in its own, because an index that
    is built beside the running app (`postgresql_concurrently`) cannot be built in any.
    """
    on_postgresql = connection.dialect.name == "postgresql"
    if on_postgresql:
        wait_for_turn(connection)
        connection.execute(text(f"SET lock_timeout = '{LOCK_SECONDS}s'"))
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,  # SQLite changes a table by building it anew
        compare_server_default=True,
        include_object=is_described,
        transactional_ddl=True,  # both databases roll a half-done migration back
        transaction_per_migration=on_postgresql,
    )
    with context.begin_transaction():
        if not on_postgresql:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        context.run_migrations()


def leave_transactions_to_us(connection: Any, _record: object) -> None:
    """Keep SQLite's driver from opening transactions behind our back, and teach it all letters."""
    connection.isolation_level = None
    connection.create_function("lower", 1, lower, deterministic=True)


async def connect_and_run() -> None:
    """Open one connection for the migrations and close it again."""
    settings = get_settings()
    options = {"timeout": BUSY_SECONDS} if settings.is_sqlite else {}
    engine = create_async_engine(settings.database_url, poolclass=NullPool, connect_args=options)
    if settings.is_sqlite:
        event.listen(engine.sync_engine, "connect", leave_transactions_to_us)
    for attempt in range(ATTEMPTS):
        try:
            async with engine.connect() as connection:
                await connection.run_sync(run_migrations)
            break
        except DBAPIError as error:
            locked = getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE
            if not locked or attempt == ATTEMPTS - 1:
                raise
            await asyncio.sleep(PAUSE_SECONDS)
    await engine.dispose()


asyncio.run(connect_and_run())
