"""Shelves from Goodreads and StoryGraph, and back."""

from typing import Any

from tests.support.books import BOOKS, add_books
from tests.support.server import Person, Server

GOODREADS = (
    "Book Id,Title,Author,ISBN,ISBN13,My Rating,Date Added,Exclusive Shelf,My Review\r\n"
    '1,1984,Orwell,"=""0451524934""","=""9780451524935""",4,2020/01/31,read,'
    '"A<br/>B &amp; <b>C</b>"\r\n'
    '2,Farm,Orwell,"=""""","=""9780451526342""",5,2021/02/28,currently-reading,\r\n'
    '3,Unknown,Nobody,"=""""","=""9780306406157""",0,,to-read,\r\n'
    "4,None,Nobody,,,0,,to-read,\r\n"
)
STORYGRAPH = (
    "Title,Authors,ISBN/UID,Read Status,Date Added,Star Rating,Review\n"
    "1984,George Orwell,9780451524935,read,2020-01-31,3.5,Fine\n"
    "Farm,George Orwell,9780451526342,did-not-finish,,0.25,\n"
)


def bring_in(server: Server, who: Person, file: str | bytes) -> Any:
    """Import a file; return the results."""
    content = file.encode() if isinstance(file, str) else file
    return server.call("POST", "/my-library/import", who, files={"file": content}).json()


def test_every_row_of_goodreads_has_a_result(server: Server, ada: Person) -> None:
    add_books(server, *BOOKS)
    results = bring_in(server, ada, GOODREADS)
    assert [(row["status"], row["code"]) for row in results] == [
        ("ok", None),
        ("ok", None),
        ("error", 404),
        ("error", 422),
    ]
    assert "not Completed" in results[1]["warnings"][0]
    shelf = {entry["book_id"]: entry for entry in server.get("/my-library", ada).json()}
    first = shelf[results[0]["book_id"]]
    assert (first["status"], first["rating"], first["review_text"]) == ("Completed", 4, "A\nB & C")
    assert first["date_added"].startswith("2020-01-31")


def test_half_stars_of_storygraph_are_rounded_and_said_so(server: Server, ada: Person) -> None:
    add_books(server, *BOOKS)
    results = bring_in(server, ada, STORYGRAPH)
    assert results[0]["warnings"] == ["3.5 stars became 4"]
    assert "did-not-finish" in results[1]["warnings"][0]
    assert {entry["rating"] for entry in server.get("/my-library", ada).json()} == {4, None}


def test_what_is_on_the_shelf_already_stays(server: Server, ada: Person) -> None:
    add_books(server, *BOOKS)
    bring_in(server, ada, STORYGRAPH)
    assert [row["code"] for row in bring_in(server, ada, STORYGRAPH)] == [409, 409]


def test_an_export_can_be_imported(server: Server, ada: Person, bob: Person) -> None:
    add_books(server, *BOOKS)
    bring_in(server, ada, GOODREADS)
    answer = server.get("/my-library/export", ada)
    assert answer.headers["content-type"].startswith("text/csv")
    assert [row["status"] for row in bring_in(server, bob, answer.content)] == ["ok", "ok"]
    one, two = (server.get("/my-library?limit=100", who).json() for who in (ada, bob))
    kept = ("book_id", "status", "rating", "review_text")
    first, second = ({entry["book_id"]: entry for entry in shelf} for shelf in (one, two))
    assert first.keys() == second.keys()
    for book_id, entry in first.items():
        assert [entry[name] for name in kept] == [second[book_id][name] for name in kept]


def test_a_file_that_is_no_table_does_no_harm(server: Server, ada: Person) -> None:
    for file in (b"", b"\xff\xfe\0", b"\0\0", b'Title\n"open'):
        answer = server.call("POST", "/my-library/import", ada, files={"file": file})
        assert answer.status_code in (200, 422)
