"""Level 2 with SQLAlchemy's own declarative classes and a sessionmaker."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import Depends, FastAPI, HTTPException, Response
from pydantic import BaseModel, ConfigDict, HttpUrl
from sqlalchemy import DateTime, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(os.environ["DATABASE_URL"])
make_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class LinkRow(Base):
    __tablename__ = "bookmarks"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    url: Mapped[str]
    description: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=lambda: datetime.now(UTC)
    )


class LinkIn(BaseModel):
    title: str
    url: HttpUrl
    description: str | None = None


class LinkOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    title: str
    url: str
    description: str | None
    created_at: datetime


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


async def db() -> AsyncIterator[AsyncSession]:
    async with make_session.begin() as session:
        yield session


app = FastAPI(lifespan=lifespan, root_path="")


@app.get("/")
async def root() -> dict[str, str]:
    return {"message": "Welcome to LinkHub API"}


@app.post("/links", response_model=LinkOut)
async def create(data: LinkIn, response: Response, session: AsyncSession = Depends(db, scope="function")):
    row = LinkRow(**data.model_dump(mode="json"))
    session.add(row)
    await session.flush()
    response.status_code = 201
    return row


@app.get("/links", response_model=list[LinkOut])
async def index(session: AsyncSession = Depends(db)):
    return (await session.scalars(select(LinkRow))).all()


@app.get("/links/{link_id}", response_model=LinkOut)
async def show(link_id: int, session: AsyncSession = Depends(db)):
    row = await session.scalar(select(LinkRow).where(LinkRow.id == link_id))
    if row is None:
        raise HTTPException(404)
    return row
