"""Lists from the cache before any route is tried: the same answers, and no more entries."""

from typing import Any

import httpx2 as httpx
import pytest

from final.core.shared.cache import RedisStore
from tests.support.books import BOOKS, add_books
from tests.support.posts import POSTS
from tests.support.server import Server


@pytest.mark.parametrize("path", ["/books", "/posts", POSTS])
def test_what_a_route_does_not_declare_makes_no_entry(server: Server, path: str) -> None:
    first = server.get(path)
    entries = len(kept(server))
    for number in range(5):
        answer = server.get(f"{path}?x={number}")
        assert answer.content == first.content
        assert answer.headers.get("Link") == first.headers.get("Link")
    assert len(kept(server)) == entries


def test_another_spelling_of_the_same_parameters_makes_no_entry(server: Server) -> None:
    add_books(server, *BOOKS)
    server.get("/books")
    entries = len(kept(server))
    for query in ("limit=10", "limit=010", "skip=0&limit=10", "sort=id", "genre"):
        assert len(server.get(f"/books?{query}").json()) == len(BOOKS)
    assert len(kept(server)) <= entries + 1  # an empty genre is one more


@pytest.mark.parametrize("path", ["/books?limit=2", "/books?limit=2&x=1", f"{POSTS}?size=2"])
def test_they_are_the_answers_of_the_routes(server: Server, path: str) -> None:
    add_books(server, *BOOKS)
    from_route = server.get(path)
    for _ in range(2):
        answer = server.get(path)
        assert answer.content == from_route.content
        assert lasting(answer) == lasting(from_route)


def kept(server: Server) -> list[Any]:
    """Return the keys of what is kept."""
    store = server.resources.cache.store
    if isinstance(store, RedisStore):
        keys: list[Any] = server.run(store.redis.client.keys, "answer:*")
        return keys
    return list(store.kept)


def lasting(answer: httpx.Response) -> dict[str, str]:
    """Return the headers that do not differ from one answer to the next."""
    changing = ("x-process-time", "x-request-id")
    return {name: value for name, value in answer.headers.items() if name not in changing}
