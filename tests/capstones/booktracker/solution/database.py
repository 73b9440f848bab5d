"""The database: one engine for the app, one session for each request."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

FILE = Path(__file__).with_name("booktracker.db")
engine = create_async_engine(os.getenv("DATABASE_URL") or f"sqlite+aiosqlite:///{FILE}")


@event.listens_for(engine.sync_engine, "connect")
def turn_on_foreign_keys(connection: Any, _record: object) -> None:
    """Make SQLite heed foreign keys, which it does not by itself."""
    connection.execute("PRAGMA foreign_keys = ON")


async def create_tables() -> None:
    """Create the tables that are missing."""
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)


async def get_session() -> AsyncIterator[AsyncSession]:
    """Open a session for one request."""
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
