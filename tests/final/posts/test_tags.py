"""The tags of all posts, counted."""

from typing import Any

from tests.support.posts import POSTS, write
from tests.support.server import Person, Server


def tags(server: Server, query: str = "") -> Any:
    """Return the tags that anyone sees."""
    return server.get(f"{POSTS}/tags{query}").json()


def test_published_posts_are_counted_by_tag(server: Server, ada: Person) -> None:
    assert tags(server) == []
    write(server, ada, "First one", tags=["news", "Math"])
    write(server, ada, "Second one", tags=["math"])
    write(server, ada, "A draft", tags=["secret", "math"], published=False)
    assert tags(server) == [{"name": "math", "count": 2}, {"name": "news", "count": 1}]
    assert tags(server, "?limit=1&skip=1") == [{"name": "news", "count": 1}]
