"""Guests read whole lists, and an app that has no pages does not keep them for ever."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.capstones.guest import Guest, every

ACCOUNTS = [{"id": number} for number in range(250)]


def guest_of(answer: Any) -> Guest:
    """Return a guest of an app with one list."""

    def get(path: str, params: dict[str, int], expect: int) -> Any:
        return SimpleNamespace(json=lambda: answer(**params))

    return cast("Guest", SimpleNamespace(get=get))


def test_a_list_is_read_to_its_end() -> None:
    guest = guest_of(lambda skip, limit: ACCOUNTS[skip : skip + limit])
    assert every(guest, "/users") == ACCOUNTS


@pytest.mark.parametrize("size", [100, 250])
def test_a_list_that_knows_no_skip_is_read_once(size: int) -> None:
    guest = guest_of(lambda skip, limit: ACCOUNTS[:size])
    assert every(guest, "/users") == ACCOUNTS[:size]
