"""Which passwords are fit to be chosen: long enough and not everybody's first idea."""

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from final.core.fields import casefold

MAX_LENGTH = 256
COMMON_PASSWORDS = Path(__file__).parent / "common_passwords.txt"


@cache
def common_passwords() -> frozenset[str]:
    """Read the list of passwords that are tried first."""
    return frozenset(COMMON_PASSWORDS.read_text().split())


def not_common(password: str) -> str:
    """Refuse what a guesser tries first; capital letters do not make it better."""
    if casefold(password) in common_passwords():
        raise ValueError("is among the most common passwords; a few unrelated words are better")
    return password


def is_personal(password: str, *facts: str | None) -> bool:
    """Tell whether a password is nothing but a name or address of its owner."""
    return casefold(password) in {casefold(fact) for fact in facts if fact}


# No rules of composition: length is what counts, and everything may be typed.
NewPassword = Annotated[
    str,
    StringConstraints(min_length=8, max_length=MAX_LENGTH),
    AfterValidator(not_common),
    Field(description="8 to 256 characters of any kind.", examples=["four unrelated words here"]),
]

# A bound that no request reaches; checking it refuses lone surrogates, which no hash can take.
GivenPassword = Annotated[str, StringConstraints(max_length=2**20)]
