"""Dead links: found in the background, politely."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any
from unittest.mock import AsyncMock

import pytest

from final.core.database import lease
from final.core.database.lease import take
from final.links.checking import checker, service
from final.links.checking.checker import LinkChecker
from final.links.checking.service import read_waiting, request_check
from final.links.page_titles.fetcher import POLICY
from tests.support.links import save, shorten
from tests.support.page_site import Site
from tests.support.server import Person, Server, wait_for

EMPTY = "Content-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.fixture
def site() -> Iterator[Site]:
    """Run a web server."""
    site = Site()
    yield site
    site.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pause for no longer than it takes to see that there is a pause; look only when asked."""
    monkeypatch.setattr(checker, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(checker, "POLL_SECONDS", 3600)


def answer(site: Site, path: str, status: str, headers: str = "") -> str:
    """Let a path answer with a status; return its address."""
    site.pages[path] = f"HTTP/1.1 {status}\r\n{headers}{EMPTY}".encode()
    return site.url(path)


def worker(server: Server, site: Site) -> LinkChecker:
    """Return what a worker checks with, with one private network that may be reached."""
    policy = replace(
        POLICY,
        ip_allowlist=frozenset({ip_network("127.0.0.1/32")}),
        allow_ports=frozenset({site.port}),
    )
    return LinkChecker(server.resources.database, policy)


def ask(server: Server, *people: Person) -> None:
    """Let lists wait to be checked, without waking anybody."""

    async def request(session: Any) -> None:
        for person in people:
            await request_check(session, person.id)

    server.in_session(request)


def check(server: Server, who: Person, site: Site) -> None:
    """Check somebody's list."""
    ask(server, who)
    server.run(worker(server, site).work)


def waiting(server: Server) -> int:
    """Count the lists that wait."""
    return len(server.run(read_waiting, server.resources.database))


def titles(server: Server, who: Person, query: str) -> list[str]:
    """List the titles of somebody's links."""
    return [link["title"] for link in server.get(f"/links?{query}", who).json()]


def test_what_leads_nowhere_is_found(server: Server, ada: Person, site: Site) -> None:
    statuses = {"Here": "200 OK", "Gone": "404 No", "Secret": "403 No", "Broken": "500 No"}
    for title, status in statuses.items():
        save(server, ada, title=title, url=answer(site, f"/{title}", status))
    save(server, ada, title="Nobody", url="http://nobody.invalid/")
    check(server, ada, site)
    assert titles(server, ada, "broken=true") == ["Gone", "Broken", "Nobody"]
    assert titles(server, ada, "broken=false") == ["Here", "Secret"]
    links = server.get("/links", ada).json()
    assert [link["last_status"] for link in links] == [200, 404, 403, 500, None]
    assert all(link["last_checked_at"] for link in links)


def test_head_comes_first_and_get_only_where_it_must(
    server: Server, ada: Person, site: Site
) -> None:
    save(server, ada, url=answer(site, "/fine", "200 OK"))
    save(server, ada, url=answer(site, "/odd", "405 No"))
    check(server, ada, site)
    methods = sorted(" ".join(request.split()[:2]) for request in site.requests)
    assert methods == ["GET /odd", "HEAD /fine", "HEAD /odd"]


def test_who_wants_to_be_left_alone_is(server: Server, ada: Person, site: Site) -> None:
    save(server, ada, url=answer(site, "/", "429 No", "Retry-After: 3600\r\n"))
    check(server, ada, site)
    assert len(site.requests) == 1
    assert server.get("/links", ada).json()[0]["last_checked_at"] is None


def test_a_link_is_checked_once_an_hour(server: Server, ada: Person, site: Site) -> None:
    save(server, ada, url=answer(site, "/", "200 OK"))
    for _ in range(2):
        check(server, ada, site)
    assert len(site.requests) == 1


def test_private_addresses_are_not_asked(server: Server, ada: Person, site: Site) -> None:
    save(server, ada, url=site.url("/", host="127.0.0.2"))
    check(server, ada, site)
    assert site.requests == []
    assert server.get("/links", ada).json()[0]["last_status"] is None


def test_it_is_asked_for_and_happens_later(
    server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(server, ada, url="http://nobody.invalid/")
    assert server.call("POST", "/links/check", ada).status_code == 202
    wait_for(lambda: titles(server, ada, "broken=true") == ["A page"])
    assert server.get("/links?broken=true").status_code == 401


class TestSeveralWorkers:
    def test_one_of_them_works(
        self,
        server: Server,
        ada: Person,
        bob: Person,
        site: Site,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        url = answer(site, "/shared", "200 OK")
        assert shorten(server, ada, url).json()["id"] == shorten(server, bob, url).json()["id"]
        monkeypatch.setattr(service, "BATCH", 2)
        for number in range(4):
            save(server, bob, url=answer(site, f"/{number}", "200 OK"))
        ask(server, ada, bob)
        workers = [worker(server, site) for _ in range(3)]

        async def all_work() -> None:
            await asyncio.gather(*(each.work() for each in workers))

        server.run(all_work)
        assert len(site.requests) == 5
        assert waiting(server) == 0

    def test_the_work_of_one_that_is_gone_is_taken_over(
        self, server: Server, ada: Person, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        save(server, ada, url=answer(site, "/", "200 OK"))
        ask(server, ada)
        server.run(take, server.resources.database, "link checks", "gone")
        server.run(worker(server, site).work)
        assert (site.requests, waiting(server)) == ([], 1)
        monkeypatch.setattr(lease, "LEASE_SECONDS", 0)
        server.run(take, server.resources.database, "link checks", "gone")
        monkeypatch.undo()
        monkeypatch.setattr(checker, "PAUSE_SECONDS", 0.01)
        server.run(worker(server, site).work)
        assert (len(site.requests), waiting(server)) == (1, 0)

    def test_who_cannot_keep_the_work_stops(
        self, server: Server, ada: Person, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lease, "LEASE_SECONDS", 0.3)
        monkeypatch.setattr(lease, "keep", AsyncMock())
        monkeypatch.setattr(checker, "PAUSE_SECONDS", 60)
        save(server, ada, url=answer(site, "/", "200 OK"))
        ask(server, ada)
        with pytest.raises(TimeoutError):
            server.run(worker(server, site).work)
        assert waiting(server) == 1


def test_another_target_is_unchecked(server: Server, ada: Person, site: Site) -> None:
    link = save(server, ada, url=answer(site, "/", "404 No"))
    check(server, ada, site)
    body: dict[str, Any] = {"original_url": "https://example.com/"}
    changed = server.call("PATCH", f"/links/{link['id']}", ada, json=body).json()
    assert (changed["last_checked_at"], changed["last_status"]) == (None, None)
