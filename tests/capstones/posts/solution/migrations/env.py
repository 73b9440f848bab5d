"""How Alembic reaches the database."""

import asyncio

from alembic import context
from sqlalchemy import Connection, NullPool
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from tests.capstones.posts.solution import models
from tests.capstones.posts.solution.config import Settings

__all__ = ["models"]  # its tables belong to the metadata


def run(connection: Connection) -> None:
    """Run the migrations."""
    context.configure(connection=connection, target_metadata=SQLModel.metadata)
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    """Open a connection for the migrations."""
    async with create_async_engine(Settings().database_url, poolclass=NullPool).begin() as found:
        await found.run_sync(run)


asyncio.run(connect_and_run())
