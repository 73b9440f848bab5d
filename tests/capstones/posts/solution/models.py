"""The tables, what goes in and what comes out."""

from datetime import UTC, datetime
from operator import attrgetter
from typing import Annotated, Any

from pydantic import BeforeValidator, EmailStr, StringConstraints
from sqlmodel import Field, Relationship, SQLModel

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]
Content = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Word = StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=50)
Words = list[Annotated[str, Word]]
OWNED = {"lazy": "selectin", "cascade": "all, delete-orphan", "order_by": "Tag.name"}


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


class UserCreate(SQLModel):
    """A sign-up."""

    username: str = Field(min_length=3, max_length=50)
    email: EmailStr
    password: str = Field(min_length=8, max_length=256)


class UserPublic(SQLModel):
    """An account as everybody sees it."""

    id: int = Field(default=None, primary_key=True)
    username: str = Field(unique=True)


class User(UserPublic, table=True):
    """Somebody with an account, as its owner sees it: the hash is in no answer."""

    email: str = Field(unique=True)
    role: str = "user"
    hashed_password: str = Field(exclude=True)


class Tag(SQLModel, table=True):
    """A word that a post is found by: a row for each word of each post."""

    post_id: int = Field(default=None, foreign_key="post.id", primary_key=True)
    name: str = Field(primary_key=True, index=True)


class PostBase(SQLModel):
    """What an author writes."""

    title: Title = Field(schema_extra={"examples": ["Hello, world"]})
    content: Content = Field(schema_extra={"examples": ["The first post."]})
    published: bool = True


class PostCreate(PostBase):
    """A post as it is written, or as it replaces another."""

    tags: Words = Field(default=[], max_length=20)


class PostUpdate(SQLModel):
    """Changes to a post: only what is sent."""

    title: Title = Field(default=None)
    content: Content = Field(default=None)
    published: bool = Field(default=None)
    tags: Words = Field(default=None, max_length=20)


class PostRow(PostBase):
    """What the app adds to a post."""

    id: int = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    image_url: str | None = None
    created_at: datetime = Field(default_factory=now, index=True)
    updated_at: datetime = Field(default_factory=now, sa_column_kwargs={"onupdate": now})


class Post(PostRow, table=True):
    """A post, or a draft of one; its author and its tags are loaded with it."""

    author_id: int = Field(default=None, foreign_key="user.id")
    author: User = Relationship(sa_relationship_kwargs={"lazy": "selectin"})
    tags: list[Tag] = Relationship(sa_relationship_kwargs=OWNED)


class PostPublic(PostRow):
    """A post as everybody sees it."""

    author: UserPublic
    tags: list[Annotated[str, BeforeValidator(attrgetter("name"))]]


class Refusal(SQLModel):
    """Why a request was refused."""

    detail: str


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the refusals of a route."""
    return {status: {"model": Refusal} for status in statuses}
