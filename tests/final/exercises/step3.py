"""Step 3: a token names the installation that has signed it; another's opens nothing."""

from typing import Any

import jwt
import pytest

from tests.support.server import Person, Server


@pytest.mark.stores("sqlite")
def test_a_token_says_who_has_signed_it(server: Server, ada: Person) -> None:
    for kind in ("access_token", "refresh_token"):
        claims = jwt.decode(ada.tokens[kind], options={"verify_signature": False})
        assert claims["iss"] == server.resources.settings.base_url
    assert server.get("/users/me", ada).status_code == 200


@pytest.mark.stores("sqlite")
@pytest.mark.parametrize("changes", [{"iss": "https://elsewhere.example"}, {"iss": None}])
def test_the_key_alone_is_not_enough(server: Server, ada: Person, changes: dict[str, Any]) -> None:
    claims = jwt.decode(ada.tokens["access_token"], options={"verify_signature": False})
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    ada.tokens["access_token"] = jwt.encode(claims, server.tokens.key, server.tokens.algorithm)
    assert server.get("/users/me", ada).status_code == 401
