"""What the schemas accept, trim and refuse, without any server."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ValidationError

from final.core.fields import casefold
from final.links.shortener.batch_messages import Start
from final.main import create_app
from final.users.schemas import LoginRequest, UserRegister, UserUpdate
from tests.support.server import make_settings

GOOD = {"username": "ada", "email": "ada@example.com", "password": "four unrelated words"}


@pytest.mark.parametrize(
    "changes",
    [
        {"username": "a.b-c_9"},
        {"username": "x" * 50},
        {"password": "x7#kqpz!"},
        {"password": "ü" * 256},
        {"first_name": "Zoë"},
        {"last_name": None},
        {"phone_number": "(030) 901820"},
        {"email": "a+b@sub.example.org"},
    ],
    ids=str,
)
def test_a_good_registration(changes: dict[str, Any]) -> None:
    UserRegister.model_validate(GOOD | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"username": "ab"},
        {"username": "x" * 51},
        {"username": "ada lovelace"},
        {"username": "ada@example.com"},
        {"username": "ad\u0430"},
        {"username": "ada\n"},
        {"username": None},
        {"email": "ada"},
        {"email": "ada@"},
        {"email": f"{'x' * 250}@example.com"},
        {"password": "1234567"},
        {"password": "x" * 257},
        {"password": "iLoveYou"},
        {"password": "ada@example.com"},
        {"password": 12345678},
        {"first_name": ""},
        {"first_name": "x" * 101},
        {"first_name": "a\x1b[31m"},
        {"phone_number": "12"},
        {"phone_number": "1" * 32},
    ],
    ids=str,
)
def test_a_bad_registration(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        UserRegister.model_validate(GOOD | changes)


def test_texts_are_trimmed() -> None:
    assert UserRegister.model_validate(GOOD | {"first_name": "  Ada  "}).first_name == "Ada"
    assert LoginRequest.model_validate({"email": " ada ", "password": " x "}).email == "ada"


def test_passwords_are_not() -> None:
    spaced = UserRegister.model_validate(GOOD | {"password": "  seven  "})
    assert spaced.password == "  seven  "


def test_an_update_knows_what_was_sent() -> None:
    assert UserUpdate.model_validate({"phone_number": None}).model_dump(exclude_unset=True) == {
        "phone_number": None
    }


def inputs() -> dict[str, type[BaseModel]]:
    """Collect the bodies that routes take in JSON."""
    routes = iter_route_contexts(create_app(make_settings("sqlite://")).routes)
    fields = [field for route in routes for field in body_fields(route)]
    kinds = [kind for field in fields for kind in (field, *get_args(field))]
    return {kind.__name__: kind for kind in kinds if is_model(kind)}


def body_fields(route: Any) -> list[Any]:
    """List the types of what a route takes in its body."""
    dependant = getattr(route, "dependant", None)
    return [field.field_info.annotation for field in dependant.body_params] if dependant else []


def is_model(kind: Any) -> bool:
    """Tell whether a type is a model."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def wrong_values(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield fields with a value of a type that Python, but nobody else, takes for theirs."""
    for name, field in schema["properties"].items():
        kinds = [field, *field.get("anyOf", [])]
        if any(kind.get("type") == "integer" for kind in kinds):
            yield from ((name, value) for value in (True, False))
        if any(kind.get("type") == "boolean" for kind in kinds):
            yield from ((name, value) for value in (0, 1, 0.0))
        if any(kind.get("format") == "date-time" for kind in kinds):
            yield from ((name, value) for value in (0, 1.5, True, 4102444800))


def test_no_type_passes_for_another() -> None:
    tried = 0
    models: list[type[BaseModel]] = [*inputs().values(), Start]
    for model in models:
        for name, value in wrong_values(model.model_json_schema()):
            tried += 1
            with pytest.raises(ValidationError) as caught:
                model.model_validate({name: value})
            wrong = {problem["loc"][0] for problem in caught.value.errors()}
            assert name in wrong, (model.__name__, name, value)
    assert tried > 25


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ada", "ADA"), ("\uff21da", "ada"), ("STRASSE", "straße"), ("e\u0301", "\u00c9")],
)
def test_equal_names_fold_to_the_same(one: str, other: str) -> None:
    assert casefold(one) == casefold(other)
