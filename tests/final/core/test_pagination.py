"""Pages: following `Link: rel="next"`, and when a list is counted."""

import pytest

from final.core.http import pagination
from tests.support.links import save
from tests.support.server import Person, Server


@pytest.fixture
def ada(server: Server) -> Person:
    """Return somebody with five links."""
    ada = server.join("ada")
    for number in range(5):
        save(server, ada, title=f"title {number}", url=f"https://example.com/{number}")
    return ada


def walk(server: Server, path: str, who: Person | None) -> list[list[int]]:
    """Return the numbers of the entries, page by page, as the answers lead."""
    pages = []
    while path:
        answer = server.get(path, who)
        pages.append([entry["id"] for entry in answer.json()])
        path = answer.links.get("next", {}).get("url", "")
    return pages


class TestTheNextPage:
    @pytest.mark.parametrize(
        "path", ["/links?limit=2", "/links?skip=0&limit=2", "/links?after=0&limit=2"]
    )
    @pytest.mark.parametrize("signed_in", [True, False])
    def test_leads_through_the_whole_list(
        self, server: Server, ada: Person, path: str, signed_in: bool
    ) -> None:
        assert walk(server, path, ada if signed_in else None) == [[1, 2], [3, 4], [5]]

    def test_keeps_the_filters(self, server: Server, ada: Person) -> None:
        save(server, ada, title="other")
        pages = walk(server, "/links?search=title&limit=3", ada)
        assert pages == [[1, 2, 3], [4, 5]]

    def test_misses_nothing_when_something_before_it_goes(
        self, server: Server, ada: Person
    ) -> None:
        path = server.get("/links?limit=2", ada).links["next"]["url"]
        server.call("DELETE", "/links/1", ada)
        assert [link["id"] for link in server.get(path, ada).json()] == [3, 4]

    def test_begins_where_an_entry_was_that_is_gone(self, server: Server, ada: Person) -> None:
        server.call("DELETE", "/links/2", ada)
        assert walk(server, "/links?after=2&limit=10", ada) == [[3, 4, 5]]

    def test_may_pass_over_some(self, server: Server, ada: Person) -> None:
        assert walk(server, "/links?after=1&skip=1&limit=10", ada) == [[3, 4, 5]]

    def test_is_empty_after_the_last(self, server: Server, ada: Person) -> None:
        answer = server.get("/links?after=5", ada)
        assert answer.json() == []
        assert answer.links.keys() == {"first"}

    @pytest.mark.parametrize("after", ["-1", "x", "", "1.5", 2**31, 10**30])
    @pytest.mark.parametrize("path", ["/links", "/users"])
    def test_does_not_begin_just_anywhere(self, server: Server, path: str, after: object) -> None:
        assert server.get(f"{path}?after={after}").status_code == 422


class TestTheTotal:
    def test_is_not_counted_again_on_pages_that_follow(self, server: Server, ada: Person) -> None:
        first = server.get("/links?limit=2", ada)
        second = server.get(first.links["next"]["url"], ada)
        assert first.headers["X-Total-Count"] == "5"
        assert "X-Total-Count" not in second.headers

    @pytest.mark.parametrize("skip", [0, 4, 5, 100])
    def test_is_the_same_on_every_page_by_skip(
        self, server: Server, ada: Person, skip: int
    ) -> None:
        for who in (ada, None):
            answer = server.get(f"/links?skip={skip}", who)
            assert answer.headers["X-Total-Count"] == "5"

    @pytest.mark.parametrize("path", ["/links?limit=2", "/links?skip=9&limit=2"])
    def test_of_a_long_list_is_a_minimum_and_says_so(
        self, server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        assert "X-Total-Count-Exact" not in server.get(path, ada).headers
        monkeypatch.setattr(pagination, "COUNTED", 3)
        answer = server.get(path, ada)
        assert answer.headers["X-Total-Count"] == "3"
        assert answer.headers["X-Total-Count-Exact"] == "false"
        assert "last" not in answer.links

    def test_of_a_long_list_leaves_every_page_within_reach(
        self, server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pagination, "COUNTED", 1)
        assert walk(server, "/links?limit=2", ada) == [[1, 2], [3, 4], [5]]
        last = server.get("/links?skip=4&limit=2", ada)
        assert [link["id"] for link in last.json()] == [5]
        assert "skip=2&" in last.links["prev"]["url"]
