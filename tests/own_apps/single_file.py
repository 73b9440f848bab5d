"""Level 2 in one file: async SQLModel, the session refreshed after the commit."""

import os
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from pydantic import HttpUrl
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

engine = create_async_engine(os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///./database.db"), echo=True)


class LinkBase(SQLModel):
    title: str
    url: str
    description: str | None = None


class Link(LinkBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    created_at: datetime = Field(default_factory=lambda: datetime.now(timezone.utc))


class LinkCreate(LinkBase):
    url: HttpUrl


async def get_session():
    async with AsyncSession(engine) as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with engine.begin() as conn:
        await conn.run_sync(SQLModel.metadata.create_all)
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def root():
    return {"message": "Welcome to LinkHub API"}


@app.post("/links/", response_model=Link)
async def create_link(link: LinkCreate, session: SessionDep):
    db_link = Link(title=link.title, url=str(link.url), description=link.description)
    session.add(db_link)
    await session.commit()
    await session.refresh(db_link)
    return db_link


@app.get("/links/", response_model=list[Link])
async def read_links(session: SessionDep, offset: int = 0, limit: int = 100):
    return (await session.exec(select(Link).offset(offset).limit(limit))).all()


@app.get("/links/{link_id}", response_model=Link)
async def read_link(link_id: int, session: SessionDep):
    link = await session.get(Link, link_id)
    if not link:
        raise HTTPException(status_code=404, detail="Link not found")
    return link
