"""Many readers and administrators at the same moment."""

from collections import Counter
from typing import Any

import pytest

from final.users.models import Role
from tests.support.books import ORWELL, add_books
from tests.support.server import Person, Server

pytestmark = pytest.mark.workers
ISBNS = ["9780451524935", "978-0-451-52493-5", "0451524934", "0-451-52493-4"]


def request(method: str, url: str, who: Person, body: object = None) -> dict[str, Any]:
    """Describe a request."""
    return {"method": method, "url": url, "headers": who.headers, "json": body}


def statuses(server: Server, requests: list[dict[str, Any]]) -> Counter[int]:
    """Count the answers to simultaneous requests."""
    return Counter(response.status_code for response in server.at_once(*requests))


def shelved(server: Server) -> str:
    """Put a book into the catalogue; return where it is on everybody's shelf."""
    return f"/my-library/{add_books(server, ORWELL)[0]}"


@pytest.fixture
def admins(server: Server) -> list[Person]:
    """Return two administrators."""
    return [server.join(name, Role.ADMIN) for name in ("ada", "bob")]


def test_of_40_equal_books_one_is_created(server: Server, admins: list[Person]) -> None:
    requests = [
        request("POST", "/books", admin, ORWELL | {"isbn": isbn})
        for isbn in ISBNS * 5
        for admin in admins
    ]
    assert statuses(server, requests) == {201: 1, 409: 39}
    assert len(server.get("/books").json()) == 1


def test_of_two_books_that_become_one_edition_one_does(
    server: Server, admins: list[Person]
) -> None:
    ids = add_books(server, ORWELL, ORWELL | {"isbn": "9780451526342"})
    requests = [
        request("PATCH", f"/books/{book_id}", admin, {"isbn": "9780306406157"})
        for book_id, admin in zip(ids, admins, strict=True)
    ]
    assert statuses(server, requests) == {200: 1, 409: 1}


def test_changes_to_one_book_never_tear_it(server: Server, admins: list[Person]) -> None:
    path = f"/books/{add_books(server, ORWELL)[0]}"
    titles = ["NINETEEN EIGHTY-FOUR", "Big Brother"] * 10
    requests = [
        request("PATCH", path, admins[number % 2], {"title": title})
        for number, title in enumerate(titles)
    ]
    assert statuses(server, requests) == {200: 20}
    title = server.get(path).json()["title"]
    assert len(server.get("/books", params={"title": title}).json()) == 1


def test_of_20_equal_deletions_one_succeeds(server: Server, admins: list[Person]) -> None:
    path = f"/books/{add_books(server, ORWELL)[0]}"
    requests = [request("DELETE", path, admin) for admin in admins * 10]
    assert statuses(server, requests) == {204: 1, 404: 19}


def test_a_book_that_is_deleted_while_it_changes_is_gone(
    server: Server, admins: list[Person]
) -> None:
    for book_id in (add_books(server, ORWELL)[0] for _ in range(5)):
        path = f"/books/{book_id}"
        requests = [request("PATCH", path, admins[0], {"title": str(n)}) for n in range(5)]
        requests.insert(2, request("DELETE", path, admins[1]))
        answers = statuses(server, requests)
        assert answers[204] == 1
        assert answers[200] + answers[404] == 5


def test_of_40_equal_additions_one_succeeds(server: Server) -> None:
    ada, path = server.join("ada"), shelved(server)
    requests = [request("POST", path, ada) for _ in range(40)]
    assert statuses(server, requests) == {201: 1, 409: 39}
    assert len(server.get("/my-library", ada).json()) == 1


def test_of_20_equal_removals_one_succeeds(server: Server) -> None:
    ada, path = server.join("ada"), shelved(server)
    server.call("POST", path, ada)
    requests = [request("DELETE", path, ada) for _ in range(20)]
    assert statuses(server, requests) == {204: 1, 404: 19}


def test_a_rating_meets_the_status_there_really_is(server: Server) -> None:
    ada, path = server.join("ada"), shelved(server)
    server.call("POST", path, ada, json={"status": "Completed"})
    changes: list[dict[str, Any]] = [{"rating": number % 5 + 1} for number in range(10)]
    changes.insert(5, {"status": "Reading"})
    answers = server.at_once(*(request("PATCH", path, ada, change) for change in changes))
    assert {answer.status_code for answer in answers} <= {200, 409}
    accepted = [answer.json() for answer in answers if answer.status_code == 200]
    last = max(accepted, key=lambda entry: entry["updated_at"])
    assert last["status"] == "Reading"
    assert server.get("/my-library", ada).json() == [last]


def test_a_place_that_is_cleared_while_it_changes_is_empty(server: Server) -> None:
    ada, path = server.join("ada"), shelved(server)
    for _ in range(5):
        server.call("POST", path, ada)
        requests = [request("PATCH", path, ada, {"progress": number}) for number in range(1, 6)]
        requests.insert(2, request("DELETE", path, ada))
        answers = statuses(server, requests)
        assert answers[204] == 1
        assert answers[200] + answers[404] == 5
    assert server.get("/my-library", ada).json() == []


def test_a_book_that_is_shelved_while_it_is_deleted_leaves_nothing(
    server: Server, admins: list[Person]
) -> None:
    readers = [server.join(f"reader-{number}") for number in range(6)]
    for _ in range(3):
        book_id = add_books(server, ORWELL)[0]
        path = f"/my-library/{book_id}"
        requests = [request("POST", path, reader) for reader in readers]
        requests.insert(3, request("DELETE", f"/books/{book_id}", admins[0]))
        answers = statuses(server, requests)
        assert answers[204] == 1
        assert answers[201] + answers[404] + answers[409] == 6
        assert all(server.get("/my-library", reader).json() == [] for reader in readers)
