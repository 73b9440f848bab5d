"""Short ways to a catalogue with books in it."""

from typing import Any

from final.books.models import Book
from final.books.schemas import BookCreate
from final.books.service import create_book
from tests.support.server import Server

ORWELL = {
    "title": "Nineteen Eighty-Four",
    "author": "George Orwell",
    "isbn": "9780451524935",
    "genre": "Dystopia",
    "publication_year": 1949,
}
BOOKS: list[dict[str, Any]] = [
    ORWELL,
    ORWELL
    | {"title": "Animal Farm", "isbn": "9780451526342", "genre": "Satire"}
    | {"publication_year": 1945},
    {"title": "Über 100% Émile", "author": "ÉMILE Zola", "isbn": "9780141439518"},
    {"title": "brave new world", "author": "Aldous Huxley", "isbn": "9780060850524"}
    | {"genre": "DYSTOPIA", "publication_year": 1932},
]


def add_books(server: Server, *books: dict[str, Any]) -> list[int]:
    """Put books into the catalogue; return their ids."""

    async def add(session: Any) -> list[Book]:
        return [await create_book(session, BookCreate(**book)) for book in books]

    return [book.id for book in server.in_session(add)]
