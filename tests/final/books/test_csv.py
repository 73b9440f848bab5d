"""Shelves from Goodreads and StoryGraph, and back."""

import json
from io import BytesIO
from typing import Any

import pytest

from final.books.errors import NotAShelf
from final.books.library.csv_files import reader
from final.books.library.csv_files.reader import ShelfRow, read_rows
from final.books.library.csv_files.service import BATCH
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


ROW = "Title,ISBN13,Exclusive Shelf,My Rating,Date Added,My Review\nT,9780451524935,read,4,{},{}\n"
TEXTS = ROW.format("2020/01/31", "Café \u2013 π")


def read_shelf(file: bytes) -> list[ShelfRow]:
    """Read a file."""
    return list(read_rows(BytesIO(file)))


def read_one(file: str | bytes) -> ShelfRow:
    """Read a file of one row."""
    (row,) = read_shelf(file.encode() if isinstance(file, str) else file)
    return row


@pytest.mark.parametrize(
    "file",
    [
        TEXTS.encode(),
        TEXTS.encode("utf-8-sig"),
        TEXTS.encode("utf-16"),
        b"\xfe\xff" + TEXTS.encode("utf-16-be"),
        TEXTS.replace(",", "\t").encode("utf-16"),
        TEXTS.replace(",", ";").encode(),
        b"sep=;\r\n" + TEXTS.replace(",", ";").replace("\n", "\r\n").encode(),
        TEXTS.replace("\n", "\r").encode(),
    ],
)
def test_a_shelf_is_read_as_spreadsheets_save_it(file: bytes) -> None:
    row = read_one(file)
    assert row.isbns == ["9780451524935"]
    assert (row.values["rating"], row.values["review_text"]) == (4, "Café \u2013 π")
    assert row.warnings == []


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("Très “beau” \u2013 5 €", "cp1252"), ("Книга, которую читают все", "cp1251")],
)
def test_an_older_encoding_is_guessed(text: str, encoding: str) -> None:
    file = ROW.format("2020/01/31", f'"{text}"').encode(encoding)
    assert read_one(file).values["review_text"] == text


def test_what_spreadsheets_make_of_numbers_is_read() -> None:
    file = "Title;ISBN/UID;Read Status;Star Rating\nT;9780451524935.0;read;3,5\n"
    row = read_one(file)
    assert (row.isbns, row.values["rating"]) == (["9780451524935"], 4)


@pytest.mark.parametrize(
    ("text", "day"), [("31.01.2020", "2020-01-31"), ("31/01/2020", None), ("soon", None), ("", "")]
)
def test_a_date_that_is_not_clear_is_named(text: str, day: str | None) -> None:
    row = read_one(ROW.format(text, ""))
    assert (str(row.added_at.date()) if row.added_at else None) == (day or None)
    assert (row.warnings == []) == (day is not None)


def test_one_review_of_any_length_keeps_no_other_row_out() -> None:
    row = "T,9780451524935,read,5,2020/01/31,{}\n"
    file = ROW.format("2020/01/31", "x" * 200_000) + row.format("short")
    assert [row.values["review_text"][:5] for row in read_shelf(file.encode())] == [
        "xxxxx",
        "short",
    ]


@pytest.mark.stores("sqlite")
@pytest.mark.parametrize(
    "text", ["-great", "=1+1", "'=1+1", "'quoted'", "''", "@home", "a=b", "'\t=1"]
)
def test_a_review_that_begins_like_a_formula_comes_back(
    server: Server, ada: Person, bob: Person, text: str
) -> None:
    (book_id,) = add_books(server, BOOKS[0])
    read = {"status": "Completed", "review_text": text}
    server.call("POST", f"/my-library/{book_id}", ada, json=read)
    exported = server.get("/my-library/export", ada).content
    assert b",=" not in exported
    bring_in(server, bob, exported)
    (entry,) = server.get("/my-library", bob).json()
    assert entry["review_text"] == text


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\xff\xfe\0",
        b'Title\n"open',
        b"no shelf",
        b'{"books": [1, 2]}',
        b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)),
        b"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>",
        b"url,title\nhttps://example.com/,x\n",
    ],
)
def test_what_is_no_shelf_is_refused(file: bytes) -> None:
    with pytest.raises(NotAShelf):
        read_shelf(file)


def test_a_refused_file_is_a_422_that_says_what_is_wanted(server: Server, ada: Person) -> None:
    answer = server.call("POST", "/my-library/import", ada, files={"file": b"no shelf"})
    assert answer.status_code == 422
    assert "Goodreads" in answer.json()["detail"]


def test_a_shelf_without_books_is_one() -> None:
    assert read_shelf(GOODREADS.partition("\n")[0].encode()) == []


def test_a_shelf_of_many_groups_is_told_row_by_row(server: Server, ada: Person) -> None:
    ids = add_books(server, *BOOKS)
    isbns = [book["isbn"] for book in BOOKS]
    rows = "".join(f"x,{isbns[n % len(isbns)]}\n" for n in range(2 * BATCH + 10))
    answer = server.call(
        "POST",
        "/my-library/import",
        ada,
        files={"file": f"Title,ISBN13\n{rows}".encode()},
        headers={"Accept": "application/x-ndjson"},
    )
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [row["row"] for row in results] == list(range(1, 2 * BATCH + 11))
    assert [row["book_id"] for row in results[: len(ids)]] == list(ids)
    assert {row["code"] for row in results[len(ids) :]} == {409}


def test_a_fault_near_the_end_keeps_the_whole_file_out(
    server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_LINE", 10_000)
    add_books(server, *BOOKS)
    row = f"x,{BOOKS[0]['isbn']}\n"
    file = "Title,ISBN13\n" + row * (2 * BATCH) + f'"{"x" * 100_000}'
    answer = server.call("POST", "/my-library/import", ada, files={"file": file.encode()})
    assert answer.status_code == 422
    assert server.get("/my-library", ada).json() == []
