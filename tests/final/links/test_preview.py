"""What a short link shows before it is followed, and what it passes on."""

from typing import Any

import pytest

from tests.support.links import URL, follow, save, shorten
from tests.support.server import Person, Server

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def look(server: Server, key: str, accept: str = BROWSER, who: Person | None = None) -> Any:
    """Look at a short link."""
    return server.get(f"/{key}+", who, headers={"Accept": accept})


class TestPage:
    @pytest.mark.parametrize(
        "accept", ["", "*/*", "application/json", "text/html;q=0, */*", "x;q=é"]
    )
    def test_whoever_wants_none_gets_json(self, server: Server, ada: Person, accept: str) -> None:
        key = save(server, ada)["short_code"]
        answer = server.get(f"/{key}+", headers={"Accept": accept.encode()})
        assert answer.headers["content-type"] == "application/json"
        assert "Accept" in answer.headers["Vary"]

    def test_a_browser_sees_target_title_clicks_and_code(self, server: Server, ada: Person) -> None:
        link = save(server, ada, title="A page")
        page = look(server, link["short_code"])
        assert page.headers["content-type"].startswith("text/html")
        for shown in (f'href="{URL}"', "<h1>A page</h1>", "Clicks", "data:image/png;base64,"):
            assert shown in page.text

    def test_what_people_write_is_escaped_and_nothing_runs(
        self, server: Server, ada: Person
    ) -> None:
        url, title = "https://example.com/'><script>1</script>", "<script>alert(1)</script>"
        page = look(server, save(server, ada, url=url, title=title)["short_code"])
        assert "<script" not in page.text
        assert "script-src" not in page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]

    def test_a_private_one_is_for_its_owner(self, server: Server, ada: Person) -> None:
        key = save(server, ada, is_private=True)["short_code"]
        assert look(server, key).status_code == 404
        assert look(server, key, who=ada).status_code == 200


class TestPassingOn:
    @pytest.mark.parametrize(
        ("target", "query", "expected"),
        [
            ("https://example.com/", "a=1&b=2", "https://example.com/?a=1&b=2"),
            ("https://example.com/?x=1", "a=%C3%A9", "https://example.com/?x=1&a=%C3%A9"),
            ("https://example.com/#part", "a=1", "https://example.com/?a=1#part"),
            ("https://example.com/", "", "https://example.com/"),
        ],
    )
    def test_the_query_goes_along(
        self, server: Server, ada: Person, target: str, query: str, expected: str
    ) -> None:
        key = shorten(server, ada, target, forward_query=True).json()["short_code"]
        assert follow(server, f"{key}?{query}").headers["location"] == expected

    def test_it_stays_behind_unless_wanted(self, server: Server, ada: Person) -> None:
        link = shorten(server, ada).json()
        assert follow(server, f"{link['short_code']}?a=1").headers["location"] == URL
        body = {"forward_query": True}
        assert server.call("PATCH", f"/links/{link['id']}", ada, json=body).status_code == 200
        assert follow(server, f"{link['short_code']}?a=1").headers["location"] == f"{URL}?a=1"

    def test_such_a_link_is_ones_own(self, server: Server, ada: Person, bob: Person) -> None:
        link = shorten(server, ada, forward_query=True).json()
        assert shorten(server, bob).json()["id"] != link["id"]


@pytest.mark.parametrize("alias", ["x", "x7"])
def test_short_aliases_are_for_administrators(
    server: Server, ada: Person, root: Person, alias: str
) -> None:
    assert shorten(server, ada, alias=alias).status_code == 422
    own = save(server, ada)
    path = f"/links/{own['id']}"
    assert server.call("PATCH", path, ada, json={"alias": alias}).status_code == 422
    assert shorten(server, root, alias=alias).status_code == 201
    assert follow(server, alias).headers["location"] == URL
    assert server.get(f"/links/qrcode/?key={alias}", root).status_code == 200
