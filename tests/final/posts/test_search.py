"""The full-text index: the same answers on both databases, never an error."""

import pytest
from sqlmodel import text
from sqlmodel.ext.asyncio.session import AsyncSession
from typer.testing import CliRunner

from final.cli import cli
from final.core.text.search import words_of
from tests.support.posts import POSTS, titles, write
from tests.support.server import SECRET, Person, Server

TEXTS = {
    "Snakes": "Python 3.11 eats e-mail like me@example.com, don't_you know?",
    "Fish": "A CAFÉ by the Straße; naïve pythons swim in C++ and http://example.com/a/b",
    "Birds": "snow_case 1e5 0x1F v2.0-beta ½ x² ǅ ﬁne 東京タワー and -12.5 km/h",
}


@pytest.fixture
def library(server: Server, ada: Person) -> None:
    """Write posts with all kinds of words."""
    for title, content in TEXTS.items():
        write(server, ada, title, content=content, tags=[])


FOUND = {
    "python": "Snakes Fish",
    "PYTHONS": "Fish",
    "pyth swim": "Fish",
    "swim python eats": "",
    "snakes": "Snakes",
    "ython": "",
    "3.11": "Snakes",
    "example": "Snakes Fish",
    "me@example.com": "Snakes",
    "don't": "Snakes",
    "you": "Snakes",
    "café": "Fish",
    "Café": "Fish",
    "strasse": "Fish",
    "c++": "Snakes Fish Birds",
    "http://example.com/a/b": "Fish",
    "snow case": "Birds",
    "1e5 0x1f v2": "Birds",
    "ǆ fine x2": "Birds",
    "東京": "Birds",
    "-12.5": "Birds",
    "in": "Fish",
    "the of": "",
    "know NOT python": "",
    '"python" & (swim)': "Fish",
}
ODD = [
    '"',
    "'",
    "'':*",
    '""" OR 1',
    "words:python",
    "NEAR(a b, 2)",
    "a AND",
    "NOT",
    "^a",
    "a*",
    "*",
    "(((",
    "a | b",
    "!a",
    "<->",
    "\\",
    "%",
    "_",
    ";--",
    "\U0001e900\U0001e900",
    "a\U0001e922b",
    "x" * 100,
    "ﷺ" * 100,
]
WORDLESS = ["%", "_", "'", '"', "***"]


def found_by(server: Server, query: str) -> str:
    """Return the titles that a search finds."""
    response = server.get(POSTS, params={"q": query, "sort": "id"})
    assert response.status_code == 200, query
    return " ".join(post["title"] for post in response.json()["items"])


def test_finds_words_and_their_beginnings(server: Server, library: None) -> None:
    assert {query: found_by(server, query) for query in FOUND} == FOUND


def test_what_many_posts_have_is_found_the_same(
    server: Server, library: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("final.posts.queries.FEW", 0)  # one post is many
    assert {query: found_by(server, query) for query in FOUND} == FOUND


def test_no_query_is_an_error(server: Server, library: None) -> None:
    for query in ODD:
        found_by(server, query)


def test_what_holds_no_word_finds_nothing(server: Server, library: None) -> None:
    assert {query: found_by(server, query) for query in WORDLESS} == dict.fromkeys(WORDLESS, "")


def test_the_index_follows_every_write(server: Server, ada: Person) -> None:
    path = f"{POSTS}/{write(server, ada, content='alpha')['id']}"
    server.call("PATCH", path, ada, json={"content": "beta"})
    assert (titles(server, "q=alpha"), titles(server, "q=beta")) == ([], ["Hello there"])
    server.call("PATCH", path, ada, json={"published": False})
    assert entries(server) == 0
    server.call("PUT", path, ada, json={"title": "Hello there", "content": "gamma"})
    assert titles(server, "q=gamma") == ["Hello there"]
    server.call("DELETE", path, ada)
    assert entries(server) == 0


def test_the_largest_texts_are_indexed(server: Server, ada: Person) -> None:
    write(server, ada, content="ﷺ" * 90_000 + " end")
    write(server, ada, content=" ".join(map(str, range(16_000))))
    write(server, ada, content="ß" * 100_000)
    assert entries(server) == 3
    assert len(titles(server, "q=15999")) == len(titles(server, "q=ßßß")) == 1


@pytest.mark.workers
def test_simultaneous_edits_leave_the_last_text_in_the_index(server: Server, ada: Person) -> None:
    path = f"{POSTS}/{write(server, ada)['id']}"
    requests = [
        {"method": "PATCH", "url": path, "json": {"content": word}, "headers": ada.headers}
        for word in ["one", "two", "three", "four", "five", "six"] * 3
    ]
    assert {answer.status_code for answer in server.at_once(*requests)} == {200}
    last = server.get(path).json()["content"]
    hits = [word for word in ("one", "two", "three", "four", "five", "six") if found(server, word)]
    assert hits == [last]


def test_reindex_builds_it_anew(
    server: Server, ada: Person, library: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", server.resources.settings.database_url)
    monkeypatch.setenv("JWT_SECRET_KEY", SECRET)
    monkeypatch.setattr("final.posts.finding.search.BATCH", 2)
    write(server, ada, "A draft", published=False)
    server.in_session(forget)
    assert titles(server, "q=python") == []
    result = CliRunner().invoke(cli, ["reindex"])
    posts, others = result.output.splitlines()
    assert (result.exit_code, posts) == (0, "Posts in the search index: 3.")
    assert others.endswith("other words now: 0.")
    assert titles(server, "q=python&sort=id") == ["Snakes", "Fish"]


def test_words_are_cut_the_same_everywhere() -> None:
    assert words_of("Two, two; ½ foo_bar\tÀ-la") == ["two", "1", "2", "foo", "bar", "a", "la"]


async def forget(session: AsyncSession) -> None:
    """Lose the index."""
    connection = await session.connection()
    await connection.execute(text("DELETE FROM post_index"))


def entries(server: Server) -> int:
    """Count the posts in the index."""

    async def count(session: AsyncSession) -> int:
        return int(await session.scalar(text("SELECT count(*) FROM post_index")) or 0)

    return server.in_session(count)


def found(server: Server, word: str) -> bool:
    """Tell whether any post has a word."""
    return bool(titles(server, f"q={word}"))
