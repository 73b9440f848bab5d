"""Tokens that somebody has tampered with."""

import base64
import json
import time
from typing import Any

import jwt
import pytest

from final.core.tokens import Tokens
from final.users.models import Role
from tests.support.server import SECRET, Person, Server, make_settings

# The stricter of the two: it takes no number that is too large.
pytestmark = pytest.mark.stores("postgresql+valkey")


def encode(claims: dict[str, Any], key: str = SECRET, algorithm: str = "HS256") -> str:
    """Sign claims."""
    return jwt.encode(claims, key, algorithm)


def unsigned(claims: dict[str, Any]) -> str:
    """Write a token that says it needs no signature."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def status(server: Server, token: str, scheme: str = "Bearer") -> int:
    """Knock with a token."""
    headers = {"Authorization": f"{scheme} {token}"}
    return server.client.get("/users/me", headers=headers).status_code


@pytest.fixture
def claims(ada: Person) -> dict[str, Any]:
    """Return what a good token says."""
    claims: dict[str, Any] = jwt.decode(ada.tokens["access_token"], SECRET, ["HS256"])
    return claims


def test_a_good_token_opens(server: Server, claims: dict[str, Any]) -> None:
    assert status(server, encode(claims)) == 200
    assert status(server, encode(claims), scheme="bearer") == 200


def test_a_signature_of_another_kind_does_not(server: Server, claims: dict[str, Any]) -> None:
    assert status(server, unsigned(claims)) == 401
    assert status(server, encode(claims, key="another key " * 4)) == 401
    assert status(server, encode(claims, SECRET * 2, "HS512")) == 401
    assert status(server, encode(claims), scheme="Basic") == 401


@pytest.mark.parametrize("claim", ["exp", "iat", "sub", "sid", "jti", "type"])
def test_no_claim_may_be_missing(server: Server, claims: dict[str, Any], claim: str) -> None:
    del claims[claim]
    assert status(server, encode(claims)) == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1_000_000_000},
        {"exp": "tomorrow"},
        {"exp": [1]},
        {"exp": None},
        {"sub": "999"},
        {"sub": "0"},
        {"sub": "-1"},
        {"sub": "1 OR 1=1"},
        {"sub": "9" * 10},
        {"sub": "9" * 400},
        {"sub": "\u0661"},
        {"sid": 999},
        {"sid": "1"},
        {"sid": True},
        {"sid": 2**31},
        {"sid": 2**70},
        {"sid": None},
        {"type": "refresh"},
        {"type": "admin"},
        {"jti": 7},
    ],
    ids=str,
)
def test_no_claim_may_be_wrong(
    server: Server, claims: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert status(server, encode(claims | changes)) == 401


def test_a_second_too_late_is_too_late(server: Server, claims: dict[str, Any]) -> None:
    assert status(server, encode(claims | {"exp": int(time.time()) - 1})) == 401


def test_a_number_for_a_subject_is_no_string(server: Server, claims: dict[str, Any]) -> None:
    payload = json.dumps(claims | {"sub": 1}).encode()
    assert status(server, jwt.api_jws.encode(payload, SECRET, "HS256")) == 401


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é", "x" * 50_000, "null"])
def test_rubbish_is_refused(server: Server, token: str) -> None:
    headers = {b"Authorization": b"Bearer " + token.encode()}
    response = server.client.get("/users/me", headers=headers)
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_token_in_the_query_string_is_ignored(server: Server, ada: Person) -> None:
    query = {"token": ada.tokens["access_token"], "access_token": ada.tokens["access_token"]}
    assert server.client.get("/users/me", params=query).status_code == 401


def test_a_refresh_token_opens_nothing(server: Server, ada: Person) -> None:
    assert status(server, ada.tokens["refresh_token"]) == 401


def test_the_session_must_be_the_users_own(server: Server, claims: dict[str, Any]) -> None:
    bob = server.join("bob")
    assert status(server, encode(claims | {"sub": str(bob.id)})) == 401


def test_the_role_is_not_in_the_token(server: Server, claims: dict[str, Any]) -> None:
    token = encode(claims | {"role": "admin", "is_admin": True})
    headers = {"Authorization": f"Bearer {token}"}
    assert server.client.get("/api/users/?role=user", headers=headers).status_code == 403


def test_a_demoted_admin_is_one_no_more(server: Server) -> None:
    root = server.join("root", Role.ADMIN)
    server.change_user(root.id, role=Role.USER)
    assert server.get("/api/users/?role=user", root).status_code == 403


def test_development_makes_one_key_and_keeps_it(tmp_path: Any) -> None:
    settings = make_settings("sqlite://", jwt_secret_key=None, jwt_key_file=tmp_path / "key")
    first, second = Tokens(settings), Tokens(settings)
    assert first.key == second.key
    assert len(first.key) >= 64
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
