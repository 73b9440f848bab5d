"""Bringing the schema up to date, by Alembic, once, however many workers start."""

import asyncio
from functools import cache
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


async def is_new_enough(database: Database) -> bool:
    """Tell whether the schema is the one this code needs, or a later one.

    A later version only adds to what this one uses, so both run side by side during an upgrade.
    A database that is away counts as not.
    """
    try:
        async with database.session() as session:
            applied = await session.scalar(text("SELECT version_num FROM alembic_version"))
    except (DBAPIError, Unavailable):
        return False
    return applied is not None and applied not in older_revisions()


@cache
def older_revisions() -> frozenset[str]:
    """List the revisions before the one that this code was written for."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(PACKAGE / "migrations")
    head = script.get_current_head()
    return frozenset(one.revision for one in script.walk_revisions()) - {head or ""}


async def prepare_schema(settings: Settings, database: Database) -> None:
    """Migrate an older schema on start; in production only say that somebody should."""
    if await is_new_enough(database):
        return
    if not settings.is_production:
        await migrate(settings)
    else:
        logger.error("database schema is not up to date: run `python -m final.cli migrate`")
