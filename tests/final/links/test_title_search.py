"""Searching titles by their trigrams: the index never hides what is there."""

import pytest
from alembic import command
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.database.migrations import alembic_config
from final.links.models import Link
from tests.support.books import ORWELL, add_books
from tests.support.links import save, shorten
from tests.support.posts import POSTS, write
from tests.support.server import Person, Server


def found(server: Server, text: str, who: Person | None = None) -> list[int]:
    """Return the numbers of the links that a search finds."""
    return [link["id"] for link in server.get("/links", who, params={"search": text}).json()]


@pytest.mark.parametrize(
    ("title", "search"),
    [
        ("Straße nach Öland", "ÖLAND"),
        ("ᲗᲑᲘᲚᲘᲡᲘ", "თბილისი"),
        ("日本語の本", "本語の"),
        ("🦄🦄🦄 unicorns", "🦄🦄🦄"),
        ('say "quite" so', '"quite"'),
        ("a AND b OR c* NEAR", "b or c*"),
        ("col:umn ^x - y", "col:umn ^"),
        ("100%_\\ sure", "0%_\\ "),
    ],
)
def test_finds_any_characters_in_any_case(
    server: Server, ada: Person, title: str, search: str
) -> None:
    saved = save(server, ada, title=title)
    save(server, ada, title="something else")
    assert found(server, search) == found(server, search, ada) == [saved["id"]]


@pytest.mark.parametrize("search", ["q", "qu", "QUO", "quokk", "quokka", "a quokka "])
def test_finds_texts_of_any_length(server: Server, ada: Person, search: str) -> None:
    saved = save(server, ada, title="a quokka today")
    save(server, ada, title="nothing of the kind")
    assert found(server, search.strip()) == [saved["id"]]


def test_the_trigrams_must_be_together(server: Server, ada: Person) -> None:
    save(server, ada, title="abcd bcde")
    assert found(server, "abcde") == []


def test_a_title_can_be_changed_and_taken_away(server: Server, ada: Person) -> None:
    link = save(server, ada, title="before")
    path = f"/links/{link['id']}"
    server.call("PATCH", path, ada, json={"title": "afterwards"})
    assert (found(server, "before"), found(server, "afterw")) == ([], [link["id"]])
    server.call("PATCH", path, ada, json={"title": None})
    assert (found(server, "afterw"), found(server, "example")) == ([], [link["id"]])


def test_a_deleted_link_is_found_no_more(server: Server, ada: Person) -> None:
    kept, gone = (save(server, ada, title="a quokka") for _ in range(2))
    server.call("DELETE", f"/links/{gone['id']}", ada)
    save(server, ada, title="its successor")
    assert found(server, "quokka") == found(server, "quokka", ada) == [kept["id"]]


def test_the_pages_own_title_is_found_where_there_is_no_other(server: Server, ada: Person) -> None:
    link = shorten(server, ada, title=None).json()

    async def entitle(session: AsyncSession) -> None:
        session.add((await session.exec(select(Link))).one().sqlmodel_update({"title": "Quokka!"}))

    server.in_session(entitle)
    assert found(server, "quokka") == found(server, "quokka", ada) == [link["id"]]


def test_other_peoples_words_are_not_the_callers(server: Server, ada: Person) -> None:
    bob = server.join("bob")
    link = shorten(server, ada, title="of ada").json()
    shorten(server, bob, title="of bob")
    assert (found(server, "of bob", ada), found(server, "of bob", bob)) == ([], [link["id"]])
    assert found(server, "of bob") == []


def test_what_was_there_before_searches_ignored_accents_is_found(
    server: Server, ada: Person
) -> None:
    saved = save(server, ada, title="ÄLTER")
    book = add_books(server, ORWELL | {"title": "Été"})
    post = write(server, ada, "住在东边的山上")
    config = alembic_config(server.resources.settings)
    command.downgrade(config, "0012")
    command.upgrade(config, "head")
    assert found(server, "alter") == [saved["id"]]
    assert [user["id"] for user in server.get("/users?search=ADA").json()] == [ada.id]
    assert [each["id"] for each in server.get("/books?title=ete").json()] == book
    assert [each["id"] for each in server.get(f"{POSTS}?q=东边").json()["items"]] == [post["id"]]


@pytest.mark.parametrize("sample", [1, 2, 400])
def test_a_common_text_is_found_like_a_rare_one(
    server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch, sample: int
) -> None:
    monkeypatch.setattr("final.core.database.text_search.SAMPLE", sample)
    for number, title in enumerate(("some page", "another", "page again")):
        save(server, ada, title=title, url=f"https://example.com/{number}")
    for who in (ada, None):
        assert [link["id"] for link in server.get("/links?search=page", who).json()] == [1, 3]
    assert [user["id"] for user in server.get("/users?search=ADA").json()] == [ada.id]
