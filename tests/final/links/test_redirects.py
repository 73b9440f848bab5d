"""Following short links: from the database and from memory, as often as they allow."""

from datetime import UTC, datetime, timedelta

import pytest

from final.core.config import Settings
from tests.support.links import URL, clicks, follow, shorten
from tests.support.server import Person, Server


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings with an origin that is allowed."""
    return settings.model_copy(update={"cors_origins": ["https://app.example"]})


class TestFollowing:
    @pytest.mark.parametrize("url", ["http://example.com", "https://EXAMPLE.com/a?b=%20'\"<>#c"])
    def test_leads_to_exactly_what_was_stored(self, server: Server, ada: Person, url: str) -> None:
        code = shorten(server, ada, url).json()["short_code"]
        for _ in range(2):  # from the database, then from memory
            response = follow(server, code)
            assert (response.status_code, response.headers["Location"]) == (302, url)
            assert response.headers["Cache-Control"] == "no-store"

    def test_memory_gives_the_same_answer(self, server: Server, ada: Person) -> None:
        shorten(server, ada, alias="Alias")
        first, second = follow(server, "alias/"), follow(server, "ALIAS")
        names = set(first.headers) - {"x-process-time", "x-request-id"}
        assert {name: first.headers[name] for name in names} == {
            name: second.headers[name] for name in names
        }
        assert first.content == second.content == b""

    @pytest.mark.stores("postgresql+valkey")  # the stricter of the two
    @pytest.mark.parametrize("key", ["unknown", "ab", "a.b.c", "%00", "%F0%9F%A6%84", "x" * 5000])
    def test_an_unknown_key_is_404(self, server: Server, key: str) -> None:
        assert follow(server, key).status_code == 404
        assert follow(server, f"{key}+").status_code == 404

    @pytest.mark.stores("sqlite")
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("POST", "/nowhere", 404),
            ("PUT", "/alias", 404),
            ("GET", "/shorten", 405),
            ("GET", "/by_key/", 405),
            ("GET", "/auth", 404),
            ("GET", "/ws", 404),
            ("GET", "/docs", 200),
            ("GET", "/openapi.json", 200),
        ],
    )
    def test_other_routes_stay_what_they_are(
        self, server: Server, ada: Person, method: str, path: str, status: int
    ) -> None:
        shorten(server, ada, alias="alias")
        response = server.call(method, path)
        assert response.status_code == status
        assert "GET" not in response.headers.get("Allow", "")

    def test_clicks_are_counted_but_not_looks(self, server: Server, ada: Person) -> None:
        shorten(server, ada, alias="alias")
        for method in ("GET", "HEAD", "GET", "HEAD", "GET"):
            assert follow(server, "alias", method).status_code == 302
        follow(server, "alias+")
        assert clicks(server, ada) == [3]

    def test_a_preview_says_where_it_leads(self, server: Server, ada: Person) -> None:
        shorten(server, ada, alias="Alias")
        preview = follow(server, "alias+").json()
        assert preview["original_url"] == URL
        assert preview["short_url"] == "http://localhost:8000/Alias"
        assert preview["title"] == "A page"

    def test_a_link_that_is_given_up_is_gone_at_once(self, server: Server, ada: Person) -> None:
        link_id = shorten(server, ada, alias="alias").json()["id"]
        assert follow(server, "alias").status_code == 302
        server.call("DELETE", f"/links/{link_id}", ada)
        assert follow(server, "alias").status_code == 404

    def test_a_link_that_is_renamed_moves_at_once(self, server: Server, ada: Person) -> None:
        link_id = shorten(server, ada, alias="before").json()["id"]
        assert follow(server, "before").status_code == 302
        server.call("PATCH", f"/links/{link_id}", ada, json={"alias": "after"})
        assert follow(server, "before").status_code == 404
        assert follow(server, "after").status_code == 302

    def test_a_page_of_an_allowed_origin_may_read_it(self, server: Server, ada: Person) -> None:
        shorten(server, ada, alias="alias")
        for _ in range(2):
            response = follow(server, "alias", headers={"Origin": "https://app.example"})
            assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"


class TestLimits:
    def test_so_many_clicks_and_no_more(self, server: Server, ada: Person) -> None:
        shorten(server, ada, alias="alias", max_clicks=2)
        assert follow(server, "alias", "HEAD").status_code == 302
        assert [follow(server, "alias").status_code for _ in range(4)] == [302, 302, 410, 410]
        assert follow(server, "alias+").status_code == 410
        assert clicks(server, ada) == [2]

    def test_until_its_time_is_over(self, server: Server, ada: Person) -> None:
        soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        link_id = shorten(server, ada, alias="alias", expires_at=soon).json()["id"]
        assert follow(server, "alias").status_code == 302
        past = {"expires_at": "2020-01-01T00:00:00+02:00"}
        server.call("PATCH", f"/links/{link_id}", ada, json=past)
        for method in ("GET", "HEAD"):
            assert follow(server, "alias", method).status_code == 410

    def test_limits_can_be_lifted(self, server: Server, ada: Person) -> None:
        link_id = shorten(server, ada, alias="alias", max_clicks=1).json()["id"]
        assert [follow(server, "alias").status_code for _ in range(2)] == [302, 410]
        server.call("PATCH", f"/links/{link_id}", ada, json={"max_clicks": None})
        assert [follow(server, "alias").status_code for _ in range(2)] == [302, 302]
        server.call("PATCH", f"/links/{link_id}", ada, json={"max_clicks": 3})
        assert follow(server, "alias").status_code == 410
