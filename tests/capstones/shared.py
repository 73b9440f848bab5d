"""Checks that the suites of several capstones make."""

import jwt
import pytest
from httpx2 import Response

from tests.capstones.guest import PASSWORD, Guest
from tests.course.target import SECRET_KEY, RunningServer, Target


def check_no_password(answer: Response) -> None:
    """Fail when an answer shows a password, hashed or not."""
    fields = [field for field in answer.json() if "password" in field or "hash" in field]
    assert not fields, f"the answer has {fields}"
    shown = PASSWORD in answer.text
    assert not shown, "the answer shows the password"


def check_refusal(answer: Response) -> None:
    """Fail unless a refusal says in one sentence why, and a 401 what would open the door."""
    detail = answer.json().get("detail")
    assert isinstance(detail, str), f"expected {{'detail': '...'}}, got {answer.text[:200]}"
    if answer.status_code == 401:
        wanted = answer.headers.get("www-authenticate", "nothing")
        assert wanted.lower().startswith("bearer"), f"WWW-Authenticate says {wanted}"


def expired_token(target: Target, guest: Guest, path: str) -> str:
    """Return somebody's token as it will be when it is over, signed with the app's own key."""
    if isinstance(target, RunningServer):
        pytest.skip("the tests do not know the key of a server: use --app")
    claims = jwt.decode(guest.token or "", options={"verify_signature": False})
    same = guest.with_token(jwt.encode(claims, SECRET_KEY, "HS256"))
    if same.get(path).status_code != 200:
        pytest.fail("the app does not take its key from JWT_SECRET_KEY", pytrace=False)
    return jwt.encode(claims | {"exp": 1}, SECRET_KEY, "HS256")
