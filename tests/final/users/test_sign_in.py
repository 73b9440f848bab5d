"""Signing up and in, by every route."""

from typing import Any

import jwt
import pytest

from tests.support.server import PASSWORD, SECRET, Server

SIGN_UP = ["/auth/register", "/api/auth/register", "/api/v1/users", "/users"]


class TestSignUp:
    @pytest.mark.parametrize("path", SIGN_UP)
    def test_answers_201_with_the_own_view(self, server: Server, path: str) -> None:
        body = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
        response = server.client.post(path, json=body)
        assert response.status_code == 201
        assert response.json().items() >= {"username": "ada", "email": "ada@example.com"}.items()
        assert "password" not in response.text

    def test_takes_a_profile(self, server: Server) -> None:
        response = server.register("ada", first_name=" Ada ", phone_number="+44 20 7946 0958")
        assert response.json()["first_name"] == "Ada"
        assert response.json()["phone_number"] == "+44 20 7946 0958"

    @pytest.mark.parametrize("name", ["ada", "ADA", "Ada"])
    def test_refuses_a_taken_name_in_any_case(self, server: Server, name: str) -> None:
        server.register("Ada")
        response = server.register(name, email="other@example.com")
        assert response.status_code == 409
        assert response.json() == {"detail": "This username is already taken"}

    @pytest.mark.parametrize(
        "email", ["ada@example.com", "ADA@EXAMPLE.COM", "\uff41da@example.com"]
    )
    def test_refuses_a_taken_address_in_any_spelling(self, server: Server, email: str) -> None:
        server.register("ada")
        response = server.register("other", email=email)
        assert response.status_code == 409
        assert response.json() == {"detail": "This email is already registered"}

    def test_ignores_what_only_an_admin_may_set(self, server: Server) -> None:
        body = server.register("ada", id=99, role="admin", is_active=False).json()
        assert (body["id"], body["role"], body["is_active"]) == (1, "user", True)

    @pytest.mark.parametrize("password", ["2 short", "password123", "PASSWORD123", "x" * 257])
    def test_refuses_weak_and_endless_passwords(self, server: Server, password: str) -> None:
        response = server.register("ada", password=password)
        assert response.status_code == 422
        assert password not in response.text

    def test_refuses_the_name_as_password(self, server: Server) -> None:
        response = server.register("ada.lovelace", password="Ada.Lovelace")
        assert response.status_code == 422
        assert "Ada.Lovelace" not in response.text

    @pytest.mark.parametrize("length", [71, 72, 73, 200, 256])
    def test_every_byte_of_a_long_password_counts(self, server: Server, length: int) -> None:
        password = "é" * (length - 1)
        server.register("ada", password=password + "x")
        assert server.log_in("ada", password + "y").status_code == 401
        assert server.log_in("ada", password + "x").status_code == 200

    def test_a_password_may_hold_anything(self, server: Server) -> None:
        server.register("ada", password="nul \0 and 🔑🔑🔑")
        assert server.log_in("ada", "nul \0 and 🔑🔑🔑").status_code == 200


class TestSignIn:
    @pytest.mark.parametrize("name", ["ada", "ADA", "ada@example.com", "Ada@Example.com"])
    def test_takes_name_or_address(self, server: Server, name: str) -> None:
        server.register("ada")
        response = server.log_in(name)
        assert response.status_code == 200
        assert response.json().keys() == {
            "access_token",
            "token_type",
            "expires_in",
            "refresh_token",
        }

    def test_takes_json_too(self, server: Server) -> None:
        server.register("ada")
        body = {"email": "ada@example.com", "password": PASSWORD}
        response = server.client.post("/api/auth/login", json=body)
        assert response.json()["token_type"] == "bearer"
        assert response.headers["Cache-Control"] == "no-store"

    def test_is_kept_out_of_caches(self, server: Server) -> None:
        server.register("ada")
        assert server.log_in("ada").headers["Cache-Control"] == "no-store"

    def test_token_names_the_user_and_lasts_half_an_hour(self, server: Server) -> None:
        ada = server.join("ada")
        claims = jwt.decode(ada.tokens["access_token"], SECRET, ["HS256"])
        assert claims["sub"] == str(ada.id)
        assert claims["exp"] - claims["iat"] == ada.tokens["expires_in"] == 1800

    def test_unknown_wrong_and_deactivated_are_one_answer(self, server: Server) -> None:
        server.register("ada")
        gone = server.join("gone")
        server.change_user(gone.id, is_active=False)
        answers = [
            server.log_in("nobody"),
            server.log_in("ada", "wrong"),
            server.log_in("ada", "w" * 1_000),
            server.log_in("gone"),
        ]
        assert {answer.status_code for answer in answers} == {401}
        assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}
        assert len({answer.text for answer in answers}) == 1

    @pytest.mark.parametrize(
        "form",
        [
            {},
            {"username": "ada"},
            {"username": "a\0da", "password": PASSWORD},
            {"username": "ada", "password": PASSWORD, "grant_type": "client_credentials"},
        ],
    )
    def test_refuses_a_broken_form(self, server: Server, form: dict[str, str]) -> None:
        assert server.client.post("/auth/token", data=form).status_code == 422

    def test_renews_a_hash_of_other_cost(self, server: Server) -> None:
        ada = server.join("ada")
        server.resources.passwords.context.update(bcrypt_sha256__rounds=5)
        assert server.log_in("ada").status_code == 200
        assert "r=5" in stored_hash(server, ada.id)

    @pytest.mark.parametrize(
        ("chosen", "typed"),
        [
            ("\u00e4pfel und birnen", "a\u0308pfel und birnen"),
            ("a\u0308pfel und birnen", "\u00e4pfel und birnen"),
            ("\uff46\uff4f\uff55\uff52 unrelated words", "four unrelated words"),
            ("\u1112\u1161\u11ab\u1100\u1173\u11af 123", "\ud55c\uae00 123"),
        ],
    )
    def test_a_password_is_the_same_on_every_keyboard(
        self, server: Server, chosen: str, typed: str
    ) -> None:
        server.register("ada", password=chosen)
        assert server.log_in("ada", typed).status_code == 200

    def test_an_older_hash_of_another_spelling_works_once_more_and_is_replaced(
        self, server: Server
    ) -> None:
        ada, spelled = server.join("ada"), "a\u0308pfel und birnen"
        older = server.resources.passwords.context.hash(spelled)
        server.change_user(ada.id, hashed_password=older)
        assert server.log_in("ada", spelled).status_code == 200
        assert server.log_in("ada", "\u00e4pfel und birnen").status_code == 200
        assert stored_hash(server, ada.id) != older

    @pytest.mark.parametrize(
        ("email", "typed"),
        [
            ("ada@xn--bcher-kva.de", "ada@xn--bcher-kva.de"),
            ("ada@xn--bcher-kva.de", "ADA@B\u00dcCHER.de"),
            ("ada@b\u00fccher.de", "ada@XN--BCHER-KVA.DE"),
            ("ada@\u4f8b\u3048.jp", "ada@xn--r8jz45g.jp"),
            ("ada@example.com", "ada\uff20EXAMPLE\u3002com"),
        ],
    )
    def test_an_address_is_the_same_in_every_spelling(
        self, server: Server, email: str, typed: str
    ) -> None:
        server.register("ada", email=email)
        assert server.log_in(typed).status_code == 200
        assert server.register("bob", email=typed.replace("\uff20", "@")).status_code == 409

    def test_keeps_nobody_waiting_while_it_hashes(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server.join("ada")
        passwords, engine = (
            server.resources.passwords,
            server.resources.database.engine,
        )
        in_use: list[int] = []
        run = passwords._run

        def noted(work: Any) -> Any:
            in_use.append(engine.pool.checkedout())
            return run(work)

        passwords.context.update(bcrypt_sha256__rounds=5)
        monkeypatch.setattr(passwords, "_run", noted)
        assert server.log_in("ada").status_code == 200
        assert in_use == [0, 0]  # connections while it was checked and while it was renewed

    @pytest.mark.parametrize("path", ["/users/me", "/api/v1/users/me", "/api/auth/me"])
    def test_shows_who_one_is(self, server: Server, path: str) -> None:
        ada = server.join("ada")
        assert server.get(path, ada).json()["email"] == "ada@example.com"
        assert server.get(path).status_code == 401


def stored_hash(server: Server, user_id: int) -> str:
    """Read the hash of an account."""
    from final.users.models import User

    async def read(session: Any) -> str:
        return str((await session.get_one(User, user_id)).hashed_password)

    return server.in_session(read)
