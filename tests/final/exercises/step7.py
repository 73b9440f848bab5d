"""Step 7: some paths may not be shown; the middleware is there only where there are any."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from final.main import create_app
from tests.support.posts import POSTS
from tests.support.server import make_settings


def classes(app: FastAPI) -> list[str]:
    """Return the names of the middleware of an app."""
    return [getattr(layer.cls, "__name__", "") for layer in app.user_middleware]


def blocking(sqlite_url: str) -> FastAPI:
    """Return an app that blocks a path."""
    origin = "https://app.example"
    return create_app(make_settings(sqlite_url, cors_origins=origin, blocked_paths=f"/x, {POSTS}"))


@pytest.mark.stores("sqlite")
def test_a_blocked_path_is_451_and_all_else_as_before(sqlite_url: str) -> None:
    with TestClient(blocking(sqlite_url)) as client:
        answer = client.get(POSTS, headers={"Origin": "https://app.example"})
        assert answer.status_code == 451
        assert answer.json().keys() == {"detail"}
        assert answer.headers["X-Request-ID"]
        assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
        assert client.post(POSTS).status_code == 451
        assert client.get(f"{POSTS}/tags").status_code == 200
        assert 'route="unmatched",status="451"' in client.get("/metrics").text


def test_it_costs_nothing_where_nothing_is_blocked(sqlite_url: str) -> None:
    plain = classes(create_app(make_settings(sqlite_url)))
    more = set(classes(blocking(sqlite_url))) - set(plain)
    assert len(more) == 1
