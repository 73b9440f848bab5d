"""What the schemas accept, trim and refuse, without any server."""

from typing import Any

import pytest
from pydantic import ValidationError

from final.core.fields import casefold
from final.users.schemas import LoginRequest, UserRegister, UserUpdate

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


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ada", "ADA"), ("\uff21da", "ada"), ("STRASSE", "straße"), ("e\u0301", "\u00c9")],
)
def test_equal_names_fold_to_the_same(one: str, other: str) -> None:
    assert casefold(one) == casefold(other)
