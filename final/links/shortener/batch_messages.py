"""What is said in a batch upload: messages that are read, and results that are told."""

import json
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from final.core.errors import AppError
from final.links.addresses.site import ensure_long_enough
from final.links.schemas import ShortenRequest
from final.links.shortener.groups import Shortened

MAX_ITEMS = 100_000
MAX_MESSAGE = 64 * 1024

Json: TypeAlias = dict[str, Any]


class RefusalError(Exception):
    """A message that does not fit; the connection goes on."""


Letter: TypeAlias = str | RefusalError


class Start(BaseModel):
    """The first message: how many items will come."""

    model_config = ConfigDict(strict=True)

    type: Literal["start"]
    total: int = Field(ge=1, le=MAX_ITEMS)


def open_letter(message: Any) -> Letter:
    """Return the text of a message; what is none, or too much, is not kept."""
    text: str | None = message.get("text")
    if text is None:
        return RefusalError("Messages must be text")
    return text if len(text) <= MAX_MESSAGE else RefusalError("The message is too large")


def read_message(letter: Letter) -> Json | RefusalError:
    """Read a message, or say why it is none."""
    if isinstance(letter, RefusalError):
        return letter
    try:
        message = json.loads(letter)
    except (ValueError, RecursionError):
        return RefusalError("The message is not valid JSON")
    return (
        message if isinstance(message, dict) else RefusalError("The message must be a JSON object")
    )


def is_item(message: Json | RefusalError) -> bool:
    """Tell whether a message is one of those that come by the thousand."""
    return isinstance(message, dict) and message.get("type") == "item"


def read_item(data: object) -> ShortenRequest | Exception:
    """Read an item, or say why it cannot be stored."""
    try:
        request = ShortenRequest.model_validate(data)
        ensure_long_enough(request.alias, is_admin=False)
    except (ValidationError, AppError) as error:
        return error
    return request


def describe(outcome: Shortened | Exception) -> Json:
    """Say what became of an item."""
    match outcome:
        case Shortened():
            return {"status": "ok", **outcome._asdict()}
        case ValidationError():
            return {"status": "error", "code": 422, "detail": explain(outcome)}
        case AppError():
            return {"status": "error", "code": outcome.status, "detail": outcome.message}
        case _:
            return {"status": "error", "code": 500, "detail": "Internal Server Error"}


def name(value: object) -> str:
    """Write an unknown type as its sender did, but not at any length."""
    return (value if isinstance(value, str) else json.dumps(value))[:100]


def explain(error: ValidationError) -> str:
    """Say in one line which fields are wrong and why, without repeating them."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    facts = ((".".join(map(str, item["loc"])) or "data", item["msg"]) for item in problems)
    return "; ".join(f"{where}: {why}".replace(" Value error,", "") for where, why in facts)
