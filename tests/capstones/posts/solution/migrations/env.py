"""How Alembic reaches the database: on the app's connection, or on one of its own."""

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

from tests.capstones.posts.solution import models
from tests.capstones.posts.solution.database import engine

__all__ = ["models"]  # its tables belong to the metadata


def run(connection: Connection) -> None:
    """Run the migrations."""
    context.configure(connection=connection, target_metadata=SQLModel.metadata)
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    """Open a connection for the migrations."""
    async with engine.begin() as connection:
        await connection.run_sync(run)


if given := context.config.attributes.get("connection"):
    run(given)
else:
    asyncio.run(connect_and_run())
