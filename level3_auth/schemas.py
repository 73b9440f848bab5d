"""What goes in and what comes out: pydantic checks every field before a handler sees it."""

import unicodedata
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, EmailStr, Field, HttpUrl, StringConstraints


def check_visible(text: str) -> str:
    """Refuse a text that shows nothing, such as one of zero-width spaces, or that has a NUL."""
    if "\0" in text or not any(letter.isprintable() and not letter.isspace() for letter in text):
        raise ValueError("Text should be visible and without NUL characters")
    return text


def fold(text: str) -> str:
    """Make texts equal that differ only in case or in the Unicode spelling of a letter."""
    return unicodedata.normalize("NFKC", text).casefold()


Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(check_visible),
]

# An id that fits every database's integer column; a larger one cannot exist.
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]

Username = Annotated[
    str,
    StringConstraints(to_lower=True, min_length=3, max_length=50, pattern="^[A-Za-z0-9_.-]+$"),
]
Email = Annotated[EmailStr, AfterValidator(fold)]
Password = Annotated[str, StringConstraints(min_length=8, max_length=256)]


class LinkBase(BaseModel):
    """The fields that every link has."""

    title: Title
    description: str | None = Field(default=None, max_length=2000)


class LinkCreate(LinkBase):
    """A link as a client sends it."""

    url: HttpUrl


class LinkPublic(LinkBase):
    """A link as the API shows it."""

    url: str
    id: int
    created_at: datetime


class LogIn(BaseModel):
    """A name and a password, in a form with the field names of OAuth2."""

    username: Annotated[str, StringConstraints(to_lower=True)]
    password: Annotated[str, StringConstraints(max_length=256)]


class UserCreate(BaseModel):
    """An account as a client asks for it; upper and lower case make no difference in a name."""

    username: Username
    email: Email
    password: Password


class UserPublic(BaseModel):
    """An account as the API shows it: without the password, hashed or not."""

    id: int
    username: str
    email: str


class Token(BaseModel):
    """The answer to a log-in."""

    access_token: str
    token_type: str = "bearer"


class TokenPayload(BaseModel):
    """What an access token says: the id of the user it was made for."""

    sub: Id
