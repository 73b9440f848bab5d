"""A place in a sorted list that stays the same while posts come and go."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from final.core.fields import MAX_INT, Moment
from final.posts.schemas import PostPublic, SortOrder

MOMENT: TypeAdapter[Any] = TypeAdapter(Moment)
# What a list is sorted by, and what a cursor holds of it.
VALUES: dict[str, tuple[str, TypeAdapter[Any]]] = {
    "id": ("id", TypeAdapter(Annotated[int, Field(strict=True, ge=1, le=MAX_INT)])),
    "title": ("slug", TypeAdapter(str)),
    **{f"{what}_at": (f"{what}_at", MOMENT) for what in ("published", "created", "updated")},
}


@dataclass(frozen=True)
class Cursor:
    """Behind which post a page begins, by what the list is sorted by."""

    value: datetime | str | int
    id: int


def cursor_after(sort: SortOrder, post: PostPublic) -> str:
    """Write down the place behind a post."""
    value = getattr(post, VALUES[sort.removeprefix("-")][0])
    return urlsafe_b64encode(to_json([sort, value, post.id])).decode().rstrip("=")


def read_cursor(sort: SortOrder, text: str) -> Cursor:
    """Read a place in a list of this order, or raise `ValueError`."""
    try:
        written, value, number = from_json(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        value = VALUES[sort.removeprefix("-")][1].validate_python(value)
    except (ValueError, ValidationError, TypeError):
        raise ValueError("is not the `next` of a page") from None
    if written != sort:
        raise ValueError("is the `next` of a page in another order")
    if type(number) is not int or not 0 < number <= MAX_INT or "\0" in str(value):
        raise ValueError("is not the `next` of a page")
    return Cursor(value, number)
