"""Lists of posts: pages, filters, orders."""

import pytest

from tests.support.posts import POSTS, titles, write
from tests.support.server import Server


@pytest.fixture(autouse=True)
def library(server: Server) -> None:
    """Write four posts and a draft."""
    ada, bob = server.join("ada"), server.join("bob")
    write(server, ada, "Banana bread", tags=["Food", "bread"])
    write(server, bob, "apple pie", tags=["food"])
    write(server, ada, "Änderung", tags=["ÄRGER"])
    write(server, bob, "Cherry cake", tags=[])
    write(server, ada, "Secret sauce", tags=["food", "draft"], published=False)


def test_a_page_has_an_envelope(server: Server) -> None:
    page = server.get(f"{POSTS}?page=2&size=3").json()
    assert [post["title"] for post in page.pop("items")] == ["Banana bread"]
    assert page == {"total": 4, "page": 2, "size": 3, "pages": 2, "next": None}


def test_a_list_shows_posts_as_they_are_read_one_by_one(server: Server) -> None:
    for post in server.get(POSTS).json()["items"]:
        assert server.get(f"{POSTS}/{post['id']}").json() == post


LISTS = {
    "": "CÄaB",
    "sort=created_at": "BaÄC",
    "sort=id&size=2": "Ba",
    "sort=-id&size=1": "C",
    "sort=title": "ÄaBC",
    "sort=-title": "CBaÄ",
    "sort=updated_at": "BaÄC",
    "tag=food": "aB",
    "tag=FOOD&author=Ada": "B",
    "tag=ärger": "Ä",
    "tag=draft": "",
    "tag=foo%25": "",
    "author=BOB": "Ca",
    "author=nobody": "",
    "page=2147483647&size=100": "",
    "tag=&author=&q=": "CÄaB",
}


def test_a_list_filters_and_sorts(server: Server) -> None:
    initials = {query: "".join(title[0] for title in titles(server, query)) for query in LISTS}
    assert initials == LISTS


def test_a_list_of_many_is_the_same(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("final.posts.queries.FEW", 0)  # one post is many
    test_a_list_filters_and_sorts(server)


@pytest.mark.stores("postgresql+valkey")  # the stricter of the two
@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "size=0", "size=101", "page=2147483648", "q=%00"]
)
def test_impossible_pages_are_refused(server: Server, query: str) -> None:
    assert server.get(f"{POSTS}?{query}").status_code == 422


def test_a_draft_is_new_on_the_day_that_it_is_published(server: Server) -> None:
    carol = server.join("carol")
    draft = write(server, carol, "Old draft", published=False)
    write(server, carol, "Newer post")
    server.call("PATCH", f"{POSTS}/{draft['id']}", carol, json={"published": True})
    assert titles(server, "size=2") == ["Old draft", "Newer post"]
    server.call("PATCH", f"{POSTS}/{draft['id']}", carol, json={"published": False})
    write(server, carol, "Even newer")
    server.call("PATCH", f"{POSTS}/{draft['id']}", carol, json={"published": True})
    assert titles(server, "size=2&sort=-published_at") == ["Even newer", "Old draft"]
    assert titles(server, "size=1&sort=published_at") == ["Banana bread"]


def test_posts_of_a_deactivated_account_stay_without_its_name(server: Server) -> None:
    bob = server.join("bobby")
    post = write(server, bob, "By somebody")
    assert titles(server, "author=bobby") == ["By somebody"]
    server.call("DELETE", f"/api/users/{bob.id}", bob)
    assert titles(server, "author=bobby") == []
    for path in (f"/{post['id']}", f"/by-slug/{post['slug']}"):
        assert server.get(POSTS + path).json()["author"]["username"] is None
    listed = server.get(f"{POSTS}?size=1").json()["items"][0]
    assert (listed["title"], listed["author"]["username"]) == ("By somebody", None)
    for kind in ("jsonl", "csv"):
        assert "bobby" not in server.get(f"{POSTS}/export?format={kind}").text


def test_an_unknown_order_is_answered_with_the_known_ones(server: Server) -> None:
    response = server.get(f"{POSTS}?sort=-hashed_password")
    assert response.status_code == 422
    assert "'-created_at', 'created_at'" in response.json()["detail"][0]["msg"]


def test_the_old_paths_are_the_same(server: Server) -> None:
    for path in ("", "/1", "/by-slug/apple-pie"):
        assert server.get(f"/posts{path}").json() == server.get(f"{POSTS}{path}").json()
