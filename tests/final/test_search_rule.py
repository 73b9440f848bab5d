"""One rule for every search: case, accents and width do not matter; words are found inside runs."""

from typing import Any

import pytest
import sqlalchemy
from sqlmodel.ext.asyncio.session import AsyncSession
from typer.testing import CliRunner

from final.cli import cli
from final.core.text.search import search_form, words_of
from final.users.models import Role
from tests.support.books import ORWELL, add_books
from tests.support.links import save
from tests.support.posts import POSTS, titles, write
from tests.support.server import SECRET, Server

# ruff: noqa: RUF001 - characters that look like others are what this is about
SAME = [
    ("Café", "cafe"),
    ("cafe", "CAFÉ"),
    ("Cafe\u0301", "Café"),
    ("Łódź", "lodz"),
    ("Straße", "STRASSE"),
    ("ＡＢＣ１２３", "abc123"),
    ("ｶﾞﾗｽ", "ガラス"),
    ("İstanbul", "istanbul"),
    ("Ёлка", "елка"),
    ("Ελλάδα", "ελλαδα"),
    ("Tiếng Việt", "tieng viet"),
    ("שָׁלוֹם", "שלום"),
    ("ﬁne", "fine"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_have_one_form(one: str, other: str) -> None:
    assert search_form(one) == search_form(other)


@pytest.mark.parametrize(
    ("one", "other"), [("が", "か"), ("ไม้", "ไม"), ("कि", "क"), ("한", "하"), ("ö", "p")]
)
def test_what_is_another_letter_stays_one(one: str, other: str) -> None:
    assert search_form(one) != search_form(other)


def is_found(sought: str, text: str) -> bool:
    """Tell whether an index of the words of a text would find something."""
    words = words_of(text)
    parts = words_of(sought, sought=True)
    return all(any(word.startswith(part) for word in words) for part in parts)


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("住在东边的山上", "东边"),
        ("住在东边的山上", "山上"),
        ("住在东边的山上", "上"),
        ("私はガラスを食べられます", "食べ"),
        ("ภาษาไทยง่าย", "ไทย"),
        ("Tokyo東京2020", "東京"),
        ("Tokyo東京2020", "20"),
        ("ភាសាខ្មែរ", "ខ្មែរ"),
        ("한국어를 배워요", "한국어"),
        ("हिन्दी में", "हिन्दी"),
        ("state-of-the-art", "art"),
    ],
)
def test_a_word_is_found_inside_a_run(text: str, sought: str) -> None:
    assert is_found(sought, text)


@pytest.mark.parametrize("sought", ["边东", "西边", "的的", "在山"])
def test_other_words_are_not(sought: str) -> None:
    assert not is_found(sought, "住在东边的山上")


def test_a_text_of_a_hundred_thousand_characters_has_an_index_that_fits() -> None:
    text = "".join(chr(0x20000 + number % 40_000) for number in range(100_000))
    assert len(" ".join(words_of(text)).encode()) < 1024 * 1024


@pytest.fixture
def everything(server: Server) -> Server:
    """Return a server on which each thing that can be searched says the same."""
    isbns = ["9780451524935", "9780451526342", "9780141439518"]
    for number, text in enumerate(["Café Łódź", "住在东边的山上", "something else"]):
        person = server.join(f"person{number}", Role.ADMIN)
        server.call("PUT", f"/api/users/{person.id}", person, json={"first_name": text})
        save(server, person, title="x", description=text)
        write(server, person, f"About {text}", content=text)
        add_books(server, ORWELL | {"title": text, "author": text, "isbn": isbns[number]})
    return server


PATHS = [
    "/links?view=public&search={}",
    "/books?title={}",
    "/books?author={}",
    "/users?search={}",
    f"{POSTS}?q={{}}",
]


def count(server: Server, path: str, sought: str) -> int:
    """Count what a search finds."""
    found: Any = server.get(path.format(sought)).json()
    return len(found["items"] if isinstance(found, dict) else found)


def test_every_search_follows_the_rule(everything: Server) -> None:
    for sought in ("cafe", "LODZ", "Ca\uff46e\u0301", "东边", "上"):
        assert {path: count(everything, path, sought) for path in PATHS} == dict.fromkeys(PATHS, 1)


def test_every_search_is_literal(everything: Server) -> None:
    for sought in ("%25", "_", "*", "caf_"):
        assert [count(everything, path, sought) for path in PATHS[:-1]] == [0] * 4
    assert titles(everything, "q=caf*") == ["About Café Łódź"]


def test_reindex_brings_every_search_up_to_date(
    everything: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", everything.resources.settings.database_url)
    monkeypatch.setenv("JWT_SECRET_KEY", SECRET)
    monkeypatch.setattr("final.core.database.text_search.BATCH", 2)
    everything.in_session(forget)
    for lines in (["3.", "12."], ["3.", "0."]):
        result = CliRunner().invoke(cli, ["reindex"])
        assert [line.rpartition(" ")[2] for line in result.output.splitlines()] == lines
    assert {path: count(everything, path, "cafe") for path in PATHS} == dict.fromkeys(PATHS, 1)


async def forget(session: AsyncSession) -> None:
    """Lose what searches look into."""
    connection = await session.connection()
    for table in ("link", "user_link", '"user"'):
        await connection.execute(sqlalchemy.text(f"UPDATE {table} SET search_text = ''"))
    await connection.execute(sqlalchemy.text("UPDATE book SET title_key = '', author_key = ''"))
    await connection.execute(sqlalchemy.text("DELETE FROM post_index"))
