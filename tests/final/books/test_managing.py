"""The catalogue as administrators change it."""

from typing import Any

import httpx2 as httpx
import pytest
from pydantic import BaseModel, ValidationError

from final.books.schemas import BookCreate, BookReplace, BookUpdate
from tests.support.books import ORWELL, add_books
from tests.support.server import Person, Server

OTHER = "9780306406157"


@pytest.fixture
def book(server: Server) -> int:
    """Return the id of the only book."""
    return add_books(server, ORWELL)[0]


def send(server: Server, who: Person, method: str, path: str, body: object) -> httpx.Response:
    """Send JSON."""
    return server.call(method, path, who, json=body)


def test_creating_trims_and_keeps_isbn_13(server: Server, root: Person) -> None:
    sent = ORWELL | {"title": "  Nineteen Eighty-Four ", "isbn": "0-451-52493-4"}
    response = send(server, root, "POST", "/books", sent)
    assert response.status_code == 201
    assert response.json().items() >= ORWELL.items()
    assert server.get(f"/books/{response.json()['id']}").json().items() >= response.json().items()


def test_genre_and_year_may_be_unknown(server: Server, root: Person) -> None:
    least = {name: ORWELL[name] for name in ("title", "author", "isbn")}
    assert send(server, root, "POST", "/books", least).json()["genre"] is None


@pytest.mark.parametrize(
    "changes",
    [
        {"title": None},
        {"title": "  "},
        {"title": "\u200b"},
        {"title": "a\0b"},
        {"title": "x" * 301},
        {"title": 1984},
        {"author": "x" * 201},
        {"author": None},
        {"isbn": None},
        {"isbn": "9780451524936"},
        {"genre": "x" * 51},
        {"genre": ""},
        {"publication_year": 0},
        {"publication_year": -5},
        {"publication_year": 2**31},
        {"publication_year": 10**30},
        {"publication_year": 9999},
        {"publication_year": 1949.5},
        {"publication_year": "long ago"},
    ],
    ids=str,
)
@pytest.mark.parametrize("schema", [BookCreate, BookReplace, BookUpdate])
def test_what_makes_no_sense_is_refused(schema: type[BaseModel], changes: dict[str, Any]) -> None:
    body = changes if schema is BookUpdate else ORWELL | changes
    with pytest.raises(ValidationError):
        schema.model_validate(body)


@pytest.mark.stores("sqlite")
def test_every_way_of_writing_asks_the_schema(server: Server, root: Person, book: int) -> None:
    changes = {"publication_year": 9999}
    assert send(server, root, "POST", "/books", ORWELL | changes).status_code == 422
    assert send(server, root, "PUT", f"/books/{book}", ORWELL | changes).status_code == 422
    before = server.get(f"/books/{book}").json()
    assert send(server, root, "PATCH", f"/books/{book}", changes).status_code == 422
    assert server.get(f"/books/{book}").json() == before


def test_replacing_empties_what_is_not_sent(server: Server, root: Person, book: int) -> None:
    before = server.get(f"/books/{book}").json()
    least = {"title": "1984", "author": "Orwell", "isbn": OTHER}
    after = send(server, root, "PUT", f"/books/{book}", least).json()
    assert after.items() >= (least | {"genre": None, "publication_year": None}).items()
    assert after["created_at"] == before["created_at"]
    assert after["updated_at"] > before["updated_at"]


def test_changing_leaves_what_is_not_sent(server: Server, root: Person, book: int) -> None:
    before = server.get(f"/books/{book}").json()
    send(server, root, "PATCH", f"/books/{book}", {"title": "1984", "publication_year": None})
    after = server.get(f"/books/{book}").json()
    changed = {"title", "publication_year", "updated_at"}
    assert {name for name in after if after[name] != before[name]} == changed


def test_filters_know_the_change(server: Server, root: Person, book: int) -> None:
    send(server, root, "PATCH", f"/books/{book}", {"title": "1984", "genre": None})
    assert server.get("/books?title=eighty").json() == []
    assert server.get("/books?genre=dystopia").json() == []
    assert [found["id"] for found in server.get("/books?title=1984").json()] == [book]


@pytest.mark.parametrize("spelling", [OTHER, "0-306-40615-2"])
def test_an_isbn_is_there_once(server: Server, root: Person, book: int, spelling: str) -> None:
    add_books(server, ORWELL | {"isbn": OTHER})
    for method, path in (
        ("POST", "/books"),
        ("PUT", f"/books/{book}"),
        ("PATCH", f"/books/{book}"),
    ):
        response = send(server, root, method, path, ORWELL | {"isbn": spelling})
        assert response.status_code == 409
        assert response.json() == {"detail": "A book with this ISBN already exists"}


def test_a_book_may_keep_its_own_isbn(server: Server, root: Person, book: int) -> None:
    for method in ("PUT", "PATCH"):
        same = ORWELL | {"isbn": "0451524934"}
        assert send(server, root, method, f"/books/{book}", same).status_code == 200


def test_the_longest_of_texts_find_room(server: Server, root: Person, book: int) -> None:
    widest = "\ufdfa"  # one character that becomes eighteen where case is ignored
    sent = {"title": widest * 300, "author": widest * 200, "genre": widest * 50}
    assert send(server, root, "PATCH", f"/books/{book}", sent).json().items() >= sent.items()
    assert len(server.get("/books", params={"genre": widest * 50}).json()) == 1


@pytest.mark.stores("postgresql+valkey")  # the stricter of the two
@pytest.mark.parametrize("book_id", ["0", "-1", "99", "2147483648", "9" * 30, "x"])
def test_what_is_not_there_cannot_be_changed(server: Server, root: Person, book_id: str) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        response = send(server, root, method, f"/books/{book_id}", ORWELL)
        assert response.status_code in (404, 422)


def test_deleting_is_final(server: Server, root: Person, book: int) -> None:
    assert server.call("DELETE", f"/books/{book}", root).status_code == 204
    assert server.call("DELETE", f"/books/{book}", root).status_code == 404
    assert server.get(f"/books/{book}").json() == {"detail": "Book not found"}


def test_the_number_of_a_deleted_book_is_not_given_again(
    server: Server, root: Person, book: int
) -> None:
    server.call("DELETE", f"/books/{book}", root)
    assert add_books(server, ORWELL) == [book + 1]
