"""The catalogue is kept ready, and is never older than the last write."""

import pytest
from sqlalchemy import event

from tests.support.books import BOOKS, ORWELL, add_books
from tests.support.server import Person, Server


def titles(server: Server, query: str = "") -> list[str]:
    """Return the titles on the page that a query asks for."""
    return [book["title"] for book in server.get(f"/books?{query}").json()]


def test_the_second_reader_costs_no_query(server: Server) -> None:
    add_books(server, ORWELL)
    first = titles(server)
    asked: list[str] = []
    engine = server.resources.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert titles(server) == first
    assert asked == []


def test_a_kept_page_is_the_same_answer(server: Server) -> None:
    add_books(server, *BOOKS)
    first, second = (server.client.get("/books?skip=1&limit=1&sort=title") for _ in range(2))
    changing = {"x-process-time", "x-request-id"}
    assert {name for name in first.headers if first.headers[name] != second.headers.get(name)} == (
        changing
    )
    assert second.headers["X-Total-Count"] == "4"
    assert set(second.links) == {"first", "last", "prev", "next"}
    assert first.content == second.content


@pytest.mark.parametrize("path", ["/books", "/books/"])
def test_kept_pages_do_not_answer_other_requests(server: Server, path: str) -> None:
    add_books(server, ORWELL)
    for _ in range(2):
        assert server.client.get(path).headers["X-Total-Count"] == "1"
        head = server.client.head(path)
        assert (head.headers["X-Total-Count"], head.content) == ("1", b"")
        assert server.client.post(path).status_code == 401
        assert server.client.get(f"{path}?limit=0").status_code == 422


def test_every_query_has_a_page_of_its_own(server: Server) -> None:
    add_books(server, *BOOKS)
    for _ in range(2):
        assert titles(server, "genre=satire") == ["Animal Farm"]
        assert titles(server, "title=new") == ["brave new world"]
        assert titles(server, "limit=1") == ["Nineteen Eighty-Four"]
        assert titles(server, "limit=1&skip=1") == ["Animal Farm"]


def test_every_write_is_seen_at_once(server: Server, root: Person) -> None:
    assert titles(server) == []
    book = server.call("POST", "/books", root, json=ORWELL | {"title": "Added"}).json()
    assert titles(server) == ["Added"]
    url = f"/books/{book['id']}"
    server.call("PATCH", url, root, json={"title": "Changed"})
    assert titles(server) == ["Changed"]
    server.call("PUT", url, root, json=ORWELL | {"title": "Replaced"})
    assert titles(server) == ["Replaced"]
    server.call("DELETE", url, root)
    assert titles(server) == []
