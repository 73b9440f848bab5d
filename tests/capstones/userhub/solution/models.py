"""The table of users."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


class Role(StrEnum):
    """What an account may do."""

    USER = "user"
    ADMIN = "admin"


class User(SQLModel, table=True):
    """An account."""

    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(unique=True)
    email: str = Field(unique=True)
    first_name: str | None = None
    last_name: str | None = None
    hashed_password: str
    role: str = Role.USER
    is_active: bool = True
    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now, sa_column_kwargs={"onupdate": now})
