"""The sample catalogue and the sample shelves."""

from typing import Any

from final.books.demo import BOOKS, SHELVES, add_library
from final.users.demo import add_users
from final.users.models import Role
from tests.support.books import ORWELL, add_books
from tests.support.server import PASSWORD, Person, Server


def fill(server: Server) -> None:
    """Do what `final.cli demo` does."""

    async def fill(session: Any) -> None:
        users = await add_users(session, server.resources.passwords, PASSWORD)
        await add_library(session, users)

    server.in_session(fill)


def shelf(server: Server, name: str) -> list[dict[str, Any]]:
    """Read the shelf of a sample account."""
    reader = Person(0, name, server.log_in(name).json())
    entries: list[dict[str, Any]] = server.get("/my-library", reader).json()
    return entries


def test_there_are_books_shelves_and_opinions(server: Server) -> None:
    fill(server)
    assert len(server.get("/books?limit=100").json()) == len(BOOKS)
    assert len(shelf(server, "lovelace")) == sum(place[0] == "lovelace" for place in SHELVES)
    (orwell,) = server.get("/books?title=nineteen").json()
    shown = server.get(f"/books/{orwell['id']}").json()
    assert (shown["average_rating"], shown["ratings_count"]) == (4.5, 2)


def test_twice_is_once(server: Server) -> None:
    fill(server)
    before = server.get("/books?limit=100").text, shelf(server, "grace")
    fill(server)
    assert (server.get("/books?limit=100").text, shelf(server, "grace")) == before


def test_what_is_there_already_stays(server: Server) -> None:
    lovelace = server.join("lovelace", Role.ADMIN)
    add_books(server, ORWELL | {"title": "1984"})
    fill(server)
    assert server.get("/my-library", lovelace).json() == []
    assert server.get("/books/1").json()["title"] == "1984"
    assert len(server.get("/books?limit=100").json()) == len(BOOKS)
