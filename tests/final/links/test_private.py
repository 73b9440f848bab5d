"""Private links: in one's own list and nowhere else; whoever has the short URL may follow it."""

from typing import Any

from tests.support.links import URL, follow, save, shorten
from tests.support.server import Person, Server


def change(server: Server, who: Person, link_id: int, **changes: Any) -> Any:
    """Change a link in somebody's list."""
    response = server.call("PATCH", f"/links/{link_id}", who, json=changes)
    assert response.status_code == 200, response.text
    return response.json()


def listed(server: Server, who: Person | None = None) -> list[int]:
    """List the links that everyone sees, and make sure that they are counted alike."""
    response = server.get("/links?view=public", who)
    ids = [link["id"] for link in response.json()]
    assert response.headers["X-Total-Count"] == str(len(ids))
    return ids


def see(server: Server, link: Any, who: Person | None) -> list[tuple[int, Any]]:
    """Ask for a link in every way there is but following it."""
    key = link["short_url"].rpartition("/")[2]
    asked = [
        ("GET", f"/links/{link['id']}"),
        ("GET", f"/{key}+"),
        ("GET", f"/links/qrcode/?key={key}"),
        ("GET", f"/links/{key}/stats"),
        ("PATCH", f"/links/{link['id']}"),
        ("DELETE", f"/links/{link['id']}"),
        ("DELETE", f"/by_key/?key={key}"),
        ("DELETE", f"/by_url/?url={link['original_url']}"),
    ]
    if who is None:
        asked = asked[:2]
    answers = [server.call(method, path, who, json={}) for method, path in asked]
    return [(answer.status_code, answer.json()) for answer in answers]


def test_nobody_can_tell_it_from_one_that_is_not_there(
    server: Server, ada: Person, bob: Person
) -> None:
    link = save(server, ada, is_private=True)
    missing = {"id": 2147483647, "short_url": "/nowhere", "original_url": "https://example.org/no"}
    for stranger in (None, bob):
        answers = see(server, link, stranger)
        assert answers == see(server, missing, stranger)
        assert {status for status, _ in answers} == {404}
        assert listed(server, stranger) == []


def test_its_owner_sees_it_everywhere(server: Server, ada: Person) -> None:
    link = save(server, ada, title="Diary", is_private=True)
    key = link["short_code"]
    assert link["is_private"]
    assert server.get(f"/links/{link['id']}", ada).json() == link
    assert server.get("/links", ada).json() == [link]
    assert server.get(f"/{key}+", ada).json()["title"] == "Diary"
    assert server.get(f"/links/{key}/stats", ada).json()["clicks"] == 0
    assert server.get(f"/links/qrcode/?key={key}", ada).headers["content-type"] == "image/png"
    assert "Diary" in server.get("/links/export", ada).text


def test_whoever_has_the_short_url_may_follow_it(server: Server, ada: Person) -> None:
    link = save(server, ada, is_private=True)
    assert follow(server, link["short_code"]).headers["location"] == URL


def test_it_is_hidden_and_shown_again(server: Server, ada: Person) -> None:
    link = save(server, ada)
    assert change(server, ada, link["id"], is_private=True)["is_private"]
    assert listed(server) == []
    assert not change(server, ada, link["id"], is_private=False)["is_private"]
    assert listed(server) == [link["id"]]


def test_null_is_neither(server: Server, ada: Person) -> None:
    link = save(server, ada)
    body = {"is_private": None}
    assert server.call("PATCH", f"/links/{link['id']}", ada, json=body).status_code == 422


class TestSharing:
    def test_a_private_link_is_given_to_nobody_else(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        private = shorten(server, ada, is_private=True).json()
        other = shorten(server, bob)
        assert other.status_code == 201
        assert other.json()["id"] != private["id"]
        assert (other.json()["user_id"], other.json()["clicks"]) == (bob.id, 0)

    def test_who_wants_it_privately_gets_one_of_their_own(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        public = shorten(server, ada).json()
        private = shorten(server, bob, is_private=True).json()
        assert private["id"] != public["id"]
        assert listed(server) == [public["id"]]

    def test_the_one_who_hides_it_is_named_no_more(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        link = shorten(server, ada, title="What Ada calls it").json()
        shorten(server, bob, title="What Bob calls it")
        change(server, ada, link["id"], is_private=True)
        for viewer in (None, bob):
            shown = server.get(f"/links/{link['id']}", viewer)
            assert shown.json()["user_id"] is None
            assert "Ada" not in shown.text
        assert server.get("/links?view=public&search=Ada").json() == []
        assert listed(server) == [link["id"]]

    def test_it_is_hidden_with_the_last_who_shows_it(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        link = shorten(server, ada).json()
        shorten(server, bob)
        change(server, ada, link["id"], is_private=True)
        assert server.call("DELETE", f"/links/{link['id']}", bob).status_code == 204
        assert listed(server, bob) == []
        assert server.get(f"/links/{link['id']}", bob).status_code == 404
        assert server.get(f"/links/{link['id']}", ada).json()["is_private"]

    def test_a_url_that_was_hidden_can_be_shared_anew(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        hidden = shorten(server, ada).json()
        change(server, ada, hidden["id"], is_private=True)
        shared = shorten(server, bob).json()
        again = shorten(server, server.join("eve")).json()
        assert hidden["id"] != shared["id"] == again["id"]
