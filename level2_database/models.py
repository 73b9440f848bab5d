"""The tables of the database."""

from datetime import UTC, datetime

from sqlmodel import Field, SQLModel


class Link(SQLModel, table=True):
    """A saved link."""

    id: int | None = Field(default=None, primary_key=True)
    title: str
    url: str
    description: str | None = None
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
