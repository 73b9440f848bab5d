"""What goes in and what comes out: pydantic checks every field before a handler sees it."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, HttpUrl, StringConstraints

Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
]

# An id that fits every database's integer column; a larger one cannot exist.
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]


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
