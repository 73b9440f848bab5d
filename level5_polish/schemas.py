"""What goes in and what comes out: pydantic checks every field before a handler sees it."""

import unicodedata
from datetime import datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    HttpUrl,
    StringConstraints,
)
from pydantic.config import JsonDict


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


def documented(example: JsonDict) -> ConfigDict:
    """Describe a model's fields by the docstrings below them, and the model by an example."""
    return ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [example]})


LINK_EXAMPLE: JsonDict = {
    "title": "FastAPI",
    "description": "The framework this API is made with",
    "url": "https://fastapi.tiangolo.com/",
}
LINK_ADDED: JsonDict = {"id": 7, "created_at": "2026-01-31T12:00:00Z", "user_id": 1}
USER_EXAMPLE: JsonDict = {"username": "ada", "email": "ada@example.com"}


class LinkBase(BaseModel):
    """The fields that every link has."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    title: Title
    """What lists show and searches look through; blanks around it are cut off."""
    description: str | None = Field(default=None, max_length=2000)
    """What you want to remember about the link."""


class LinkCreate(LinkBase):
    """A link as a client sends it."""

    model_config = documented(LINK_EXAMPLE)

    url: HttpUrl
    """The page to remember: http or https."""


class LinkPublic(LinkBase):
    """A link as the API shows it."""

    model_config = documented(LINK_EXAMPLE | LINK_ADDED)

    url: str
    """The page, as a browser would write its address."""
    id: int
    """The number that names the link in a path."""
    created_at: datetime
    """When the link was saved, in UTC."""
    user_id: int
    """Who saved it, and alone may delete it."""


class LogIn(BaseModel):
    """A name and a password, in a form with the field names of OAuth2."""

    model_config = documented({"username": "ada", "password": "engine of 1843"})

    username: Annotated[str, StringConstraints(to_lower=True)]
    """The name that you signed up with."""
    password: Annotated[str, StringConstraints(max_length=256)]
    """The password that you signed up with."""


class UserCreate(BaseModel):
    """An account as a client asks for it; upper and lower case make no difference in a name."""

    model_config = documented(USER_EXAMPLE | {"password": "engine of 1843"})

    username: Username
    """What to log in with: 3 to 50 letters, digits, dots, dashes or underscores."""
    email: Email
    """An address of your own; nobody else can sign up with it."""
    password: Password
    """8 to 256 characters, any that you like."""


class UserPublic(BaseModel):
    """An account as the API shows it: without the password, hashed or not."""

    model_config = documented(USER_EXAMPLE | {"id": 1})

    id: int
    """The number that a link's `user_id` refers to."""
    username: str
    """The name, in lower case."""
    email: str
    """The address, in lower case."""


class Token(BaseModel):
    """The answer to a log-in."""

    model_config = documented({"access_token": "eyJhb...", "token_type": "bearer"})

    access_token: str
    """What to send along as `Authorization: Bearer ...`; it is good for 30 minutes."""
    token_type: str = "bearer"
    """Always `bearer`: whoever bears the token is let in."""


class TokenPayload(BaseModel):
    """What an access token says: the id of the user it was made for."""

    sub: Id
