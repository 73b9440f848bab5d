"""What no answer of a level shows, but its README claims."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openapi_spec_validator import validate
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.course.in_process import Level
from tests.course.levels import apps_from
from tests.course.visitor import Visitor, new_link
from tests.support.fuzzing import fuzz, operations_of


@pytest.fixture
def client(level: str, folder: Path) -> Iterator[Any]:
    """Yield a client of a running level."""
    with Level(level).running(folder) as client:
        yield client


def module(level: str, name: str) -> ModuleType:
    """Return a module of a level that is running."""
    return sys.modules[f"{level.partition('.')[0]}.{name}"]


@pytest.mark.parametrize("level", apps_from("database"))
def test_links_are_put_in_order_by_the_database(level: str, client: TestClient) -> None:
    statements: list[str] = []
    engine = module(level, "database").engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    client.get("/links")
    assert "ORDER BY link.id" in statements[-1]


@pytest.mark.parametrize("level", apps_from("auth"))
@pytest.mark.parametrize("username", ["ada", "nobody"])
def test_every_log_in_checks_a_password(
    level: str, username: str, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = Visitor(client, level)
    visitor.register(username="ada")
    checked: list[str] = []
    context = module(level, "security").password_context
    monkeypatch.setattr(context, "verify", lambda password, _: checked.append(password))
    visitor.post("/auth/token", data={"username": username, "password": "wrong one"}, expect=401)
    assert checked == ["wrong one"]


@pytest.mark.parametrize("level", apps_from("relationships"))
def test_users_see_their_own_links(level: str, client: TestClient) -> None:
    ada, bob = (Visitor(client, level).sign_up() for _ in range(2))
    saved = [ada.save(), ada.save()]
    assert bob.save() not in saved
    assert ada.get("/users/me", expect=200).json()["links"] == saved


@pytest.mark.parametrize("level", apps_from("relationships"))
def test_the_database_refuses_a_link_of_nobody(level: str, client: Any) -> None:
    async def save_link_of_nobody() -> None:
        async with AsyncSession(module(level, "database").engine) as session:
            session.add(module(level, "models").Link(**new_link(), user_id=99))
            await session.commit()

    with pytest.raises(IntegrityError):
        client.portal.call(save_link_of_nobody)


@pytest.mark.parametrize("level", apps_from("polish"))
def test_the_documentation_says_where_the_api_is_and_what_asks_for_a_token(
    client: TestClient,
) -> None:
    document = client.get("/openapi.json").json()
    validate(document)
    assert [server["url"] for server in document["servers"]] == ["/"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            refused = client.request(method, path.replace("{link_id}", "1"))
            wants_token = refused.headers.get("WWW-Authenticate") is not None
            assert bool(operation["security"]) == wants_token, (method, path)


@pytest.mark.parametrize("level", apps_from("polish"))
def test_nothing_is_answered_that_is_not_documented(level: str, client: TestClient) -> None:
    ada = Visitor(client, level).sign_up()
    callers = {"anonymous": {}, "user": {"Authorization": f"Bearer {ada.token}"}}
    found: list[str] = []
    for operation in operations_of(client.get("/openapi.json").json()):
        found += fuzz(client, operation, callers, {"link_id": ada.save()["id"]})
    assert found == []
