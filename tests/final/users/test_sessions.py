"""Staying signed in: refresh, logout, change of password."""

from typing import Any

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from final.users.models import AuthSession, User
from tests.support.server import PASSWORD, Person, Server

NEW_PASSWORD = "or maybe five of them"


def refresh(server: Server, tokens: dict[str, str]) -> tuple[int, dict[str, str]]:
    """Exchange a refresh token."""
    body = {"refresh_token": tokens["refresh_token"]}
    response = server.client.post("/api/auth/refresh", json=body)
    return response.status_code, response.json()


def is_in(server: Server, person: Person) -> bool:
    """Tell whether the person's access token works."""
    return server.get("/users/me", person).status_code == 200


def exchange(server: Server, **form: str) -> Any:
    """Send a form to the one route that libraries for OAuth2 know, as they do."""
    headers = {"Authorization": "Basic Y2xpZW50Og==", "Accept": "application/json"}
    return server.client.post("/auth/token", data=form | {"scope": ""}, headers=headers)


class TestOAuth2:
    def test_a_library_refreshes_where_it_signed_in(self, server: Server) -> None:
        ada = server.join("ada")
        token = ada.tokens["refresh_token"]
        answer = exchange(server, grant_type="refresh_token", refresh_token=token)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert is_in(server, Person(ada.id, "ada", answer.json()))

    def test_reuse_is_an_invalid_grant_and_ends_the_session(self, server: Server) -> None:
        ada = server.join("ada")
        form = {"grant_type": "refresh_token", "refresh_token": ada.tokens["refresh_token"]}
        exchange(server, **form)
        answer = exchange(server, **form)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
        assert not is_in(server, ada)

    @pytest.mark.parametrize(
        ("form", "status", "error"),
        [
            ({"username": "ada", "password": "wrong"}, 401, "invalid_grant"),
            ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant"),
            ({"grant_type": "refresh_token"}, 422, "invalid_request"),
            ({"username": "ada"}, 422, "invalid_request"),
            ({"username": "a\0da", "password": PASSWORD}, 422, "invalid_request"),
            ({"grant_type": "client_credentials"}, 422, "unsupported_grant_type"),
        ],
    )
    def test_errors_are_in_its_words_beside_ours(
        self, server: Server, form: dict[str, str], status: int, error: str
    ) -> None:
        answer = exchange(server, **form)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
        assert answer.json()["detail"]
        assert set(answer.json()["error_description"]) <= set(map(chr, range(32, 127))) - set('"')

    def test_a_broken_form_is_an_invalid_request(self, server: Server) -> None:
        headers = {"Content-Type": "multipart/form-data"}
        answer = server.client.post("/auth/token", content=b"x", headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    def test_too_many_attempts_say_so(self, server: Server) -> None:
        guesses = [exchange(server, username="ada", password="wrong") for _ in range(11)]
        assert guesses[-1].json()["error"] == "temporarily_unavailable"
        assert "Retry-After" in guesses[-1].headers


class TestRefresh:
    def test_answers_a_new_pair(self, server: Server) -> None:
        ada = server.join("ada")
        status, tokens = refresh(server, ada.tokens)
        assert status == 200
        assert tokens["refresh_token"] != ada.tokens["refresh_token"]
        assert is_in(server, Person(ada.id, "ada", tokens))

    def test_can_go_on_for_ever(self, server: Server) -> None:
        tokens = server.join("ada").tokens
        for _ in range(3):
            status, tokens = refresh(server, tokens)
            assert status == 200

    def test_using_one_twice_ends_the_whole_session(self, server: Server) -> None:
        ada = server.join("ada")
        _, newer = refresh(server, ada.tokens)
        assert refresh(server, ada.tokens)[0] == 401
        assert refresh(server, newer)[0] == 401
        assert not is_in(server, Person(ada.id, "ada", newer))

    def test_leaves_other_sessions_alone(self, server: Server) -> None:
        ada = server.join("ada")
        elsewhere = Person(ada.id, "ada", server.log_in("ada").json())
        refresh(server, ada.tokens)
        refresh(server, ada.tokens)
        assert is_in(server, elsewhere)

    @pytest.mark.parametrize("token", ["", "abc", "a.b.c", "\ud800", "x" * 10_000])
    def test_refuses_rubbish(self, server: Server, token: str) -> None:
        body = b'{"refresh_token": "%s"}' % token.encode("ascii", "backslashreplace")
        headers = {"Content-Type": "application/json"}
        response = server.client.post("/api/auth/refresh", content=body, headers=headers)
        assert response.status_code in (401, 422)

    def test_refuses_an_access_token(self, server: Server) -> None:
        ada = server.join("ada")
        assert refresh(server, {"refresh_token": ada.tokens["access_token"]})[0] == 401
        assert is_in(server, ada)

    def test_refuses_a_deactivated_user(self, server: Server) -> None:
        ada = server.join("ada")
        server.change_user(ada.id, is_active=False)
        assert refresh(server, ada.tokens)[0] == 401

    def test_expired_sessions_are_swept_away_at_the_next_sign_in(self, server: Server) -> None:
        ada = server.join("ada")

        async def expire(session: AsyncSession) -> None:
            opened = await session.get_one(AuthSession, 1)
            opened.expires_at = opened.created_at.replace(year=2020)

        server.in_session(expire)
        assert not is_in(server, ada)
        server.log_in("ada")
        assert server.in_session(lambda session: session.get(AuthSession, 1)) is None


class TestLogout:
    def test_ends_this_session_at_once(self, server: Server) -> None:
        ada = server.join("ada")
        elsewhere = Person(ada.id, "ada", server.log_in("ada").json())
        assert server.call("POST", "/api/auth/logout", ada).status_code == 204
        assert not is_in(server, ada)
        assert refresh(server, ada.tokens)[0] == 401
        assert is_in(server, elsewhere)

    def test_everywhere_ends_all_sessions_of_this_user(self, server: Server) -> None:
        ada, bob = server.join("ada"), server.join("bob")
        elsewhere = Person(ada.id, "ada", server.log_in("ada").json())
        assert server.call("POST", "/api/auth/logout-all", ada).status_code == 204
        assert [is_in(server, who) for who in (ada, elsewhere, bob)] == [False, False, True]


class TestChangeOfPassword:
    def change(self, server: Server, who: Person, current: str, new: str) -> int:
        """Ask for another password."""
        body = {"current_password": current, "new_password": new}
        return server.call("POST", "/api/auth/password", who, json=body).status_code

    def test_replaces_the_password_and_ends_other_sessions(self, server: Server) -> None:
        ada = server.join("ada")
        elsewhere = Person(ada.id, "ada", server.log_in("ada").json())
        assert self.change(server, ada, PASSWORD, NEW_PASSWORD) == 204
        assert server.log_in("ada").status_code == 401
        assert server.log_in("ada", NEW_PASSWORD).status_code == 200
        assert [is_in(server, who) for who in (ada, elsewhere)] == [True, False]

    def test_a_sign_in_that_is_under_way_meanwhile_fails(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = server.join("ada")
        passwords = server.resources.passwords
        verify = passwords.verify

        async def change_meanwhile(password: str, hashed: str | None) -> bool:
            right: bool = await verify(password, hashed)
            async with server.resources.database.transaction() as session:
                user = await session.get_one(User, ada.id)
                user.hashed_password = await passwords.hash(NEW_PASSWORD)
                session.add(user)
            return right

        monkeypatch.setattr(passwords, "verify", change_meanwhile)
        assert server.log_in("ada").status_code == 401

    @pytest.mark.parametrize(
        ("current", "new", "status"),
        [
            ("wrong", NEW_PASSWORD, 403),
            (PASSWORD, "short", 422),
            (PASSWORD, "ada@example.com", 422),
        ],
    )
    def test_refuses(self, server: Server, current: str, new: str, status: int) -> None:
        assert self.change(server, server.join("ada"), current, new) == status
        assert server.log_in("ada").status_code == 200
