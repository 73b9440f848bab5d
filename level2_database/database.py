"""The database: one engine for the app, one session for each request."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

DATABASE_FILE = Path(__file__).with_name("linkhub.db")
DATABASE_URL = os.getenv("DATABASE_URL") or URL.create(
    "sqlite+aiosqlite", database=str(DATABASE_FILE)
)

engine = create_async_engine(DATABASE_URL)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Create the missing tables when the app starts; close the connections when it stops."""
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield
    await engine.dispose()


async def get_session() -> AsyncIterator[AsyncSession]:
    """Open a session for one request; what the request does not commit is undone."""
    # Otherwise every commit empties the objects, and reading one outside an await fails.
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
