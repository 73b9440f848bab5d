"""The shortener: what the app is made of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from . import auth, batch, links
from .database import create_tables, engine


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Create the missing tables when the app starts; close the connections when it stops."""
    await create_tables()
    yield
    await engine.dispose()


app = FastAPI(title="Shortener", lifespan=lifespan)
for router in (auth.router, batch.router, links.router, links.key_router):
    app.include_router(router)
