"""What goes in and what comes out: pydantic checks every field before a handler sees it."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, EmailStr, Field, HttpUrl, StringConstraints

Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
]

# An id that fits every database's integer column; a larger one cannot exist.
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]

Username = Annotated[
    str,
    StringConstraints(to_lower=True, min_length=3, max_length=50, pattern="^[A-Za-z0-9_.-]+$"),
]
Email = Annotated[
    EmailStr,
    AfterValidator(str.lower),
]
Password = Annotated[
    str,
    StringConstraints(min_length=8, max_length=256),
]


class LinkBase(BaseModel):
    """The fields that every link has."""

    title: Title
    description: str | None = Field(
        default=None,
        max_length=2000,
    )


class LinkCreate(LinkBase):
    """A link as a client sends it."""

    url: HttpUrl


class LinkPublic(LinkBase):
    """A link as the API shows it."""

    url: str
    id: int
    created_at: datetime


class UserCreate(BaseModel):
    """An account as a client asks for it; upper and lower case make no difference in a name."""

    username: Username
    email: Email
    password: Password


class UserPublic(BaseModel):
    """An account as the API shows it: without the password, hashed or not."""

    id: int
    username: Username
    email: Email


class Token(BaseModel):
    """The answer to a log-in."""

    access_token: str
    token_type: str = "bearer"


class TokenPayload(BaseModel):
    """What an access token says: the id of the user it was made for."""

    sub: Id
