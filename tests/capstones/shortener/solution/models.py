"""The tables, what goes in and what comes out."""

import os
from datetime import UTC, datetime
from typing import Annotated

from pydantic import EmailStr, HttpUrl, StringConstraints
from sqlalchemy import JSON
from sqlmodel import Field, SQLModel, UniqueConstraint

BASE_URL = os.getenv("BASE_URL", "http://localhost:8000").rstrip("/")


class UserCreate(SQLModel):
    """A sign-up."""

    username: str = Field(min_length=3, max_length=50)
    email: EmailStr
    password: str = Field(min_length=8, max_length=256)


class UserPublic(SQLModel):
    """An account, without its password."""

    id: int = Field(default=None, primary_key=True)
    username: str = Field(unique=True)
    email: str = Field(unique=True)


class User(UserPublic, table=True):
    """Somebody with an account."""

    hashed_password: str


class LinkCreate(SQLModel):
    """A URL to shorten."""

    alias: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]{3,30}$")] | None = None
    title: str | None = Field(default=None, max_length=300)
    original_url: HttpUrl


class LinkBase(SQLModel):
    """What a short link is made of: it has an alias that somebody chose, or a short code."""

    id: int = Field(default=None, primary_key=True)
    short_code: str | None = Field(default=None, unique=True)
    alias: str | None = Field(default=None, unique=True)
    title: str | None = None
    original_url: str = Field(index=True)
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    clicks: int = 0
    user_id: int = Field(foreign_key="user.id")


class Link(LinkBase, table=True):
    """A short link."""

    @property
    def short_url(self) -> str:
        """The short address."""
        return f"{BASE_URL}/{self.alias or self.short_code}"


class LinkPublic(LinkBase):
    """A short link with its address."""

    short_url: str


class SavedLink(LinkPublic):
    """A link in one's own list, by one's own title where there is one."""

    user_link_id: int
    default_title: str | None
    tags: list[str]


class UserLink(SQLModel, table=True):
    """A link in somebody's list, with their own title and tags."""

    __table_args__ = (UniqueConstraint("user_id", "link_id"),)

    id: int = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user.id")
    link_id: int = Field(foreign_key="link.id", index=True)
    title: str | None = None
    tags: list[str] = Field(default_factory=list, sa_type=JSON)
