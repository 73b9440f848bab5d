"""Short links: making, counting, losing them."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from pydantic import ValidationError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.config import Settings
from final.links.models import Link, UserLink
from final.links.resources import ShadowedLinksError
from final.links.schemas import ShortenRequest
from final.main import create_app
from final.users.models import User
from tests.support.links import URL, follow, save, shorten, write_clicks
from tests.support.server import Person, Server

ANSWER = {
    "id",
    "alias",
    "original_url",
    "user_id",
    "title",
    "short_code",
    "short_url",
    "clicks",
    "created_at",
    "is_private",
}


class TestShortening:
    def test_answers_with_the_fields_of_a_short_link(self, server: Server, ada: Person) -> None:
        response = shorten(server, ada)
        assert response.status_code == 201
        link = response.json()
        assert link.keys() == ANSWER
        assert link["short_url"] == f"http://localhost:8000/{link['short_code']}"
        assert (link["alias"], link["clicks"], link["user_id"]) == (None, 0, ada.id)

    def test_an_alias_stands_in_for_the_code(self, server: Server, ada: Person) -> None:
        link = shorten(server, ada, alias="My-Alias_1").json()
        assert (link["alias"], link["short_code"]) == ("My-Alias_1", None)
        assert link["short_url"] == "http://localhost:8000/My-Alias_1"

    @pytest.mark.parametrize("url", [URL, "HTTPS://Example.com:443/page"])
    def test_the_same_url_twice_is_refused(self, server: Server, ada: Person, url: str) -> None:
        shorten(server, ada)
        for changes in ({}, {"alias": "another"}, {"max_clicks": 3}):
            response = shorten(server, ada, url, **changes)
            assert response.status_code == 409
            assert response.json() == {"detail": "You already have a link for this URL."}

    def test_a_saved_link_is_a_link_for_its_url(self, server: Server, ada: Person) -> None:
        save(server, ada)
        assert shorten(server, ada).status_code == 409

    def test_another_user_gets_the_same_link(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        first, second = shorten(server, ada).json(), shorten(server, bob, title="Bob's").json()
        assert first["id"] == second["id"]
        assert (first["title"], second["title"]) == ("A page", "Bob's")
        assert second["user_id"] == ada.id

    def test_a_saved_link_is_shared_too(self, server: Server, ada: Person, bob: Person) -> None:
        assert shorten(server, bob).json()["id"] != save(server, ada, url="https://example.net")
        saved = save(server, ada, url="https://example.org/")
        assert shorten(server, bob, "https://example.org/").json()["id"] == saved["id"]

    @pytest.mark.parametrize(
        "wish", [{"alias": "mine"}, {"max_clicks": 1}, {"expires_at": "2040-01-01T00:00:00Z"}]
    )
    def test_a_link_with_wishes_is_ones_own(
        self, server: Server, ada: Person, bob: Person, wish: dict[str, Any]
    ) -> None:
        first = shorten(server, ada, **wish).json()["id"]
        second = shorten(server, bob).json()["id"]
        assert first != second
        assert shorten(server, server.join("eve"), **wish | {"alias": "other"}).status_code == 201

    def test_an_alias_is_unique_in_any_case(self, server: Server, ada: Person, bob: Person) -> None:
        shorten(server, ada, alias="Alias")
        assert shorten(server, bob, alias="aLIAS").status_code == 409

    def test_aliases_and_codes_are_one_name_space(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        code = shorten(server, ada).json()["short_code"]
        assert shorten(server, bob, alias=code.upper()).status_code == 409

    @pytest.mark.parametrize(
        "alias", ["x" * 31, "a b", "a/b", "a.b", "ä" * 4, "", "abc\n", "a+b", 7, "abc\0"]
    )
    def test_an_alias_has_simple_characters(self, alias: object) -> None:
        with pytest.raises(ValidationError):
            ShortenRequest.model_validate({"original_url": URL, "alias": alias})

    @pytest.mark.stores("sqlite")
    def test_asks_the_schema(self, server: Server, ada: Person) -> None:
        assert shorten(server, ada, alias="a b").status_code == 422

    @pytest.mark.stores("sqlite")
    def test_no_route_can_be_an_alias(self, server: Server, ada: Person) -> None:
        words = server.links.site.reserved
        assert {"links", "link", "shorten", "auth", "docs", "redoc", "api", "users"} <= words
        for word in words:
            for alias in (word, word.upper(), word.title()):
                assert shorten(server, ada, alias=alias).status_code == 422, alias


class TestStats:
    def test_count_every_day_in_utc(self, server: Server, ada: Person) -> None:
        shorten(server, ada, alias="Alias")
        for _ in range(3):
            follow(server, "alias")
        write_clicks(server)
        today = datetime.now(UTC).date().isoformat()
        assert server.get("/links/ALIAS/stats", ada).json() == {
            "key": "Alias",
            "clicks": 3,
            "days": [{"day": today, "clicks": 3}],
        }

    def test_list_the_days_in_order(
        self, server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shorten(server, ada, alias="alias")
        for day in (3, 1, 3, 2):
            moment = datetime(2026, 1, day, 23, 59, tzinfo=UTC)
            monkeypatch.setattr("final.links.shortener.clicks.utcnow", lambda moment=moment: moment)
            follow(server, "alias")
        write_clicks(server)
        days = server.get("/links/alias/stats", ada).json()["days"]
        assert [day["day"][-2:] for day in days] == ["01", "02", "03"]
        assert [day["clicks"] for day in days] == [1, 1, 2]

    def test_limited_clicks_are_in_them_too(self, server: Server, ada: Person) -> None:
        shorten(server, ada, alias="alias", max_clicks=2)
        for _ in range(3):
            follow(server, "alias")
        stats = server.get("/links/alias/stats", ada).json()
        assert (stats["clicks"], stats["days"][0]["clicks"]) == (2, 2)

    def test_are_for_those_who_have_the_link(
        self, server: Server, ada: Person, bob: Person
    ) -> None:
        shorten(server, ada, alias="alias")
        assert server.get("/links/alias/stats", bob).status_code == 404
        assert server.get("/links/%00/stats", bob).status_code == 404


class TestDeleting:
    def test_by_key_and_by_url(self, server: Server, ada: Person) -> None:
        for query in ("/by_key/?key=ALIAS", "/by_url/?url=HTTPS://example.com/page"):
            shorten(server, ada, alias="alias")
            response = server.call("DELETE", query, ada)
            assert (response.status_code, response.json()) == (200, "Link deleted")
            assert server.call("DELETE", query, ada).status_code == 404
            assert follow(server, "alias").status_code == 404

    def test_others_keep_theirs(self, server: Server, ada: Person, bob: Person) -> None:
        code = shorten(server, ada).json()["short_code"]
        shorten(server, bob)
        assert server.call("DELETE", f"/by_key/?key={code}", ada).status_code == 200
        assert follow(server, code).status_code == 302
        assert server.call("DELETE", f"/by_key/?key={code}", ada).status_code == 404

    @pytest.mark.parametrize(
        "query", ["/by_key/", "/by_url/", "/by_key/?key=%00", "/by_url/?url=%00", "/by_url/?url=x"]
    )
    def test_what_makes_no_sense_is_not_there(
        self, server: Server, ada: Person, query: str
    ) -> None:
        assert server.call("DELETE", query, ada).status_code in (404, 422)


class TestQrCode:
    @pytest.mark.parametrize("alias", [None, "An-Alias_of-thirty-characters1"])
    def test_another_program_reads_the_short_url(
        self, server: Server, ada: Person, alias: str | None
    ) -> None:
        link = shorten(server, ada, alias=alias).json()
        response = server.get(f"/links/qrcode/?key={alias or link['short_code']}", ada)
        assert response.headers["Content-Type"] == "image/png"
        (code,) = zxingcpp.read_barcodes(Image.open(BytesIO(response.content)))
        assert code.text == link["short_url"]

    @pytest.mark.parametrize("query", ["", "?key=unknown", "?key=%00"])
    def test_there_is_none_of_nothing(self, server: Server, ada: Person, query: str) -> None:
        assert server.get(f"/links/qrcode/{query}", ada).status_code in (404, 422)


class TestStart:
    def test_fails_where_a_route_would_hide_a_link(
        self, server: Server, ada: Person, settings: Settings
    ) -> None:
        shorten(server, ada, alias="Pricing")
        app: FastAPI = create_app(settings)
        app.router.add_api_route("/pricing/plans", lambda: None)
        with pytest.raises(ShadowedLinksError, match=r"the routes: pricing$"), TestClient(app):
            pass


def test_every_link_and_entry_goes_with_its_user(server: Server) -> None:
    ada, bob = server.join("ada"), server.join("bob")
    shorten(server, ada)
    shorten(server, bob)

    async def erase(session: AsyncSession) -> None:
        await session.delete(await session.get_one(User, ada.id))

    server.in_session(erase)

    async def left(session: AsyncSession) -> tuple[list[int | None], list[int]]:
        creators = (await session.exec(select(Link.user_id))).all()
        return list(creators), list((await session.exec(select(UserLink.user_id))).all())

    assert server.in_session(left) == ([None], [bob.id])
