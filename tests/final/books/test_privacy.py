"""One reader can never read, change or infer anything on the shelf of another."""

from typing import Any

import httpx2 as httpx
import pytest

from final.users.models import Role
from tests.support.books import BOOKS, add_books
from tests.support.server import Person, Server

# What a stranger may try, on the book that ada has (1) and one that she has not (2).
ATTEMPTS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/my-library", None),
    ("GET", "/my-library?status=Reading", None),
    ("GET", "/my-library?limit=1&skip=0&user_id=1&username=ada", None),
    ("HEAD", "/my-library", None),
    ("PATCH", "/my-library/1", {"progress": 1}),
    ("PATCH", "/my-library/1", {"status": "Completed", "rating": 1, "review_text": "Mine."}),
    ("PATCH", "/my-library/1", {"user_id": 1, "progress": 1}),
    ("PATCH", "/my-library/1", {"progress": 101}),
    ("PATCH", "/my-library/2", {"progress": 1}),
    ("DELETE", "/my-library/1", None),
    ("DELETE", "/my-library/1?user_id=1", None),
    ("GET", "/my-library/1", None),
    ("PUT", "/my-library/1", {"progress": 1}),
    ("GET", "/books", None),
    ("GET", "/books?sort=-created_at", None),
    ("GET", "/books/1", None),
    ("GET", "/books/1/reviews", None),
    ("GET", "/users/1", None),
    ("GET", "/api/users/1", None),
    ("POST", "/my-library/1", {"user_id": 1, "date_added": "2020-01-01T00:00:00Z"}),
    ("POST", "/my-library/1", None),
    ("PATCH", "/my-library/1", {"user_id": 1, "book_id": 2, "progress": 3}),
    ("DELETE", "/my-library/1", None),
]
TIMES = {"date_added", "updated_at"}
VARYING = {"x-process-time", "x-request-id"}


def essence(response: httpx.Response) -> tuple[int, Any, dict[str, str]]:
    """Return all of an answer but the moment at which it was given."""
    body = response.json() if response.content else None
    if isinstance(body, dict) and "book" in body:
        body = {name: value for name, value in body.items() if name not in TIMES}
    headers = {name: value for name, value in response.headers.items() if name not in VARYING}
    return response.status_code, body, headers


@pytest.fixture
def ada(server: Server) -> Person:
    """Return the reader who has something to hide."""
    add_books(server, *BOOKS)
    return server.join("ada")


@pytest.fixture(params=[Role.USER, Role.ADMIN])
def stranger(request: pytest.FixtureRequest, server: Server, ada: Person) -> Person:
    """Return somebody else, who may even be an administrator."""
    return server.join("bob", request.param)


def test_a_stranger_sees_the_same_whatever_is_on_the_shelf(
    server: Server, ada: Person, stranger: Person
) -> None:
    def look(attempt: tuple[str, str, dict[str, Any] | None]) -> Any:
        method, path, body = attempt
        return essence(server.call(method, path, stranger, **({"json": body} if body else {})))

    before = [look(attempt) for attempt in ATTEMPTS]
    server.call("POST", "/my-library/1", ada, json={"status": "Reading", "progress": 40})
    shelf = server.get("/my-library", ada).json()
    for attempt, expected in zip(ATTEMPTS, before, strict=True):
        assert look(attempt) == expected, attempt
        assert server.get("/my-library", ada).json() == shelf, attempt


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PATCH", "/my-library/1", 404),
        ("DELETE", "/my-library/1", 404),
        ("GET", "/my-library/1", 405),
        ("GET", "/my-library/1/ada", 404),
        ("GET", "/users/1/my-library", 404),
    ],
)
def test_another_shelf_is_not_there(
    server: Server, ada: Person, stranger: Person, method: str, path: str, status: int
) -> None:
    server.call("POST", "/my-library/1", ada)
    assert server.call(method, path, stranger, json={}).status_code == status


def test_two_shelves_with_the_same_book_are_two(
    server: Server, ada: Person, stranger: Person
) -> None:
    for reader, progress in ((ada, 10), (stranger, 20)):
        body = {"status": "Reading", "progress": progress}
        assert server.call("POST", "/my-library/1", reader, json=body).status_code == 201
    server.call("PATCH", "/my-library/1", stranger, json={"progress": 30})
    assert [entry["progress"] for entry in server.get("/my-library", ada).json()] == [10]
    server.call("DELETE", "/my-library/1", stranger)
    assert len(server.get("/my-library", ada).json()) == 1
    assert server.get("/my-library", stranger).json() == []
