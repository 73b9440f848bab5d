"""Personal access tokens: shown once, stored hashed, good everywhere but for making more."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select, update

from final.core.database.engine import utcnow
from final.users.models import AccessToken
from tests.support.server import PASSWORD, Person, Server, wait_for

TOKENS = "/api/auth/tokens"


def create(server: Server, who: Person, **changes: Any) -> Any:
    """Make a token and return what is shown of it."""
    response = server.call("POST", TOKENS, who, json={"name": "Backup"} | changes)
    assert response.status_code == 201, response.text
    return response.json()


def bearer(token: str) -> dict[str, Any]:
    """Return what a request with a token carries."""
    return {"headers": {"Authorization": f"Bearer {token}"}}


def use(server: Server, token: str) -> int:
    """Ask who one is; return the status."""
    return server.get("/users/me", **bearer(token)).status_code


def test_it_is_shown_once_and_stored_hashed(server: Server, ada: Person) -> None:
    shown = create(server, ada)
    (listed,) = server.get(TOKENS, ada).json()
    assert listed == {key: value for key, value in shown.items() if key != "token"}

    async def read(session: Any) -> str:
        return str((await session.exec(select(AccessToken))).one().model_dump())

    assert shown["token"] not in server.in_session(read)


def test_it_is_a_bearer_token_on_every_kind_of_route(server: Server, ada: Person) -> None:
    script = bearer(create(server, ada)["token"])
    body = {"title": "A page", "url": "https://example.com/"}
    assert server.call("POST", "/links", json=body, **script).status_code == 201
    assert len(server.get("/links", **script).json()) == 1
    assert server.get("/my-library", **script).status_code == 200
    assert server.call("POST", "/api/auth/logout", **script).status_code == 204
    assert server.get("/users/me", **script).json()["username"] == "ada"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_it_manages_no_tokens(server: Server, ada: Person, method: str) -> None:
    token = create(server, ada)
    path = f"{TOKENS}/{token['id']}" if method == "DELETE" else TOKENS
    body: dict[str, Any] = {"json": {"name": "More"}} if method == "POST" else {}
    assert server.call(method, path, **bearer(token["token"]), **body).status_code == 403


def test_it_uploads_batches(server: Server, ada: Person) -> None:
    token = create(server, ada)["token"]
    with server.client.websocket_connect(f"/ws/batch-upload/?token={token}") as socket:
        socket.send_json({"type": "start", "total": 1})
        assert socket.receive_json()["type"] == "started"


class TestItsEnd:
    def test_signing_out_is_not_it(self, server: Server, ada: Person) -> None:
        token = create(server, ada)["token"]
        server.call("POST", "/api/auth/logout-all", ada)
        assert use(server, token) == 200

    def test_another_password_is_not_it(self, server: Server, ada: Person) -> None:
        token = create(server, ada)["token"]
        body = {"current_password": PASSWORD, "new_password": "or maybe five of them"}
        assert server.call("POST", "/api/auth/password", json=body, **bearer(token)).is_success
        assert use(server, token) == 200

    def test_it_is_revoked(self, server: Server, ada: Person, bob: Person) -> None:
        token = create(server, ada)
        path = f"{TOKENS}/{token['id']}"
        assert server.call("DELETE", path, bob).status_code == 404
        assert server.call("DELETE", path, ada).status_code == 204
        assert use(server, token["token"]) == 401

    def test_it_expires(self, server: Server, ada: Person) -> None:
        token = create(server, ada, expires_at=(utcnow() + timedelta(hours=1)).isoformat())
        assert use(server, token["token"]) == 200

        async def expire(session: Any) -> None:
            await session.exec(update(AccessToken).values(expires_at=utcnow()))

        server.in_session(expire)
        assert use(server, token["token"]) == 401

    def test_it_ends_with_its_account(self, server: Server, ada: Person) -> None:
        token = create(server, ada)["token"]
        server.change_user(ada.id, is_active=False)
        assert use(server, token) == 401

    def test_it_does_not_come_back_with_its_account(
        self, server: Server, ada: Person, root: Person
    ) -> None:
        token = create(server, ada)["token"]
        for is_active in (False, True):
            body = {"is_active": is_active}
            server.call("PUT", f"/api/users/{ada.id}", root, json=body)
            assert use(server, token) == 401


def test_its_last_use_is_noted_once_a_minute(server: Server, ada: Person) -> None:
    token = create(server, ada)["token"]
    use(server, token)
    wait_for(lambda: server.get(TOKENS, ada).json()[0]["last_used_at"])
    noted = server.get(TOKENS, ada).json()[0]["last_used_at"]
    use(server, token)
    assert server.get(TOKENS, ada).json()[0]["last_used_at"] == noted


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": " "},
        {"name": "x" * 101},
        {"name": "x", "expires_at": "2020-01-01T00:00:00Z"},
        {"name": "x", "expires_at": "2030-01-01T00:00:00"},
    ],
    ids=str,
)
def test_refuses_what_makes_no_sense(server: Server, ada: Person, body: dict[str, Any]) -> None:
    assert server.call("POST", TOKENS, ada, json=body).status_code == 422


@pytest.mark.parametrize("token", ["linkhub_", "linkhub_x", "linkhub_" + "x" * 4000])
def test_what_was_never_made_opens_nothing(server: Server, token: str) -> None:
    assert use(server, token) == 401
