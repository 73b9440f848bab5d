"""The app on a database of its own, with somebody who is logged in."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from fastapi.testclient import TestClient

FOLDER = Path(mkdtemp())
os.environ |= {
    "DATABASE_URL": f"sqlite+aiosqlite:///{FOLDER / 'test.db'}",
    "MEDIA_DIR": str(FOLDER / "media"),
}

from tests.capstones.posts.solution.main import app  # noqa: E402 - the settings come first
from tests.capstones.posts.solution.models import User  # noqa: E402
from tests.capstones.posts.solution.users import get_optional_user  # noqa: E402

ADA = User(username="ada", email="ada@example.com", hashed_password="none")


@pytest.fixture
def client() -> Iterator[TestClient]:
    """Yield a client whose requests come from ada, without any token."""
    app.dependency_overrides[get_optional_user] = lambda: ADA
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()
