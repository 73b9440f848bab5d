"""Posts: what the app is made of."""

from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from os import getenv
from pathlib import Path

from alembic import command
from alembic.config import Config
from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import Depends, FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from . import live, posts, users
from .cache import cache, limit_writes
from .config import settings
from .database import engine
from .observability import metrics, observe


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Make ready what is missing when the app starts; close the connections when it stops."""
    await to_thread(command.upgrade, Config(Path(__file__).with_name("alembic.ini")), "head")
    if settings.admin:
        with suppress(IntegrityError):  # that account exists
            async with AsyncSession(engine) as session:
                await users.add_user(session, settings.admin, role="admin")
    yield
    await cache.close()
    await engine.dispose()


app = FastAPI(title="Posts", lifespan=lifespan)
origins = settings.cors_origins.replace(" ", "").split(",")
app.middleware("http")(observe)
app.add_middleware(CorrelationIdMiddleware)
app.add_middleware(CORSMiddleware, origins, allow_methods=["*"], allow_headers=["*"])
metrics.instrument(app).expose(app, include_in_schema=False)
if getenv("OTEL_EXPORTER_OTLP_ENDPOINT"):
    SQLAlchemyInstrumentor().instrument(engine=engine.sync_engine)


@app.exception_handler(IntegrityError)
async def answer_conflict(request: Request, error: IntegrityError) -> JSONResponse:
    """Answer 409 to what a constraint of the database refuses."""
    return JSONResponse({"detail": "This is taken"}, 409)


limited = [Depends(limit_writes)]
for router in (users.router, posts.router):
    app.include_router(router, prefix="/api/v1", dependencies=limited)
app.include_router(users.auth_router, dependencies=limited)
app.websocket("/ws")(live.listen)
settings.media_dir.mkdir(parents=True, exist_ok=True)
app.mount("/media", StaticFiles(directory=settings.media_dir))
