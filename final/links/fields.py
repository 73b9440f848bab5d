"""The kinds of input that links have."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from final.core.fields import MAX_INT, NO_BOOLEAN, Flag, Line, Moment, no_odd_controls
from final.links.addresses.site import KEY

MAX_TITLE, MAX_DESCRIPTION = 200, 2000
MAX_TAGS, MAX_TAG = 20, 50


def or_nothing(value: str) -> str | None:
    """Take a blank text for none at all."""
    return value or None


def no_comma(value: str) -> str:
    """Refuse what could not be told from two tags in a bookmark file."""
    if "," in value:
        raise ValueError("must not contain a comma")
    return value


def distinct(tags: list[str]) -> list[str]:
    """Drop repetitions, ignoring case, and sort."""
    return sorted({tag.lower(): tag for tag in reversed(tags)}.values())


Title = Annotated[
    Line,
    StringConstraints(min_length=1, max_length=MAX_TITLE),
    Field(description="What the link is called.", examples=["FastAPI"]),
]
Description = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MAX_DESCRIPTION),
    AfterValidator(no_odd_controls),
    AfterValidator(or_nothing),
    Field(description="What the link is about.", examples=["Web framework"]),
]
Tag = Annotated[Line, StringConstraints(min_length=1, max_length=MAX_TAG), AfterValidator(no_comma)]
Tags = Annotated[
    list[Tag],
    Field(max_length=MAX_TAGS, description="The caller's own tags.", examples=[["python"]]),
    AfterValidator(distinct),
]
Alias = Annotated[
    str,
    StringConstraints(pattern=f"^{KEY.pattern}$"),
    Field(
        description="3 to 30 letters, digits, `_` or `-`; for administrators 1 to 30.",
        examples=["fastapi"],
    ),
]
ExpiresAt = Annotated[
    Moment,
    Field(description="From then on the short URL is gone.", examples=["2030-01-31T12:00:00Z"]),
]
IsPrivate = Annotated[
    Flag,
    Field(description="Whether nobody else is to see it; the short URL works all the same."),
]
ForwardQuery = Annotated[
    Flag,
    Field(description="Whether the query of the short URL is passed on to where it leads."),
]
MaxClicks = Annotated[
    int,
    Field(ge=1, le=MAX_INT, description="After so many clicks it is gone.", examples=[100]),
    NO_BOOLEAN,
]
