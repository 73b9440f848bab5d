"""The tables of the database."""

from datetime import UTC, datetime

from sqlmodel import Field, Relationship, SQLModel


class User(SQLModel, table=True):
    """Somebody with an account."""

    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(unique=True)
    email: str = Field(unique=True)
    password_hash: str

    links: list["Link"] = Relationship(
        back_populates="user", sa_relationship_kwargs={"order_by": "Link.id"}
    )


class Link(SQLModel, table=True):
    """A saved link."""

    # Otherwise SQLite gives the id of a deleted link to the next one.
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    title: str
    url: str
    description: str | None = None
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))

    user_id: int = Field(foreign_key="user.id", index=True)
    user: User = Relationship(back_populates="links")
