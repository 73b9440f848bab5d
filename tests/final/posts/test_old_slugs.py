"""A slug that a post once had still finds it, and is nobody else's."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from tests.support.posts import POSTS, write
from tests.support.server import Person, Server


def by_slug(server: Server, slug: str, who: Person | None = None) -> Any:
    """Ask for a post by a slug."""
    return server.get(f"{POSTS}/by-slug/{slug}", who, follow_redirects=False)


def retitle(server: Server, who: Person, post: Any, title: str) -> str:
    """Change a title; return the slug."""
    answer = server.call("PATCH", f"{POSTS}/{post['id']}", who, json={"title": title})
    return str(answer.json()["slug"])


def test_it_leads_to_the_present_one(server: Server, ada: Person) -> None:
    post = write(server, ada, "Old title")
    slug = retitle(server, ada, post, "New title")
    answer = by_slug(server, post["slug"])
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"{POSTS}/by-slug/{slug}"
    assert server.get(f"{POSTS}/by-slug/{post['slug']}/").json()["id"] == post["id"]


def test_no_other_post_can_take_it(server: Server, ada: Person, bob: Person) -> None:
    post = write(server, ada, "Old title")
    retitle(server, ada, post, "New title")
    other = write(server, bob, "Old title")
    assert other["slug"] not in ("old-title", "new-title")
    assert retitle(server, ada, post, "Old title") == "old-title"


def test_a_draft_is_given_away_by_none(server: Server, ada: Person) -> None:
    post = write(server, ada, "Old title", published=False)
    retitle(server, ada, post, "New title")
    assert by_slug(server, post["slug"]).status_code == 404
    assert by_slug(server, post["slug"], ada).status_code == 301


def test_it_is_free_when_the_post_is_gone(server: Server, ada: Person, bob: Person) -> None:
    post = write(server, ada, "Old title")
    retitle(server, ada, post, "New title")
    server.call("DELETE", f"{POSTS}/{post['id']}", ada)
    assert by_slug(server, "old-title").status_code == 404
    assert write(server, bob, "Old title")["slug"] == "old-title"


class TestAfter:
    SORTS = ("-published_at", "published_at", "title", "-title", "id", "-id", "-updated_at")

    @pytest.mark.parametrize("sort", SORTS)
    def test_every_post_comes_once_while_others_are_written(
        self, server: Server, ada: Person, sort: str
    ) -> None:
        first = [write(server, ada, f"Post number {n}")["id"] for n in range(5)]
        page, seen = server.get(f"{POSTS}?sort={sort}&size=2").json(), []
        while True:
            seen += [post["id"] for post in page["items"]]
            if page["next"] is None:
                break
            if len(seen) == 2:
                write(server, ada, "In between")
            page = server.get(f"{POSTS}?sort={sort}&size=2&after={page['next']}").json()
        assert len(seen) == len(set(seen))
        assert set(first) <= set(seen)

    def test_a_deleted_post_is_no_obstacle(self, server: Server, ada: Person) -> None:
        for number in range(3):
            write(server, ada, f"Post number {number}")
        page = server.get(f"{POSTS}?size=1").json()
        server.call("DELETE", f"{POSTS}/{page['items'][0]['id']}", ada)
        rest = server.get(f"{POSTS}?after={page['next']}").json()
        assert [post["title"] for post in rest["items"]] == ["Post number 1", "Post number 0"]

    @pytest.mark.parametrize(
        ("sort", "place"),
        [
            ("-published_at", b"x"),
            ("-published_at", b"[]"),
            ("-published_at", b'["-published_at", "soon", 1]'),
            ("-published_at", b'["-published_at", "0001-01-01T00:00:00+14:00", 1]'),
            ("id", b'["id", 99999999999999999999, 1]'),
            ("title", b'["title", "a\\u0000", 1]'),
            ("title", b'["title", "a", true]'),
        ],
    )
    def test_refuses_what_is_no_place(self, server: Server, sort: str, place: bytes) -> None:
        after = urlsafe_b64encode(place).decode()
        answer = server.get(POSTS, params={"sort": sort, "after": after})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", "after"]

    def test_refuses_a_place_in_another_order(self, server: Server, ada: Person) -> None:
        for number in range(2):
            write(server, ada, f"Post number {number}")
        following = server.get(f"{POSTS}?size=1").json()["next"]
        assert server.get(f"{POSTS}?sort=title&after={following}").status_code == 422
