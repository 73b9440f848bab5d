"""Step 5: an account shows a name to call its owner by; no route and no query knows of it."""

from typing import Any

import pytest

from final.users.schemas import PRIVATE, PUBLIC, UserPrivate, UserPublic
from tests.support.server import Person, Server


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [("Ada", "Lovelace", "Ada Lovelace"), (None, "Lovelace", "Lovelace"), (None, None, "ada")],
)
def test_the_name_is_made_of_what_is_given(first: Any, last: Any, shown: str) -> None:
    names = {"first_name": first, "last_name": last}
    for view in (UserPublic(**PUBLIC | names), UserPrivate(**PRIVATE | names)):
        assert view.model_dump()["display_name"] == shown


@pytest.mark.stores("sqlite")
def test_everybody_sees_it(server: Server, ada: Person, bob: Person) -> None:
    assert server.get("/users/me", ada).json()["display_name"] == "ada"
    assert server.get(f"/api/users/{ada.id}", bob).json()["display_name"] == "ada"
    assert [user["display_name"] for user in server.get("/users").json()] == ["ada", "bob"]
