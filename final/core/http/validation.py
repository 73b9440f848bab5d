"""What is wrong with the input, found or told outside of pydantic."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError

from final.core.problems import message_of


def missing_fields(*names: str) -> RequestValidationError:
    """Build the error of a body that lacks these fields."""
    return RequestValidationError(
        [{"type": "missing", "loc": ("body", name), "msg": "Field required"} for name in names]
    )


def describe_problems(problems: Sequence[Any], body: Any = None) -> list[dict[str, Any]]:
    """List what is wrong and where, without repeating what was sent: it may be a password.

    Where a field may be of several types, pydantic tells what each of them has against the value.
    One of that is enough, and that it may be null helps nobody.
    """
    described: dict[tuple[Any, ...], dict[str, Any]] = {}
    for problem in sorted(problems, key=lambda problem: problem["type"] == "none_required"):
        place = place_of(problem, body)
        if problem["type"] == "none_required" and any(place == k[: len(place)] for k in described):
            continue
        described.setdefault(
            place, {"type": problem["type"], "loc": place, "msg": message_of(problem)}
        )
    return list(described.values())


def place_of(problem: Any, body: Any) -> tuple[Any, ...]:
    """Return where a problem is, as the client sent it: without names of pydantic's own."""
    source, *path = problem["loc"]
    if source != "body":
        return (source, *path[:1])
    if problem["type"] == "json_invalid":
        return (source, *path)
    return (source, *walk(body, path, to_missing=problem["type"] == "missing"))


def walk(value: Any, path: list[Any], *, to_missing: bool) -> Iterator[Any]:
    """Yield those parts of a path that a body has, and the last one if it is what is missing."""
    for number, part in enumerate(path, 1):
        if has_part(value, part):
            value = value[part]
        elif not to_missing or number < len(path):
            continue
        yield part


def has_part(value: Any, part: str | int) -> bool:
    """Tell whether a value of JSON has a field or an element of this name."""
    if isinstance(value, Mapping):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and part < len(value)
