"""What goes in and what comes out: pydantic checks every field before a handler sees it."""

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
    """Refuse a text that shows nothing, such as one of zero-width spaces."""
    if not any(character.isprintable() for character in text):
        raise ValueError("Text should have at least one visible character")
    return text


Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(check_visible),
]

# An id that fits every database's integer column; a larger one cannot exist.
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]

Username = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9_.-]{3,50}$")]
Email = Annotated[EmailStr, AfterValidator(str.lower)]
Password = Annotated[str, StringConstraints(min_length=8, max_length=256)]

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

    model_config = ConfigDict(json_schema_extra={"examples": [LINK_EXAMPLE]})

    url: HttpUrl
    """The page to remember: http or https."""


class LinkPublic(LinkBase):
    """A link as the API shows it."""

    model_config = ConfigDict(json_schema_extra={"examples": [LINK_EXAMPLE | LINK_ADDED]})

    url: str
    """The page, as a browser would write its address."""
    id: int
    """The number that names the link in a path."""
    created_at: datetime
    """When the link was saved, in UTC."""
    user_id: int
    """Who saved it, and alone may delete it."""


class UserCreate(BaseModel):
    """An account as a client asks for it; upper and lower case make no difference in a name."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [USER_EXAMPLE | {"password": "engine of 1843"}]},
    )

    username: Username
    """What to log in with: 3 to 50 letters, digits, dots, dashes or underscores."""
    email: Email
    """An address of your own; nobody else can sign up with it."""
    password: Password
    """8 to 256 characters, any that you like."""


class UserPublic(BaseModel):
    """An account as the API shows it: without the password, hashed or not."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [USER_EXAMPLE | {"id": 1}]},
    )

    id: int
    """The number that a link's `user_id` refers to."""
    username: str
    """The name, in lower case."""
    email: str
    """The address, in lower case."""


class Token(BaseModel):
    """The answer to a log-in."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"access_token": "eyJhb...", "token_type": "bearer"}]},
    )

    access_token: str
    """What to send along as `Authorization: Bearer ...`; it is good for 30 minutes."""
    token_type: str = "bearer"
    """Always `bearer`: whoever bears the token is let in."""


class TokenPayload(BaseModel):
    """What an access token says: the id of the user it was made for."""

    sub: Id
