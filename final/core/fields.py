"""Kinds of input that recur: ids, one-line texts, and texts made comparable."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    JsonValue,
    StringConstraints,
)

# The largest id both databases can hold.
MAX_INT = 2**31 - 1
# Fillers of Hangul and an empty Braille cell: letters and symbols by category, white to the eye.
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")

Id = Annotated[int, Path(ge=1, le=MAX_INT, description="The number of the thing.", examples=[1])]


def no_controls(value: str) -> str:
    """Refuse control characters; PostgreSQL has no room for NUL, and a line is one line."""
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise ValueError("must not contain control characters")
    return value


def no_odd_controls(value: str) -> str:
    """Refuse control characters but those that lay out a text of several lines."""
    no_controls(value.translate(dict.fromkeys(map(ord, "\r\n\t"))))
    return value


def is_blank(character: str) -> bool:
    """Tell whether a character by itself leaves paper white: also marks, which need a letter."""
    return character in BLANKS or unicodedata.category(character)[0] in "CMZ"


def has_ink(value: str) -> str:
    """Refuse a text that shows nothing, such as zero-width spaces."""
    if value and all(is_blank(character) for character in value):
        raise ValueError("must contain a visible character")
    return value


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(no_controls),
    AfterValidator(has_ink),
]

Search = Annotated[
    Line | None,
    Query(
        max_length=100,
        description="Literal text to look for, ignoring case and accents.",
        examples=["ada"],
    ),
]


def casefold(text: str) -> str:
    """Return the form in which two spellings of one name are equal."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def in_utc(moment: datetime) -> datetime:
    """Turn a moment to UTC; at the edges of the calendar that is not possible."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None


def not_a_boolean(value: object) -> object:
    """Refuse JSON's `true` and `false`, which Python counts among the numbers."""
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


def not_a_number(value: object) -> object:
    """Refuse JSON's numbers where something else is meant."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError("must not be a number")
    return value


# Stands behind the bounds of a number: before them, pydantic would not document them.
NO_BOOLEAN = BeforeValidator(not_a_boolean)
Flag = Annotated[bool, BeforeValidator(not_a_number)]
Moment = Annotated[AwareDatetime, AfterValidator(in_utc), BeforeValidator(not_a_number)]


class Change(BaseModel):
    """The body of a PUT or PATCH: a field that it does not know is an error, never ignored."""

    model_config = ConfigDict(extra="forbid")


def ensure_not_null(value: object) -> object:
    """Tell "not sent", which changes nothing, from null, where a field cannot be that."""
    if value is None:
        raise ValueError("must not be null")
    return value


def example(value: Mapping[str, JsonValue]) -> ConfigDict:
    """Configure a model that shows this value in the documentation."""
    return ConfigDict(json_schema_extra={"examples": [dict(value)]}, from_attributes=True)
