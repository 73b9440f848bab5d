"""Bringing the schema up to date, by Alembic, once, however many workers start."""

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError
from sqlmodel import text

from final.core.config import PACKAGE, Settings
from final.core.database.engine import Database
from final.core.errors import Unavailable
from final.core.observability.logs import get_logger

if TYPE_CHECKING:
    from alembic.config import Config

logger = get_logger(__name__)


def alembic_config(settings: Settings) -> "Config":
    """Point Alembic at this package and this database."""
    from alembic.config import Config  # a third of the start-up time: only when it is needed

    config = Config(PACKAGE / "alembic.ini")
    config.attributes["settings"] = settings
    return config


async def migrate(settings: Settings) -> None:
    """Apply every migration that is missing; a second process waits, then finds none."""
    from alembic import command

    # Alembic's environment runs a loop of its own, so it gets a thread of its own.
    await asyncio.to_thread(command.upgrade, alembic_config(settings), "head")


async def is_current(settings: Settings) -> bool:
    """Tell whether the database has every migration; one that is away counts as not."""
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(alembic_config(settings)).get_current_head()
    database = Database(settings)
    try:
        async with database.session() as session:
            applied = await session.scalar(text("SELECT version_num FROM alembic_version"))
        return bool(applied == head)
    except (DBAPIError, Unavailable):
        return False
    finally:
        await database.dispose()


async def prepare_schema(settings: Settings) -> None:
    """Migrate on start in development; in production only say that somebody should."""
    if not settings.is_production:
        await migrate(settings)
    elif not await is_current(settings):
        logger.error("database schema is not up to date: run `python -m final.cli migrate`")
