"""Many URLs at once: each has the result that it would have alone, in its turn."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.links.addresses.urls import Address
from final.links.models import Link, UserLink
from final.links.schemas import ShortenRequest
from final.links.service import describe_link, insert_entries, insert_links
from final.links.shortener import batch_upload, groups
from final.links.shortener.groups import Outcome, Shortened, shorten_all
from tests.support.server import Person, Server
from tests.support.stores import Postgres

MIXED: list[tuple[str, dict[str, Any], str]] = [
    ("a", {}, "ok"),
    ("a", {}, "AlreadySaved"),
    ("b", {"alias": "name"}, "ok"),
    ("c", {"alias": "NAME"}, "AliasTaken"),
    ("c", {}, "ok"),
    ("c", {"alias": "name"}, "AlreadySaved"),
    ("d", {"alias": "links"}, "AliasReserved"),
    ("d", {"alias": "bobs"}, "AliasTaken"),
    ("d", {"is_private": True}, "ok"),
    ("e", {"max_clicks": 3}, "ok"),
    ("http://localhost:8000/x", {}, "OwnAddress"),
    ("f", {"alias": "name"}, "AliasTaken"),
    ("g", {"alias": "Name"}, "AliasTaken"),
    ("f", {"alias": "other"}, "ok"),
    ("bobs", {}, "ok"),
]

# How many rows of links and lists this connection has read of late.
READ = text(
    "SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables "
    "WHERE relname IN ('link', 'user_link')"
)


def request(page: str, **wishes: Any) -> ShortenRequest:
    """Describe what is to be shortened."""
    url = page if ":" in page else f"https://example.com/{page}"
    return ShortenRequest.model_validate({"original_url": url, "title": "x"} | wishes)


def name(outcome: Outcome) -> str:
    """Name what became of a request."""
    return "ok" if isinstance(outcome, Shortened) else type(outcome).__name__


def shorten(server: Server, who: Person, *requests: ShortenRequest) -> list[Outcome]:
    """Shorten URLs as one group."""
    site = server.links.site
    return server.in_session(lambda session: shorten_all(session, site, who.id, requests))


def urls(server: Server, who: Person | None = None) -> list[str]:
    """List the last parts of the URLs in somebody's list, or of all links."""

    async def read(session: AsyncSession) -> list[str]:
        query = select(Link.url).order_by(col(Link.id))
        if who:
            query = query.join(UserLink).where(UserLink.user_id == who.id)
        return [url.rpartition("/")[2] for url in (await session.exec(query)).all()]

    return server.in_session(read)


class TestAGroup:
    @pytest.mark.parametrize("size", [1, len(MIXED)])
    def test_gives_what_one_after_the_other_gives(
        self, server: Server, ada: Person, bob: Person, size: int
    ) -> None:
        shared, _ = shorten(server, bob, request("bobs"), request("x", alias="bobs"))
        requests = [request(page, **wishes) for page, wishes, _ in MIXED]
        outcomes = [
            outcome
            for start in range(0, len(MIXED), size)
            for outcome in shorten(server, ada, *requests[start : start + size])
        ]
        assert [name(outcome) for outcome in outcomes] == [expected for *_, expected in MIXED]
        assert isinstance(shared, Shortened)
        assert isinstance(outcomes[-1], Shortened)
        assert outcomes[-1].id == shared.id
        assert sorted(urls(server, ada)) == ["a", "b", "bobs", "c", "d", "e", "f"]
        assert len(urls(server)) == 8

    def test_draws_a_code_again_that_is_taken(
        self, server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        codes = iter(["aaaaaaa", "aaaaaaa", "bbbbbbb", "aaaaaaa", "ccccccc"])
        monkeypatch.setattr("final.links.addresses.site.Site.new_short_code", lambda _: next(codes))
        outcomes = shorten(server, ada, *(request(page, is_private=True) for page in "abc"))
        keys = {outcome.short_code for outcome in outcomes if isinstance(outcome, Shortened)}
        assert keys == {"aaaaaaa", "bbbbbbb", "ccccccc"}


@pytest.mark.stores("postgresql", "postgresql+valkey")
@pytest.mark.parametrize("looked_at", [False, True])
def test_a_group_is_looked_up_row_by_row_in_tables_that_have_just_been_filled(
    server: Server, ada: Person, postgres: Postgres, looked_at: bool
) -> None:
    """Before PostgreSQL has looked at how they have grown, it would read them as a whole.

    So it would for references to them, if it has made its plan when it saw a single row.
    """
    site, database = server.links.site, server.resources.database

    async def fill(session: AsyncSession) -> None:
        urls = [Address.read(f"https://example.com/old/{number}") for number in range(2000)]
        rows = [describe_link(site, url, user_id=ada.id) for url in urls]
        numbers = (await insert_links(session, rows)).values()
        titled = {"user_id": ada.id, "title": None}
        await insert_entries(session, [titled | {"link_id": number} for number in numbers])

    async def shorten_some() -> int:
        requests = [request(f"new/{number}") for number in range(100)]
        async with database.transaction_of_many() as session:
            before = await session.scalar(READ) or 0
            await shorten_all(session, site, ada.id, requests)
            return int(await session.scalar(READ) or 0) - int(before)

    if looked_at:
        postgres.execute("VACUUM link, user_link")
        for number in range(10):
            shorten(server, ada, request(f"first/{number}"))
            if number == 0:
                postgres.execute("VACUUM ANALYZE link, user_link")
    server.in_session(fill)
    assert server.run(shorten_some) < 1000


class Upload:
    """An upload of somebody."""

    def __init__(self, socket: Any, total: int) -> None:
        """Begin."""
        self.socket = socket
        self.say({"type": "start", "total": total})
        assert socket.receive_json()["type"] == "started"

    def say(self, message: dict[str, Any]) -> None:
        """Send a message."""
        self.socket.send_text(json.dumps(message))

    def send(self, *pages: str, **wishes: Any) -> None:
        """Send items ahead."""
        for page in pages:
            data = {"original_url": f"https://example.com/{page}", "title": "x"} | wishes
            self.say({"type": "item", "data": data})

    def results(self, count: int) -> list[Any]:
        """Read so many results, each followed by how far it has come."""
        pairs = [(self.socket.receive_json(), self.socket.receive_json()) for _ in range(count)]
        assert [told["processed"] for _, told in pairs] == [one["index"] for one, _ in pairs]
        return [one.get("code", one["status"]) for one, _ in pairs]


@contextmanager
def uploading(server: Server, who: Person) -> Iterator[Upload]:
    """Connect as somebody."""
    path = f"/ws/batch-upload/?token={who.tokens['access_token']}"
    with server.client.websocket_connect(path) as socket:
        yield Upload(socket, 100)


class TestAnUpload:
    @pytest.fixture
    def upload(self, server: Server, ada: Person) -> Iterator[Upload]:
        """Yield an upload of Ada's."""
        with uploading(server, ada) as upload:
            yield upload

    def test_tells_each_result_when_one_item_spoils_the_transaction(
        self, server: Server, ada: Person, upload: Upload, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def spoiled(session: Any, site: Any, user_id: int, requests: Any) -> Any:
            outcomes = await groups.shorten_all(session, site, user_id, requests)
            if any(request.original_url.endswith("bad") for request in requests):
                raise IntegrityError("INSERT", {}, ValueError("no"))
            return outcomes

        monkeypatch.setattr(batch_upload, "shorten_all", spoiled)
        upload.send("a", "bad", "b", "a")
        assert upload.results(4) == ["ok", 500, "ok", 409]
        assert urls(server, ada) == ["a", "b"]

    def test_of_the_same_urls_on_two_connections_stores_each_once(
        self, server: Server, ada: Person, upload: Upload
    ) -> None:
        pages = [f"page{number}" for number in range(30)]
        with uploading(server, ada) as other:
            upload.send(*pages, is_private=True)
            other.send(*pages[::-1], is_private=True)
            both = zip(upload.results(30), other.results(30)[::-1], strict=True)
            assert {frozenset(results) for results in both} == {frozenset(["ok", 409])}
        assert sorted(urls(server, ada)) == sorted(pages)
        assert len(urls(server)) == 30

    def test_takes_an_alias_or_another_person_does_at_the_same_moment(
        self, server: Server, bob: Person, upload: Upload
    ) -> None:
        names = [f"name{number}" for number in range(30)]
        with uploading(server, bob) as other:
            for one, another in zip(names, names[::-1], strict=True):
                upload.send(f"a-{one}", alias=one)
                other.send(f"b-{another}", alias=another)
            both = zip(upload.results(30), other.results(30)[::-1], strict=True)
            assert {frozenset(results) for results in both} == {frozenset(["ok", 409])}
        assert len(urls(server)) == 30

    def test_ends_with_the_first_finish(self, server: Server, ada: Person, upload: Upload) -> None:
        upload.send("a")
        upload.say({"type": "finish"})
        upload.send("b")
        assert upload.results(1) == ["ok"]
        finished = {"type": "finished", "processed": 1, "total": 100}
        assert upload.socket.receive_json() == finished
        assert urls(server, ada) == ["a"]
