"""UserHub: what the app is made of."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from .config import settings
from .crud import create_first_admin
from .database import engine, migrate
from .routes import auth, users


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Make ready what is missing when the app starts; close the connections when it stops."""
    await asyncio.to_thread(migrate)
    await create_first_admin()
    yield
    await engine.dispose()


app = FastAPI(title="UserHub", lifespan=lifespan)
origins = settings.cors_origins.split(",")
app.add_middleware(CORSMiddleware, origins, allow_methods=["*"], allow_headers=["*"])
app.include_router(auth.router)
app.include_router(users.router)


@app.get("/health")
async def check_health() -> dict[str, str]:
    """Tell that the app is alive."""
    return {"status": "ok"}
