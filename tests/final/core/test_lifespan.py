"""From the first line of a process to its last: a warm pool, lines that belong together."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import httpx2 as httpx
import pytest

from tests.support.ports import free_port
from tests.support.processes import Program, stop, uvicorn
from tests.support.server import wait_for


class Process:
    """A server whose every line is read."""

    def __init__(self, program: Program, url: str) -> None:
        """Wait until it is up; nobody has asked anything yet."""
        self.program, self.url = program, url
        wait_for(lambda: "startup complete" in program.written())

    def stop(self) -> list[dict[str, Any]]:
        """Stop it with care; return its log."""
        stop(self.program)
        lines = [json.loads(line) for line in self.program.written().splitlines()]
        assert "Application shutdown complete." in [line["event"] for line in lines]
        return lines


@contextmanager
def started(environment: dict[str, str]) -> Iterator[Process]:
    """Run a server that writes everything down."""
    port = free_port()
    program = uvicorn(environment, "--port", str(port))
    try:
        yield Process(program, f"http://127.0.0.1:{port}")
    finally:
        program.kill()
        program.wait()


def connections(url: str) -> int:
    """Count who is connected to a database, apart from whoever asks."""
    query = """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'"""

    async def count() -> int:
        connection = await asyncpg.connect(url)
        try:
            return int(await connection.fetchval(query))
        finally:
            await connection.close()

    return asyncio.run(count())


@pytest.mark.stores("postgresql", "postgresql+valkey")
def test_the_pool_is_warm_before_the_first_request_and_empty_after_the_last(
    environment: dict[str, str],
) -> None:
    url = environment["DATABASE_URL"]
    with started(environment) as process:
        assert connections(url) > 0
        assert httpx.get(f"{process.url}/users").status_code == 200
        process.stop()
        assert connections(url) == 0


@pytest.mark.stores("sqlite")
def test_a_request_id_is_on_every_line_about_the_request(environment: dict[str, str]) -> None:
    with started(environment) as process:
        for number in range(3):
            answer = httpx.post(
                f"{process.url}/auth/token",
                data={"username": "nobody", "password": "wrong"},
                headers={"X-Request-ID": f"request-{number}"},
            )
            assert answer.headers["X-Request-ID"] == f"request-{number}"
        lines = process.stop()
    for number in range(3):
        events = {
            line["event"] for line in lines if line.get("correlation_id") == f"request-{number}"
        }
        assert events == {"login failed", "request"}
