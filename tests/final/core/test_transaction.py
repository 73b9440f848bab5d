"""What is registered with `on_commit` happens once the commit is safe, and never otherwise."""

import asyncio
import logging
from typing import Any

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.background import Background
from final.core.database.engine import Database
from final.core.database.transaction import on_commit
from final.users.models import User
from tests.support.server import Server, new_user


class Diary:
    """Effects that write down that they happened."""

    def __init__(self) -> None:
        """Begin with an empty page."""
        self.entries: list[str] = []

    async def note(self, entry: str) -> None:
        """Write one down."""
        self.entries.append(entry)

    async def fail(self) -> None:
        """Fail."""
        raise RuntimeError("out of order")


@pytest.fixture
def diary() -> Diary:
    """Return a diary that is still empty."""
    return Diary()


@pytest.fixture
def database(server: Server) -> Database:
    """Return the database of the app."""
    database: Database = server.resources.database
    return database


def test_an_effect_meets_what_was_written(server: Server, diary: Diary) -> None:
    async def look(database: Database) -> None:
        async with database.session() as other:
            diary.entries += (await other.exec(select(User.username))).all()

    async def write(session: AsyncSession) -> None:
        session.add(new_user("ada"))
        on_commit(session, look, server.resources.database)

    server.in_session(write)
    assert diary.entries == ["ada"]


def test_nothing_happens_when_the_work_fails(server: Server, diary: Diary) -> None:
    async def fail(session: AsyncSession) -> None:
        on_commit(session, diary.note, "never")
        raise LookupError

    with pytest.raises(LookupError):
        server.in_session(fail)
    assert diary.entries == []


def test_nothing_happens_after_a_rollback_although_more_is_committed_then(
    server: Server, diary: Diary
) -> None:
    async def go_back(session: AsyncSession) -> None:
        on_commit(session, diary.note, "never")
        await session.connection()
        await session.rollback()
        on_commit(session, diary.note, "after all")

    server.in_session(go_back)
    assert diary.entries == ["after all"]


def test_what_is_committed_has_its_effects_although_the_rest_fails(
    server: Server, diary: Diary
) -> None:
    async def commit_and_fail(session: AsyncSession) -> None:
        on_commit(session, diary.note, "committed")
        await session.commit()
        on_commit(session, diary.note, "not committed")
        raise LookupError

    with pytest.raises(LookupError):
        server.in_session(commit_and_fail)
    assert diary.entries == ["committed"]


def test_an_effect_outlives_a_request_that_is_cancelled(
    server: Server, database: Database, diary: Diary
) -> None:
    async def slow(gate: asyncio.Event) -> None:
        await gate.wait()
        await diary.note("done")

    async def run() -> None:
        gate = asyncio.Event()

        async def handle() -> None:
            async with database.transaction() as session:
                on_commit(session, slow, gate)

        request = asyncio.create_task(handle())
        await asyncio.sleep(0.05)
        request.cancel()
        gate.set()
        await asyncio.wait([request])
        await asyncio.sleep(0)

    server.run(run)
    assert diary.entries == ["done"]


def test_one_that_fails_is_logged_and_disturbs_nothing(
    server: Server, diary: Diary, caplog: pytest.LogCaptureFixture
) -> None:
    async def register(session: AsyncSession) -> str:
        on_commit(session, diary.note, "before")
        on_commit(session, diary.fail)
        on_commit(session, diary.note, "after")
        return "answer"

    assert server.in_session(register) == "answer"
    assert diary.entries == ["before", "after"]
    assert "after-commit effect failed" in caplog.text
    assert "out of order" in caplog.text


@pytest.mark.parametrize(("fails", "entries"), [(True, ["outer"]), (False, ["outer", "inner"])])
def test_an_effect_shares_the_fate_of_its_savepoint(
    server: Server, diary: Diary, fails: bool, entries: list[str]
) -> None:
    async def nest(session: AsyncSession) -> None:
        on_commit(session, diary.note, "outer")
        try:
            async with session.begin_nested():
                async with session.begin_nested():
                    on_commit(session, diary.note, "inner")
                assert diary.entries == []
                if fails:
                    raise LookupError
        except LookupError:
            pass

    server.in_session(nest)
    assert diary.entries == entries


class TestBackground:
    def test_work_goes_on_while_the_answer_is_out(self, diary: Diary) -> None:
        async def run() -> list[str]:
            background, gate = Background(), asyncio.Event()

            async def work() -> None:
                await gate.wait()
                await diary.note("done")

            await background.start(work)
            await diary.note("answered")
            gate.set()
            await background.wait()
            return diary.entries

        assert asyncio.run(run()) == ["answered", "done"]

    def test_a_failure_is_logged(self, diary: Diary, caplog: pytest.LogCaptureFixture) -> None:
        async def run() -> None:
            background = Background()
            await background.start(diary.fail)
            await background.close()

        with caplog.at_level(logging.ERROR):
            asyncio.run(run())
        assert "background task failed" in caplog.text

    def test_a_stop_cuts_what_takes_too_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("final.core.background.PATIENCE_SECONDS", 0.01)

        async def run() -> set[Any]:
            background = Background()
            await background.start(asyncio.Event().wait)
            await background.close()
            return background.tasks

        assert asyncio.run(run()) == set()
