"""Step 8: the list of accounts that everybody sees is kept, and never older than the last write."""

import pytest
from sqlalchemy import event

from final.users.models import Role
from tests.support.server import PASSWORD, Person, Server

USERS = "/api/v1/users"


def names(server: Server, query: str = "") -> list[str]:
    """Return who is in the list."""
    return [user["username"] for user in server.get(f"{USERS}?{query}").json()]


@pytest.mark.stores("sqlite")
def test_the_second_reader_costs_no_query_and_sees_every_write(server: Server) -> None:
    root = server.join("root", Role.ADMIN)
    ada: Person = server.join("ada")
    asked: list[str] = []
    engine = server.resources.database.engine.sync_engine
    assert names(server) == ["root", "ada"]
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert names(server) == ["root", "ada"]
    assert asked == []
    assert names(server, "search=ada") == ["ada"]
    assert names(server, "limit=1") == ["root"]
    assert server.register("bob").status_code == 201
    assert names(server) == ["root", "ada", "bob"]
    body = {"username": "eve", "email": "eve@example.com", "password": PASSWORD}
    assert server.call("POST", "/api/users/", root, json=body).status_code == 201
    assert names(server) == ["root", "ada", "bob", "eve"]
    assert server.call("PUT", f"/api/users/{ada.id}", ada, json={"username": "ada2"}).is_success
    assert server.call("DELETE", f"/api/users/{root.id + 2}", root).status_code == 204
    assert names(server) == ["root", "ada2", "eve"]
