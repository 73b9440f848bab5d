"""The number of a book: every genuine spelling is one number, everything else is refused."""

import pytest
from pydantic import ValidationError

from final.books.schemas import BookCreate

EDITION = "9780306406157"


def isbn(value: object) -> str:
    """Read a number as the API does."""
    return BookCreate.model_validate({"title": "t", "author": "a", "isbn": value}).isbn


@pytest.mark.parametrize(
    "spelling",
    [
        EDITION,
        "978-0-306-40615-7",
        "978 0 306 40615 7",
        " 9780306406157 ",
        "0306406152",
        "0-306-40615-2",
        "978\u20100\u2010306\u201040615\u20107",
    ],
)
def test_every_spelling_is_one_number(spelling: str) -> None:
    assert isbn(spelling) == EDITION


def test_x_is_a_check_digit_in_either_case() -> None:
    assert isbn("080442957X") == isbn("0-8044-2957-x") == "9780804429573"


@pytest.mark.parametrize("number", ["979-0-2600-0043-8", "9790060115615", "M-2306-7118-7"])
def test_the_number_of_printed_music_is_none(number: str) -> None:
    with pytest.raises(ValidationError, match=r"ISMN|ISBN"):
        isbn(number)


def test_979_is_a_prefix_too() -> None:
    assert isbn("979-10-90636-07-1") == "9791090636071"


@pytest.mark.parametrize(
    "value",
    [
        "9780306406158",
        "0306406153",
        "030640615X",
        "9770306406150",
        "4006381333931",
        "978030640615",
        "030640615",
        "451526538",
        "97803064061577",
        "X306406152",
        "978-0-306-40615-7 or so",
        "\u0669\u0667\u0668\u0660\u0663\u0660\u0666\u0664\u0660\u0666\u0661\u0665\u0667",
        "9780306406157\0",
        "",
        "-" * 13,
        EDITION + " " * 100_000,
        9780306406157,
        None,
    ],
    ids=lambda value: repr(value)[:20],
)
def test_everything_else_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        isbn(value)
