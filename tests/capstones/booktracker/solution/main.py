"""BookTracker: what the app is made of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from . import auth, books, library
from .database import create_tables, engine


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Make ready what is missing when the app starts; close the connections when it stops."""
    await create_tables()
    await auth.create_first_admin()
    yield
    await engine.dispose()


app = FastAPI(title="BookTracker", lifespan=lifespan)
for module in (auth, books, library):
    app.include_router(module.router)
