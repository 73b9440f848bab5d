"""Posts for feed readers: parsed as one parses them."""

import feedparser

from tests.support.posts import POSTS, write
from tests.support.server import Person, Server


def test_a_reader_understands_it(server: Server, ada: Person) -> None:
    write(server, ada, "Older <one>", content="a < b\n&c")
    write(server, ada, "Newer", tags=["news"])
    write(server, ada, "A draft", published=False)
    answer = server.get(f"{POSTS}/feed.atom")
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert feed.version == "atom10"
    assert [entry.title for entry in feed.entries] == ["Newer", "Older <one>"]
    assert feed.entries[1].content[0].value == "a < b\n&c"
    assert (feed.entries[0].author, feed.entries[0].tags[0].term) == ("ada", "news")
    assert feed.entries[0].link.endswith("/api/v1/posts/by-slug/newer")


def test_nobody_can_break_it(server: Server, ada: Person) -> None:
    odd = "\ufffe \uffff"
    write(server, ada, f"Odd {odd}", content=f"Odd {odd}", tags=["a\ufffe"])
    feed = feedparser.parse(server.get(f"{POSTS}/feed.atom").content)
    assert not feed.bozo
    assert feed.entries[0].title.startswith("Odd \ufffd \ufffd")


def test_it_may_be_empty_or_of_one_tag(server: Server, ada: Person) -> None:
    write(server, ada, "Of another")
    feed = feedparser.parse(server.get(f"{POSTS}/feed.atom?tag=news").content)
    assert (feed.bozo, feed.entries) == (False, [])


def test_it_is_new_when_a_post_is(server: Server, ada: Person) -> None:
    write(server, ada, "First one")
    server.get(f"{POSTS}/feed.atom")
    write(server, ada, "Second one")
    feed = feedparser.parse(server.get(f"{POSTS}/feed.atom").content)
    assert [entry.title for entry in feed.entries] == ["Second one", "First one"]
