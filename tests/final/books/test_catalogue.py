"""The catalogue as everyone reads it: filters, order, pages, odd input."""

from typing import Any

import pytest

from tests.support.books import BOOKS, ORWELL, add_books
from tests.support.server import Server

FIELDS = ["id", "title", "author", "genre", "publication_year", "created_at"]


@pytest.fixture(autouse=True)
def books(server: Server) -> list[int]:
    """Fill the catalogue."""
    return add_books(server, *BOOKS)


def found(server: Server, **query: Any) -> list[int]:
    """Return the ids that a list has, in its order."""
    response = server.get("/books", params=query)
    assert response.status_code == 200, response.text
    return [book["id"] for book in response.json()]


def test_a_book_is_shown_whole(server: Server) -> None:
    shown = server.get("/books").json()[0]
    assert {name: shown[name] for name in ORWELL} == ORWELL
    assert shown.keys() == ORWELL.keys() | {"id", "created_at", "updated_at"}
    assert shown["created_at"].endswith("Z")


def test_what_is_unknown_is_null(server: Server) -> None:
    shown = server.get("/books/3").json()
    assert shown["genre"] is shown["publication_year"] is shown["average_rating"] is None
    assert shown["ratings_count"] == 0


FILTERS: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [1, 2, 3, 4]),
    ({"genre": "dystopia"}, [1, 4]),
    ({"genre": " DYSTOPIA "}, [1, 4]),
    ({"genre": "dysto"}, []),
    ({"genre": "%"}, []),
    ({"genre": ""}, [1, 2, 3, 4]),
    ({"author": "orwell"}, [1, 2]),
    ({"author": "émile"}, [3]),
    ({"author": "E\u0301MILE"}, [3]),
    ({"author": "_"}, []),
    ({"author": "' OR 1=1 --"}, []),
    ({"author": "\\"}, []),
    ({"title": "EIGHTY"}, [1]),
    ({"title": "über"}, [3]),
    ({"title": "100%"}, [3]),
    ({"title": "%é"}, []),
    ({"year": 1949}, [1]),
    ({"year": 2**31 - 1}, []),
    ({"genre": "dystopia", "author": "orwell"}, [1]),
    ({"genre": "satire", "year": 1949}, []),
]
SORTED = {
    "id": [1, 2, 3, 4],
    "-id": [4, 3, 2, 1],
    "title": [2, 4, 1, 3],
    "-title": [3, 1, 4, 2],
    "author": [4, 3, 1, 2],
    "-author": [1, 2, 3, 4],
    "genre": [1, 4, 2, 3],
    "-genre": [2, 1, 4, 3],
    "publication_year": [4, 2, 1, 3],
    "-publication_year": [1, 2, 4, 3],
    "created_at": [1, 2, 3, 4],
    "-created_at": [4, 3, 2, 1],
}


@pytest.mark.parametrize("sample", [1, 400], ids=["common", "rare"])
def test_filters_are_literal_and_ignore_case(
    server: Server, monkeypatch: pytest.MonkeyPatch, sample: int
) -> None:
    monkeypatch.setattr("final.core.database.text_search.SAMPLE", sample)
    assert [(query, found(server, **query)) for query, _ in FILTERS] == FILTERS


def test_sorting_ignores_case_and_leaves_the_unknown_for_last(server: Server) -> None:
    assert {sort: found(server, sort=sort) for sort in SORTED} == SORTED


@pytest.mark.stores("sqlite")
@pytest.mark.parametrize("sort", ["isbn", "title_key", "-", "--id", "id,title", "id;DROP", "ID"])
def test_an_unknown_order_is_answered_with_the_known_ones(server: Server, sort: str) -> None:
    response = server.get("/books", params={"sort": sort})
    assert response.status_code == 422
    message = response.json()["detail"][0]["msg"]
    assert all(f"'{field}'" in message and f"'-{field}'" in message for field in FIELDS)


@pytest.mark.parametrize("sort", ["genre", "-genre", "author", "-publication_year"])
def test_equals_never_move_between_pages(server: Server, sort: str) -> None:
    pages = [found(server, sort=sort, skip=skip, limit=1) for skip in range(4)]
    assert [page[0] for page in pages] == found(server, sort=sort)


def test_the_links_keep_filter_and_order(server: Server) -> None:
    response = server.get("/books?genre=dystopia&sort=-title&limit=1")
    assert response.headers["X-Total-Count"] == "2"
    path = response.links["next"]["url"]
    assert [book["id"] for book in server.get(path).json()] == [4]


@pytest.mark.stores("postgresql+valkey")  # the stricter of the two
@pytest.mark.parametrize(
    "query",
    [
        "skip=-1",
        "limit=0",
        "limit=101",
        "year=x",
        "year=0",
        "year=2147483648",
        "year=1949.5",
        "title=%00",
        "author=a%0ab",
        "genre=%E2%80%8B",
        f"title={'x' * 101}",
    ],
)
def test_what_makes_no_sense_is_refused(server: Server, query: str) -> None:
    assert server.get(f"/books?{query}").status_code == 422


@pytest.mark.stores("postgresql+valkey")
@pytest.mark.parametrize("book_id", ["0", "-1", "99", "2147483648", "9" * 30, "x", "1.5", "%00"])
def test_an_id_that_cannot_be_is_no_fault(server: Server, book_id: str) -> None:
    for path in (f"/books/{book_id}", f"/books/{book_id}/reviews"):
        assert server.get(path).status_code in (404, 422)


@pytest.mark.parametrize("path", ["/books", "/books/1", "/books/1/reviews"])
def test_both_slash_forms_and_head_are_served(server: Server, path: str) -> None:
    bare, slashed, head = server.get(path), server.get(f"{path}/"), server.call("HEAD", path)
    assert (bare.status_code, bare.text, slashed.history) == (200, slashed.text, [])
    assert (head.status_code, head.content) == (200, b"")
