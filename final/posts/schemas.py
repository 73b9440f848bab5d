"""What goes into and comes out of the routes of posts."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    JsonValue,
    StringConstraints,
    field_validator,
)
from pydantic.json_schema import SkipJsonSchema

from final.core.fields import (
    Change,
    Flag,
    Line,
    casefold,
    ensure_not_null,
    example,
    has_ink,
    no_controls,
    no_odd_controls,
)

SortOrder = Literal[
    "-published_at",
    "published_at",
    "-created_at",
    "created_at",
    "-updated_at",
    "updated_at",
    "title",
    "-title",
    "-id",
    "id",
]


def in_order(names: list[str]) -> list[str]:
    """Sort tags and drop repetitions."""
    return sorted(set(names))


Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=200),
    AfterValidator(no_controls),
    AfterValidator(has_ink),
    Field(description="3 to 200 characters.", examples=["Notes on the Analytical Engine"]),
]
Content = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100_000),
    AfterValidator(no_odd_controls),
    AfterValidator(has_ink),
    Field(description="The text; any number of lines.", examples=["It weaves algebra."]),
]
Tag = Annotated[
    Line,
    AfterValidator(casefold),
    AfterValidator(str.strip),
    StringConstraints(min_length=1, max_length=50),
]
Tags = Annotated[
    list[Tag],
    Field(max_length=20, description="Tags, ignoring case.", examples=[["history", "math"]]),
    AfterValidator(in_order),
]
Published = Annotated[
    Flag, Field(description="Visible to everyone; otherwise a draft, for its author only.")
]

WRITTEN: dict[str, JsonValue] = {
    "title": "Notes on the Analytical Engine",
    "content": "It weaves algebraic patterns as the loom weaves flowers and leaves.",
    "published": True,
    "tags": ["history", "math"],
}
AUTHOR: dict[str, JsonValue] = {"id": 1, "username": "ada"}
PUBLIC: dict[str, JsonValue] = {
    "id": 1,
    "slug": "notes-on-the-analytical-engine",
    **WRITTEN,
    "author": AUTHOR,
    "image_url": "/api/v1/posts/images/0f8fad5bd9cb469fa16570867728950e.png",
    "published_at": "2026-01-31T12:00:00Z",
    "created_at": "2026-01-31T12:00:00Z",
    "updated_at": "2026-01-31T12:00:00Z",
}


class PostCreate(BaseModel):
    """A post as it is written."""

    model_config = example(WRITTEN)

    title: Title
    content: Content
    published: Published = True
    tags: Tags = []


class PostReplace(PostCreate, Change):
    """A post that takes the place of what was there."""


class PostUpdate(Change):
    """Changes to a post: only what is sent is changed."""

    model_config = example({"published": True})

    title: Title | SkipJsonSchema[None] = None
    content: Content | SkipJsonSchema[None] = None
    published: Published | SkipJsonSchema[None] = None
    tags: Tags | SkipJsonSchema[None] = None

    _not_null = field_validator("*")(ensure_not_null)


class PostAuthor(BaseModel):
    """Who wrote a post, as everyone may see it."""

    model_config = example(AUTHOR)

    id: int = Field(description="The number of the account.")
    username: str | None = Field(
        description="The sign-in name; null once the account is deactivated."
    )


class PostPublic(BaseModel):
    """A post."""

    model_config = example(PUBLIC)

    id: int = Field(description="The number of the post.")
    title: str = Field(description="The headline.")
    slug: str = Field(description="The title, fit for a URL; no two posts share one.")
    content: str = Field(description="The text.")
    published: bool = Field(description="False for a draft.")
    author: PostAuthor = Field(description="Who wrote it.")
    tags: list[str] = Field(description="In alphabetical order.")
    image_url: str | None = Field(description="Where its image is, if it has one.")
    published_at: datetime | None = Field(description="When it was first shown to everyone.")
    created_at: datetime = Field(description="When it was written, in UTC.")
    updated_at: datetime = Field(description="When anything about the post last changed.")


class PostPage(BaseModel):
    """One page of posts and its place among the others."""

    model_config = example(
        {"items": [PUBLIC], "total": 1, "page": 1, "size": 10, "pages": 1, "next": None}
    )

    items: list[PostPublic] = Field(description="The posts of this page, in order.")
    total: int = Field(
        description="How many posts there are on all pages; 10000 where there are more: `next` "
        "leads on."
    )
    page: int | None = Field(description="Which page this is, from 1; null after an `after`.")
    size: int = Field(description="How many posts a page has at most.")
    pages: int = Field(description="How many pages there are.")
    next: str | None = Field(description="To be sent as `after` for what follows; null at the end.")


class ExportFormat(StrEnum):
    """What an export looks like."""

    JSONL = "jsonl"
    CSV = "csv"
