"""What goes in and what comes out: pydantic checks every field before a handler sees it."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, HttpUrl, StringConstraints


def check_visible(text: str) -> str:
    """Refuse a text that shows nothing, such as one of zero-width spaces, or that has a NUL."""
    if "\0" in text or not any(letter.isprintable() and not letter.isspace() for letter in text):
        raise ValueError("Text should be visible and without NUL characters")
    return text


Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(check_visible),
]


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
