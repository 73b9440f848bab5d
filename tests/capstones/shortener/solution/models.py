"""The tables."""

from datetime import UTC, datetime

from sqlalchemy import JSON
from sqlmodel import Field, Relationship, SQLModel, UniqueConstraint


class User(SQLModel, table=True):
    """Somebody with an account."""

    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(unique=True)
    email: str = Field(unique=True)
    hashed_password: str


class Link(SQLModel, table=True):
    """A short link: it has an alias that somebody chose, or a short code."""

    id: int | None = Field(default=None, primary_key=True)
    short_code: str | None = Field(default=None, unique=True)
    alias: str | None = Field(default=None, unique=True)
    title: str | None = None
    original_url: str = Field(index=True)
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    clicks: int = 0
    user_id: int | None = Field(default=None, foreign_key="user.id", ondelete="SET NULL")


class UserLink(SQLModel, table=True):
    """A link in somebody's list, with their own title and tags."""

    __table_args__ = (UniqueConstraint("user_id", "link_id"),)

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user.id", ondelete="CASCADE")
    link_id: int = Field(default=None, foreign_key="link.id", ondelete="CASCADE", index=True)
    title: str | None = None
    tags: list[str] = Field(default_factory=list, sa_type=JSON)

    link: Link = Relationship()
