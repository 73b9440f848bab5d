"""How Alembic reaches the database: asynchronously, in one transaction, one process at a time."""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import event
from sqlalchemy.engine import Connection
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
SEARCH_TABLES = ("post_index", "link_text", "user_link_text")


def get_settings() -> Settings:
    """Take the settings of the app that asked, or read the environment."""
    settings: Settings = context.config.attributes.get("settings") or load_settings()
    return settings


def is_described(_object: object, name: str | None, kind: str, *_: object) -> bool:
    """Tell whether the models describe a thing; search indexes differ by database."""
    if kind == "index":
        return not (name or "").endswith("_trigrams")
    return not (kind == "table" and (name or "").startswith(SEARCH_TABLES))


def run_migrations(connection: Connection) -> None:
    """Run the scripts inside one transaction that no second process can enter."""
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,  # SQLite changes a table by building it anew
        compare_server_default=True,
        include_object=is_described,
        transactional_ddl=True,  # both databases roll a half-done migration back
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        else:
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
    async with engine.connect() as connection:
        await connection.run_sync(run_migrations)
    await engine.dispose()


asyncio.run(connect_and_run())
