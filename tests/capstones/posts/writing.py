"""How the suites of the posts write and read them."""

from typing import Any
from uuid import uuid4

from tests.capstones.guest import Guest
from tests.course.visitor import Json, routes_of


def new_post(**changes: Any) -> Json:
    """Return the body of a post with a title that no other has."""
    return {"title": f"Title {uuid4().hex}", "content": "Some text."} | changes


def as_author(visitor: Guest) -> Guest:
    """Return somebody who may write: somebody new who is logged in, once the app has that."""
    return visitor.join() if visitor.has_route("POST /auth/token") else visitor


def write(author: Guest, **changes: Any) -> Json:
    """Write a post."""
    return author.make("/posts", new_post(), changes, "1.1")


def path_of(post: Json) -> str:
    """Return the path of a post."""
    return f"/posts/{post['id']}"


def read(guest: Guest, post: Json, expect: int = 200) -> Json:
    """Read a post anew."""
    item = "1.2" if expect == 200 else None
    found: Json = guest.get(path_of(post), expect=expect, item=item).json()
    return found


def listed(guest: Guest, **params: Any) -> list[Json]:
    """Return a page of the list, which may be bare or in an envelope."""
    item = None if params else "1.2"
    answer = guest.get("/posts", params=params, expect=200, item=item).json()
    posts: list[Json] = answer["items"] if isinstance(answer, dict) else answer
    return posts


def titles(posts: list[Json]) -> list[str]:
    """Return the titles of posts."""
    return [post["title"] for post in posts]


def operations(document: Json, *words: str) -> dict[str, Json]:
    """Return the operations below paths that begin with a word, by their routes."""
    found = {}
    for path, methods in document["paths"].items():
        if path.removeprefix("/api/v1").split("/")[1] in words:
            for method, operation in methods.items():
                (route,) = routes_of({"paths": {path.removeprefix("/api/v1"): {method: None}}})
                found[route.rstrip("/")] = operation
    return found
