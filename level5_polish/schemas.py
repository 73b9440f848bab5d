"""What goes in and what comes out: pydantic checks every field before a handler sees it."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, EmailStr, Field, HttpUrl, StringConstraints

Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Field(description="What lists show and searches look through", examples=["FastAPI"]),
]

# An id that fits every database's integer column; a larger one cannot exist.
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]

Username = Annotated[
    str,
    StringConstraints(to_lower=True, min_length=3, max_length=50, pattern="^[A-Za-z0-9_.-]+$"),
    Field(description="What to log in with; it becomes lower case", examples=["ada"]),
]
Email = Annotated[
    EmailStr,
    AfterValidator(str.lower),
    Field(description="An address that nobody else has", examples=["ada@example.com"]),
]
Password = Annotated[
    str,
    StringConstraints(min_length=8, max_length=256),
    Field(description="8 to 256 characters, any that you like", examples=["engine of 1843"]),
]


class LinkBase(BaseModel):
    """The fields that every link has."""

    title: Title
    description: str | None = Field(
        default=None,
        max_length=2000,
        description="What you want to remember about the link",
        examples=["The framework this API is made with"],
    )


class LinkCreate(LinkBase):
    """A link as a client sends it."""

    url: HttpUrl = Field(
        description="The page to remember: http or https",
        examples=["https://fastapi.tiangolo.com/"],
    )


class LinkPublic(LinkBase):
    """A link as the API shows it."""

    url: str = Field(
        description="The page, as a browser would write its address",
        examples=["https://fastapi.tiangolo.com/"],
    )
    id: int = Field(description="The number that names the link in a path", examples=[7])
    created_at: datetime = Field(
        description="When the link was saved, in UTC", examples=["2026-01-31T12:00:00Z"]
    )
    user_id: int = Field(description="Who saved it, and alone may delete it", examples=[1])


class UserCreate(BaseModel):
    """An account as a client asks for it; upper and lower case make no difference in a name."""

    username: Username
    email: Email
    password: Password


class UserPublic(BaseModel):
    """An account as the API shows it: without the password, hashed or not."""

    id: int = Field(description="The number that a link's `user_id` refers to", examples=[1])
    username: Username
    email: Email


class UserWithLinks(UserPublic):
    """An account with the links that it has saved."""

    links: list[LinkPublic] = Field(description="Its links, oldest first")


class Token(BaseModel):
    """The answer to a log-in."""

    access_token: str = Field(
        description="What to send along as `Authorization: Bearer ...`, for 30 minutes",
        examples=["eyJhb..."],
    )
    token_type: str = Field(default="bearer", description="Whoever bears the token is let in")


class TokenPayload(BaseModel):
    """What an access token says: the id of the user it was made for."""

    sub: Id
