"""What goes in and what comes out."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    StringConstraints,
    field_validator,
)
from pydantic.config import JsonDict

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]
Content = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
TagName = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=50)
]
EXAMPLE: JsonDict = {"title": "Hello, world", "content": "The first post.", "tags": ["news"]}
LEFT_OUT: Any = None


class UserCreate(BaseModel):
    """A sign-up."""

    username: Annotated[str, StringConstraints(min_length=3, max_length=50)]
    email: EmailStr
    password: Annotated[str, StringConstraints(min_length=8, max_length=256)]


class UserPublic(BaseModel):
    """An account as everybody sees it."""

    id: int
    username: str


class UserPrivate(UserPublic):
    """An account as its owner sees it."""

    email: str
    role: str


class Token(BaseModel):
    """The answer to a log-in."""

    access_token: str
    token_type: str = "bearer"


class PostCreate(BaseModel):
    """A post as it is written, or as it replaces another."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    title: Title
    content: Content
    published: bool = True
    tags: Annotated[list[TagName], Field(max_length=20)] = []


class PostUpdate(BaseModel):
    """Changes to a post: only what is sent."""

    title: Title = LEFT_OUT
    content: Content = LEFT_OUT
    published: bool = LEFT_OUT
    tags: Annotated[list[TagName], Field(max_length=20)] = LEFT_OUT


class PostPublic(BaseModel):
    """A post."""

    id: int
    title: str
    slug: str
    content: str
    published: bool
    tags: list[str]
    image_url: str | None
    author: UserPublic
    created_at: datetime
    updated_at: datetime

    @field_validator("tags", mode="before")
    @classmethod
    def name_tags(cls, tags: list[Any]) -> list[str]:
        """Show the names of the tags, in order."""
        return sorted(tag.name for tag in tags)


class PostPage(BaseModel):
    """One page of posts, and its place among the others."""

    items: list[PostPublic]
    total: int
    page: int
    size: int
    pages: int


class ErrorMessage(BaseModel):
    """Why a request was refused."""

    detail: str


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the refusals of a route."""
    return {status: {"model": ErrorMessage} for status in statuses}
