"""What commands work with, and how they end when something is wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.config import Settings
from final.core.database import migrations
from final.core.database.engine import Database
from final.core.errors import AppError
from final.core.observability.logs import configure_logging
from final.core.passwords import Passwords


def fail(message: str) -> NoReturn:
    """End with a line that says why."""
    typer.echo(message, err=True)
    raise typer.Exit(1) from None


async def ensure_schema(settings: Settings, database: Database) -> None:
    """Bring an older schema up to date, or in production end."""
    if await migrations.is_new_enough(database):
        return
    if not settings.is_production:
        await migrations.migrate(settings)
    else:
        fail("The database schema is not up to date: run `migrate` first.")


@asynccontextmanager
async def workshop(settings: Settings) -> AsyncIterator[tuple[AsyncSession, Passwords]]:
    """Lend a session on an up-to-date schema, and a password hasher."""
    configure_logging(settings.model_copy(update={"log_level": "WARNING"}))
    database, passwords = Database(settings), Passwords(settings.bcrypt_rounds)
    try:
        await ensure_schema(settings, database)
        async with database.transaction() as session:
            yield session, passwords
    except AppError as error:
        fail(error.message)
    finally:
        passwords.close()
        await database.dispose()
