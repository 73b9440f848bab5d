"""Clicks on their way into the database: each arrives once."""

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import event
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.support.links import clicks, follow, shorten
from tests.support.server import Server


def test_a_flush_that_is_cut_off_while_it_commits_is_not_repeated(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = server.join("ada")
    shorten(server, ada, alias="alias")
    for _ in range(10):
        follow(server, "alias")
    commit = AsyncSession.commit
    committed = asyncio.Event()

    async def commit_slowly(session: AsyncSession) -> None:
        await commit(session)
        committed.set()
        await asyncio.sleep(0.1)  # the answer is still on its way

    async def stop_in_the_middle() -> None:
        counter = server.links.clicks
        flush = asyncio.create_task(counter.flush())
        await committed.wait()
        flush.cancel()
        with suppress(asyncio.CancelledError):
            await flush
        await counter.flush()

    monkeypatch.setattr(AsyncSession, "commit", commit_slowly)
    server.run(stop_in_the_middle)
    assert clicks(server, ada) == [10]


def test_of_two_flushes_at_once_one_writes(server: Server) -> None:
    ada = server.join("ada")
    shorten(server, ada, alias="alias")
    follow(server, "alias")

    async def flush_twice() -> None:
        counter = server.links.clicks
        await asyncio.gather(counter.flush(), counter.flush())

    server.run(flush_twice)
    assert clicks(server, ada) == [1]


def test_clicks_on_a_link_that_is_gone_do_not_hold_up_others(server: Server) -> None:
    ada = server.join("ada")
    shorten(server, ada, alias="alias")
    follow(server, "alias")

    async def flush_with_another() -> None:
        counter = server.links.clicks
        counter.count(10**9)
        await counter.flush()

    server.run(flush_with_another)
    assert clicks(server, ada) == [1]


@pytest.fixture
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave clicks in memory for as long as a test takes."""
    monkeypatch.setattr("final.links.shortener.clicks.FLUSH_SECONDS", 3600)


@pytest.mark.usefixtures("no_hurry")
def test_clicks_are_shown_before_they_are_written(server: Server) -> None:
    ada = server.join("ada")
    link_id = shorten(server, ada, alias="alias").json()["id"]
    follow(server, "alias")
    assert server.get("/links", ada).json()[0]["clicks"] == 1
    assert server.get(f"/links/{link_id}", ada).json()["clicks"] == 1


@pytest.mark.parametrize(
    "path",
    ["/links", "/links?view=public", "/links/{id}", "/links/alias/stats", "/alias+"],
)
@pytest.mark.usefixtures("no_hurry")
def test_reading_never_writes(server: Server, path: str) -> None:
    ada = server.join("ada")
    link_id = shorten(server, ada, alias="alias").json()["id"]
    follow(server, "alias")
    asked: list[str] = []
    engine = server.resources.database.engine.sync_engine

    def note(*args: object) -> None:
        asked.append(str(args[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert server.get(path.format(id=link_id), ada).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert asked
    assert [statement for statement in asked if not statement.startswith("SELECT")] == []
