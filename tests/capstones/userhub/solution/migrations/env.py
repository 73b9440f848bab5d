"""How Alembic reaches the database: on a connection of its own."""

import asyncio

from alembic import context
from sqlalchemy import Connection

from tests.capstones.userhub.solution.database import engine
from tests.capstones.userhub.solution.models import User


def run(connection: Connection) -> None:
    """Run the migrations."""
    context.configure(connection=connection, target_metadata=User.metadata)
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    """Open a connection for the migrations."""
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(connect_and_run())
