"""What goes in and what comes out."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, EmailStr, HttpUrl, StringConstraints

# The first words of the app's own paths: a short link of that name would lead nowhere.
RESERVED = {"auth", "by_key", "by_url", "docs", "link", "links", "redoc", "shorten"}


def check_free(alias: str) -> str:
    """Refuse a word that a route begins with."""
    if alias.lower() in RESERVED:
        raise ValueError("this word has a meaning of its own")
    return alias


Alias = Annotated[
    str, StringConstraints(pattern="^[A-Za-z0-9_-]{3,30}$"), AfterValidator(check_free)
]


class UserCreate(BaseModel):
    """A sign-up."""

    username: Annotated[str, StringConstraints(min_length=3, max_length=50)]
    email: EmailStr
    password: Annotated[str, StringConstraints(min_length=8, max_length=256)]


class UserPublic(BaseModel):
    """An account, without its password."""

    id: int
    username: str
    email: str


class Token(BaseModel):
    """The answer to a log-in."""

    access_token: str
    token_type: str = "bearer"


class LinkRequest(BaseModel):
    """A URL to shorten."""

    alias: Alias | None = None
    title: Annotated[str, StringConstraints(max_length=300)] | None = None
    original_url: HttpUrl


class LinkResponse(BaseModel):
    """A short link."""

    id: int
    alias: str | None
    original_url: str
    user_id: int | None
    title: str | None
    short_code: str | None
    short_url: str
    clicks: int
    created_at: datetime


class SavedLink(BaseModel):
    """A link in one's own list."""

    user_link_id: int
    id: int
    short_code: str | None
    alias: str | None
    short_url: str
    original_url: str
    title: str | None
    default_title: str | None
    tags: list[str]
    clicks: int
    created_at: datetime
