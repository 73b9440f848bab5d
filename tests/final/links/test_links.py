"""Links: saving, listing, changing, giving up."""

from typing import Any

import httpx2 as httpx
import pytest
from pydantic import ValidationError

from final.links.addresses.site import Site
from final.links.addresses.urls import Address
from final.links.errors import OwnAddress
from final.links.schemas import LinkCreate, LinkUpdate, ShortenRequest
from tests.support.links import URL, follow, save, shorten
from tests.support.server import Person, Server

S0 = {"id", "title", "url", "description", "created_at", "user_id"}
S4 = {
    "user_link_id",
    "id",
    "short_code",
    "alias",
    "short_url",
    "original_url",
    "title",
    "default_title",
    "tags",
    "clicks",
    "is_private",
    "last_checked_at",
    "last_status",
    "created_at",
}


def titles(server: Server, query: str, who: Person | None = None) -> list[str]:
    """List the titles that a query finds."""
    response = server.get(f"/links?{query}", who)
    assert response.status_code == 200, response.text
    return [link["title"] for link in response.json()]


class TestSaving:
    def test_gives_a_short_url_at_once(self, server: Server, ada: Person) -> None:
        link = save(server, ada, description="to read")
        assert link["short_url"] == f"http://localhost:8000/{link['short_code']}"
        assert (link["url"], link["description"], link["user_id"]) == (URL, "to read", ada.id)

    def test_makes_a_link_of_ones_own_every_time(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        links = [save(server, who) for who in (ada, ada, bob)]
        assert len({link["id"] for link in links}) == 3
        assert len({link["short_code"] for link in links}) == 3

    @pytest.mark.parametrize(
        "url",
        [
            "http://example.com",
            "https://EXAMPLE.com:8443/a?b=c&d=%20#e",
            "https://example.com/" + "x" * 2000,
            "http://[2001:4860:4860::8888]/",
            "https://example.com/<>\"'{}|^`",
        ],
    )
    def test_keeps_a_url_as_it_came(self, server: Server, ada: Person, url: str) -> None:
        assert save(server, ada, url=f" {url}\n")["url"] == url

    def test_escapes_a_url_that_is_not_ascii(self, server: Server, ada: Person) -> None:
        assert save(server, ada, url="https://bücher.example/ü")["url"] == (
            "https://xn--bcher-kva.example/%C3%BC"
        )

    @pytest.mark.parametrize(
        "url",
        [
            "javascript:alert(1)",
            "JAVASCRIPT://example.com/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://example.com",
            "//example.com",
            "example.com",
            "http://",
            "http:///path",
            "http://exa mple.com",
            "http://example.com/\r\nSet-Cookie: a=b",
            "http://example.com/\tx",
            "http://example.com\\@evil.example/",
            "http:\\\\example.com",
            "http://user@example.com/",
            "http://user:secret@example.com/",
            "http://@example.com/",
            "http://example.com/\0",
            "http://example.com/\u202e\x85",
            "https://example.com/" + "x" * 2083,
        ],
        ids=lambda url: url[:40],
    )
    def test_refuses_a_url_that_leads_astray(self, url: str) -> None:
        for schema, name in ((LinkCreate, "url"), (ShortenRequest, "original_url")):
            with pytest.raises(ValidationError):
                schema.model_validate({"title": "x", name: url})

    @pytest.mark.parametrize(
        "url",
        [
            "http://localhost:8000/again",
            "http://[::ffff:127.0.0.1]:8000/x",
            "http://127.0.0.2:8000/x",
            "http://[::]:8000/x",
            "http://[::127.0.0.1]:8000/x",
            "http://foo.localhost:8000/x",
            "https://LOCALHOST:8000",
            "http://127.0.0.1:8000/",
            "http://2130706433:8000/",
        ],
        ids=lambda url: url[:40],
    )
    def test_refuses_a_url_that_leads_back(self, url: str) -> None:
        with pytest.raises(OwnAddress):
            Site("http://localhost:8000", frozenset()).ensure_not_own_address(Address.read(url))

    @pytest.mark.stores("sqlite")
    @pytest.mark.parametrize("url", ["http://user:secret@example.com/", "http://[::]:8000/x"])
    def test_a_url_that_is_refused_is_not_repeated(
        self, server: Server, ada: Person, url: str
    ) -> None:
        response = server.call("POST", "/links", ada, json={"title": "x", "url": url})
        assert response.status_code == 422
        assert "secret" not in response.text
        assert shorten(server, ada, url).status_code == 422

    @pytest.mark.parametrize("title", ["", "  ", "\u200b", "a\0b", "a\nb", "x" * 201, None, 7])
    def test_refuses_a_title_that_is_none(self, title: Any) -> None:
        with pytest.raises(ValidationError):
            LinkCreate.model_validate({"title": title, "url": URL})

    @pytest.mark.parametrize(("sent", "kept"), [("a\r\n\tb", "a\r\n\tb"), (" ", None), ("", None)])
    def test_keeps_a_description_with_its_lines(
        self, server: Server, ada: Person, sent: str, kept: str | None
    ) -> None:
        assert save(server, ada, description=sent)["description"] == kept


class TestListing:
    def test_everyone_sees_all_links_without_what_is_private(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        saved = [save(server, who, title=who.name) for who in (ada, bob)]
        listed = server.get("/links").json()
        assert [link["title"] for link in listed] == ["ada", "bob"]
        assert listed[0] == {key: saved[0][key] for key in S0}

    def test_a_user_sees_their_own_with_everything(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        save(server, bob)
        saved = save(server, ada)
        assert server.get("/links", ada).json() == [saved]
        assert saved.keys() == S0 | S4

    def test_the_view_can_be_chosen(self, server: Server, ada: Person, bob: Person) -> None:
        save(server, ada, title="of ada")
        assert titles(server, "view=public", bob) == ["of ada"]
        assert titles(server, "view=mine", bob) == []
        assert server.get("/links?view=mine").status_code == 401
        assert server.get("/links?view=all", ada).status_code == 422

    def test_a_bad_token_is_not_nobody(self, server: Server, ada: Person) -> None:
        for path in ("/links", f"/links/{save(server, ada)['id']}"):
            response = server.get(path, headers={"Authorization": "Bearer x"})
            assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")

    def test_caches_learn_that_the_caller_matters(self, server: Server, ada: Person) -> None:
        for path in ("/links", f"/links/{save(server, ada)['id']}"):
            assert "Authorization" in server.get(path, ada).headers["Vary"]

    def test_comes_in_pages(self, server: Server, ada: Person) -> None:
        for number in range(3):
            save(server, ada, title=str(number))
        for who in (None, ada):
            response = server.get("/links?skip=1&limit=1", who)
            assert [link["title"] for link in response.json()] == ["1"]
            assert response.headers["X-Total-Count"] == "3"
            assert 'skip=2&limit=1>; rel="last"' in response.headers["Link"]

    @pytest.mark.stores("postgresql+valkey")  # the stricter of the two
    @pytest.mark.parametrize(
        "query", ["skip=-1", "limit=0", "limit=101", "search=%00", "search=" + "x" * 201, "tag=%00"]
    )
    def test_refuses_a_query_that_makes_no_sense(self, server: Server, query: str) -> None:
        assert server.get(f"/links?{query}").status_code == 422

    @pytest.mark.parametrize(
        ("search", "found"),
        [("ÖL", ["Über Öl"]), ("100%25", ["100%"]), ("%25", ["100%"]), ("_", []), ("x" * 200, [])],
    )
    def test_search_is_literal_and_ignores_case(
        self, server: Server, ada: Person, search: str, found: list[str]
    ) -> None:
        for title in ("Über Öl", "100%", "other"):
            save(server, ada, title=title)
        for who in (None, ada):
            assert titles(server, f"search={search}", who) == found

    def test_tags_are_found_in_any_case(self, server: Server, ada: Person, bob: Person) -> None:
        link = save(server, ada, title="tagged")
        save(server, ada, title="bare")
        server.call("PATCH", f"/links/{link['id']}", ada, json={"tags": ["Größe", "web"]})
        for who in (None, ada):
            assert titles(server, "tag=GRÖSSE".replace("SS", "ß"), who) == ["tagged"]
            assert titles(server, "tag=we", who) == []
        assert titles(server, "tag=web", bob) == []


class TestReading:
    def test_the_owner_sees_the_entry_and_others_the_public_view(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        saved = save(server, ada)
        path = f"/links/{saved['id']}"
        assert server.get(path, ada).json() == saved
        assert server.get(path).json() == server.get(path, bob).json()
        assert server.get(path).json().keys() == S0

    @pytest.mark.stores("postgresql+valkey")
    @pytest.mark.parametrize("link_id", ["0", "-1", "99", "2147483648", "x", "%00"])
    def test_an_id_that_cannot_be_is_no_fault(
        self, server: Server, ada: Person, link_id: str
    ) -> None:
        for method in ("GET", "PATCH", "DELETE"):
            response = server.call(method, f"/links/{link_id}", ada, json={})
            assert response.status_code in (404, 422)


class TestChanging:
    def patch(self, server: Server, who: Person, link_id: int, **changes: Any) -> Any:
        """Change a link; return the status and the body."""
        response = server.call("PATCH", f"/links/{link_id}", who, json=changes)
        return response.status_code, response.json()

    def test_changes_what_is_sent_and_nothing_else(self, server: Server, ada: Person) -> None:
        saved = save(server, ada, description="old")
        status, after = self.patch(server, ada, saved["id"], title="New", tags=["b", "A", "a"])
        assert status == 200
        assert after == saved | {"title": "New", "tags": ["b", "A"][::-1]}
        assert self.patch(server, ada, saved["id"])[1] == after

    def test_null_clears(self, server: Server, ada: Person) -> None:
        saved = save(server, ada, description="old")
        after = self.patch(server, ada, saved["id"], title=None, description=None)[1]
        assert (after["title"], after["description"]) == (None, None)
        assert server.get("/links").json()[0]["title"] == URL

    @pytest.mark.parametrize(
        "changes",
        [
            {"title": ""},
            {"tags": None},
            {"tags": ["a,b"]},
            {"tags": [""]},
            {"tags": ["x" * 51]},
            {"tags": [f"t{number}" for number in range(21)]},
            {"alias": "a b c"},
            {"alias": "ü" * 5},
            {"max_clicks": 0},
            {"max_clicks": 2**31},
            {"expires_at": "tomorrow"},
            {"expires_at": "2030-01-01T00:00:00"},
            {"expires_at": "0001-01-01T00:00:00+14:00"},
        ],
        ids=str,
    )
    def test_refuses_what_makes_no_sense(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            LinkUpdate.model_validate(changes)

    @pytest.mark.stores("sqlite")
    @pytest.mark.parametrize("changes", [{"title": ""}, {"alias": "Links"}, {"alias": "DOCS"}])
    def test_asks_the_schema_and_the_routes(
        self, server: Server, ada: Person, changes: dict[str, Any]
    ) -> None:
        assert self.patch(server, ada, save(server, ada)["id"], **changes)[0] == 422

    def test_an_alias_takes_the_place_of_the_code_and_back(
        self, server: Server, ada: Person
    ) -> None:
        saved = save(server, ada)
        named = self.patch(server, ada, saved["id"], alias="My-Page")[1]
        assert (named["alias"], named["short_code"]) == ("My-Page", None)
        assert named["short_url"].endswith("/My-Page")
        coded = self.patch(server, ada, saved["id"], alias=None)[1]
        assert coded["alias"] is None
        assert coded["short_url"].endswith(coded["short_code"])

    def test_an_alias_that_is_taken_is_refused(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        shorten(server, bob, alias="Taken")
        saved = save(server, ada)
        assert self.patch(server, ada, saved["id"], alias="tAKEN")[0] == 409
        assert self.patch(server, ada, saved["id"], alias="mine")[0] == 200
        assert self.patch(server, ada, saved["id"], alias="MINE")[1]["alias"] == "MINE"

    def test_what_others_have_too_keeps_its_address(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        link_id = shorten(server, ada).json()["id"]
        assert shorten(server, bob, title="of bob").json()["id"] == link_id
        assert self.patch(server, ada, link_id, alias="mine-now")[0] == 409
        assert self.patch(server, ada, link_id, max_clicks=1)[0] == 409
        assert self.patch(server, ada, link_id, title="of ada", alias=None)[0] == 200
        assert titles(server, "", bob) == ["of bob"]

    def test_strangers_may_not(self, server: Server, ada: Person, bob: Person) -> None:
        assert self.patch(server, bob, save(server, ada)["id"], title="Eve")[0] == 403


def patch(server: Server, who: Person, link_id: int, **changes: Any) -> httpx.Response:
    """Ask for changes of a link."""
    return server.call("PATCH", f"/links/{link_id}", who, json=changes)


class TestCorrectingATarget:
    OTHER = "https://example.org/moved"

    def test_the_short_url_leads_there_from_now_on(self, server: Server, ada: Person) -> None:
        link = save(server, ada)
        assert follow(server, link["short_code"]).headers["location"] == URL
        answer = patch(server, ada, link["id"], original_url=self.OTHER)
        assert (answer.status_code, answer.json()["url"]) == (200, self.OTHER)
        assert follow(server, link["short_code"]).headers["location"] == self.OTHER
        assert titles(server, "view=public&search=moved") == ["A page"]
        assert titles(server, "view=public&search=example.com") == []

    def test_the_former_url_can_be_shortened_again(self, server: Server, ada: Person) -> None:
        link = shorten(server, ada).json()
        assert patch(server, ada, link["id"], original_url=self.OTHER).status_code == 200
        assert shorten(server, ada).status_code == 201
        assert shorten(server, ada, self.OTHER).status_code == 409

    def test_nobody_else_is_given_the_corrected_link(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        link = shorten(server, ada).json()
        patch(server, ada, link["id"], original_url=self.OTHER)
        assert shorten(server, bob).json()["id"] != link["id"]

    def test_what_others_have_too_leads_where_it_led(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        link = shorten(server, ada).json()
        shorten(server, bob)
        assert patch(server, ada, link["id"], original_url=self.OTHER).status_code == 409
        assert patch(server, ada, link["id"], original_url=URL, title="Mine").status_code == 200

    @pytest.mark.parametrize(
        "body",
        [{"url": URL}, {"original_url": None}, {"original_url": "http://localhost:8000/x"}],
        ids=str,
    )
    def test_refuses_what_it_does_not_know_or_may_not_lead_to(
        self, server: Server, ada: Person, body: dict[str, Any]
    ) -> None:
        link = save(server, ada)
        assert patch(server, ada, link["id"], **body).status_code == 422


class TestDeleting:
    def test_the_last_one_to_leave_takes_the_link_along(self, server: Server, ada: Person) -> None:
        link = save(server, ada)
        path = f"/links/{link['id']}"
        assert server.call("DELETE", path, ada).status_code == 204
        assert server.get(path, ada).status_code == server.get(path).status_code == 404
        assert server.get(f"/{link['short_code']}").status_code == 404

    def test_a_short_url_survives_its_creator(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        link = shorten(server, ada).json()
        shorten(server, bob)
        server.call("DELETE", f"/links/{link['id']}", ada)
        assert server.get(f"/{link['short_code']}", follow_redirects=False).status_code == 302
        assert server.get("/links", bob).json()[0]["user_id"] is None
        assert server.call("DELETE", f"/links/{link['id']}", ada).status_code == 403

    def test_the_number_of_a_link_that_is_gone_is_not_given_again(
        self, server: Server, ada: Person
    ) -> None:
        first = save(server, ada)["id"]
        server.call("DELETE", f"/links/{first}", ada)
        assert save(server, ada)["id"] > first

    def test_strangers_may_not(self, server: Server, ada: Person, bob: Person) -> None:
        link = save(server, ada)
        assert server.call("DELETE", f"/links/{link['id']}", bob).status_code == 403
        assert server.get(f"/links/{link['id']}").status_code == 200
