"""Made-up requests to every operation, by everybody: answered as the documentation says.

`FUZZ_EXAMPLES=200 pytest tests/final/test_fuzz.py tests/test_levels_inside.py` sends more of them.
"""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from final.core.config import Settings
from tests.support.authorization import belongings, new_post
from tests.support.fuzzing import fuzz, operations_of
from tests.support.server import Person, Server

pytestmark = pytest.mark.stores("sqlite")  # the documentation is the same for all


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings by which wrong passwords are not slowed down."""
    return settings.model_copy(update={"login_attempts": 100_000})


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """Yield a client to which a fault is an answer."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_nothing_is_answered_that_is_not_documented(
    server: Server, ada: Person, root: Person
) -> None:
    known = belongings(server, ada)
    found: list[str] = []
    for operation in operations_of(server.get("/openapi.json").json()):
        user, admin = server.sign_in(ada), server.sign_in(root)  # it may end their sessions
        callers = {"anonymous": {}, "user": user.headers, "administrator": admin.headers}
        there = known | new_post(server, user, operation.path)
        found += fuzz(server.client, operation, callers, there)
    assert found == []
