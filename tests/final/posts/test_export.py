"""Export: complete, harmless to spreadsheets, and without a connection kept for anyone."""

import csv
import json
from io import StringIO
from typing import Any

import pytest

from final.core.database.engine import Database
from final.posts.export import batches, export
from final.posts.schemas import ExportFormat
from tests.support.posts import POSTS, upload, write
from tests.support.server import Person, Server


def table(server: Server) -> list[dict[str, str]]:
    """Read the export as a table."""
    response = server.get(f"{POSTS}/export?format=csv")
    return list(csv.DictReader(StringIO(response.text, newline="")))


def test_each_line_is_a_post(server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("final.posts.export.BATCH", 2)
    posts = [write(server, ada, f"Title {number}", content="one\ntwo") for number in range(5)]
    response = server.get(f"{POSTS}/export")
    assert [json.loads(line) for line in response.text.splitlines()] == posts
    assert response.headers["Content-Type"] == "application/jsonl"
    assert response.headers["Content-Disposition"] == 'attachment; filename="posts.jsonl"'


def test_a_table_says_the_same(server: Server, ada: Person) -> None:
    content = 'Commas, "quotes"\nand lines'
    post = upload(server, ada, write(server, ada, content=content, tags=["b", "a"])["id"]).json()
    (row,) = table(server)
    assert row.pop("created_at") <= row.pop("updated_at")
    assert row == {
        "id": str(post["id"]),
        "title": post["title"],
        "slug": post["slug"],
        "content": content,
        "author": "ada",
        "tags": "a, b",
        "image_url": post["image_url"],
    }


@pytest.mark.parametrize(
    "formula", ["=1+1", "+12", "-12", "@SUM(A1)", "=cmd|' /C calc'!A0", "'=1+1"]
)
def test_no_cell_is_a_formula(server: Server, ada: Person, formula: str) -> None:
    write(server, ada, formula, content=formula, tags=[formula])
    assert [row["content"] for row in table(server)] == [f"'{formula}"]
    assert not [value for value in table(server)[0].values() if value[:1] in "=+-@\t\r" and value]


def test_names_of_authors_are_cells_too(server: Server) -> None:
    write(server, server.join("-author"))
    assert table(server)[0]["author"] == "'-author"


@pytest.mark.parametrize(("query", "status"), [("?format=xml", 422), ("?format=", 422), ("", 200)])
def test_other_formats_are_refused(server: Server, query: str, status: int) -> None:
    assert server.get(f"{POSTS}/export{query}").status_code == status


def test_nothing_to_export(server: Server) -> None:
    assert server.get(f"{POSTS}/export").text == ""
    assert table(server) == []


def test_head_reads_no_post(server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: Any) -> None:
        raise AssertionError

    write(server, ada)
    monkeypatch.setattr("final.posts.router.export", read)
    response = server.client.head(f"{POSTS}/export?format=csv")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"


def test_no_connection_is_held_between_pieces(
    server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("final.posts.export.BATCH", 1)
    for _ in range(3):
        write(server, ada)

    async def watch(database: Database) -> list[int]:
        pool: Any = database.engine.pool
        return [pool.checkedout() async for _ in batches(database)]

    assert server.run(watch, server.resources.database) == [0, 0, 0]


def test_a_reader_who_leaves_stops_the_reading(
    server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("final.posts.export.BATCH", 1)
    for _ in range(3):
        write(server, ada)

    async def leave(database: Database) -> int:
        pieces = export(database, ExportFormat.JSONL)
        await anext(pieces)
        await pieces.aclose()  # type: ignore[attr-defined]
        pool: Any = database.engine.pool
        return int(pool.checkedout())

    assert server.run(leave, server.resources.database) == 0
