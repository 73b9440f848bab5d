"""Level 4 in routers, with pydantic-settings and slashes at the end; the newest link first."""

from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlmodel import SQLModel

from .core import engine
from .routers import auth, links


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield
    await engine.dispose()


def create_app() -> FastAPI:
    app = FastAPI(lifespan=lifespan)
    app.include_router(auth.router)
    app.include_router(links.router)

    @app.get("/")
    async def welcome():
        return {"message": "Welcome to LinkHub API"}

    return app


app = create_app()
