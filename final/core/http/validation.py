"""What is wrong with the input, found or told outside of pydantic."""

from collections.abc import Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError


def missing_fields(*names: str) -> RequestValidationError:
    """Build the error of a body that lacks these fields."""
    return RequestValidationError(
        [{"type": "missing", "loc": ("body", name), "msg": "Field required"} for name in names]
    )


def describe_problems(problems: Sequence[Any]) -> list[dict[str, Any]]:
    """List what is wrong and where, without repeating what was sent: it may be a password."""
    return [
        {
            "type": problem["type"],
            "loc": problem["loc"],
            "msg": problem["msg"].removeprefix("Value error, "),
        }
        for problem in problems
    ]
