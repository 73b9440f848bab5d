"""What is wrong with an input, in words, without repeating it: it may be a password."""

from typing import Any

from pydantic import ValidationError


def message_of(problem: Any) -> str:
    """Say what is wrong, to somebody who does not know how this is programmed."""
    message: str = problem["msg"].removeprefix("Value error, ")
    return "must be a file" if "UploadFile" in message else message


def problems_in(error: ValidationError) -> list[tuple[str, str]]:
    """List where something is wrong, and what."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    return [(".".join(map(str, problem["loc"])), message_of(problem)) for problem in problems]


def describe_error(error: ValidationError, between: str = "; ") -> str:
    """Say of every place what is wrong there."""
    return between.join(": ".join(filter(None, pair)) for pair in problems_in(error))
