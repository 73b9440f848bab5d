"""Posts: what the app is made of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import IntegrityError

from . import live, posts, users
from .config import settings
from .database import engine, migrate
from .observability import observe, read_metrics
from .rate_limit import limit_writes

LIMITED = [Depends(limit_writes)]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Make ready what is missing when the app starts; close the connections when it stops."""
    await migrate()
    await users.create_first_admin()
    yield
    await engine.dispose()


app = FastAPI(title="Posts", lifespan=lifespan)
app.middleware("http")(observe)
origins = [origin.strip() for origin in settings.cors_origins.split(",")]
app.add_middleware(CORSMiddleware, origins, allow_methods=["*"], allow_headers=["*"])


@app.exception_handler(IntegrityError)
async def answer_conflict(request: Request, error: IntegrityError) -> JSONResponse:
    """Answer 409 to what a constraint of the database refuses."""
    return JSONResponse({"detail": "This is taken"}, 409)


for router in (users.router, posts.router):
    app.include_router(router, prefix="/api/v1", dependencies=LIMITED)
app.include_router(users.auth_router, dependencies=LIMITED)
app.include_router(live.router)
app.get("/metrics", include_in_schema=False)(read_metrics)
settings.media_dir.mkdir(parents=True, exist_ok=True)
app.mount("/media", StaticFiles(directory=settings.media_dir))
