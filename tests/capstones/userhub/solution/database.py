"""The database: one engine for the app, one session for each request."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from alembic import command
from alembic.config import Config
from fastapi import Depends
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from .config import settings

engine = create_async_engine(settings.database_url)


def migrate() -> None:
    """Run the migrations that the database has not seen."""
    command.upgrade(Config(Path(__file__).with_name("alembic.ini")), "head")


async def get_session() -> AsyncIterator[AsyncSession]:
    """Open a session for one request."""
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
