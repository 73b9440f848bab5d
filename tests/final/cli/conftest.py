"""A command line that works on an installation of its own."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from final.main import create_app
from tests.support.server import SECRET, Server, make_settings


@pytest.fixture(autouse=True)
def environment(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the command line at a database without any table."""
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    monkeypatch.setenv("BCRYPT_ROUNDS", "4")
    monkeypatch.setenv("JWT_SECRET_KEY", SECRET)


@pytest.fixture
def server(empty_database_url: str) -> Iterator[Server]:
    """Start an app on the same database."""
    with TestClient(create_app(make_settings(empty_database_url))) as client:
        yield Server(client)
