"""From the first line of a process to its last: a warm pool, lines that belong together."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import httpx2 as httpx
import pytest

from tests.final.support import free_port
from tests.final.test_processes import environment, uvicorn

__all__ = ["environment"]  # a fixture


class Process:
    """A server whose every line is read."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        """Read until it is up; nobody has asked anything yet."""
        self.process, self.url = process, url
        assert process.stdout is not None
        for line in process.stdout:
            if "startup complete" in line:
                return
        pytest.fail("the server did not start")

    def stop(self) -> list[dict[str, Any]]:
        """Stop it with care; return the rest of its log."""
        self.process.terminate()
        output, _ = self.process.communicate(timeout=20)
        assert "Application shutdown complete" in output
        return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


@contextmanager
def started(environment: dict[str, str]) -> Iterator[Process]:
    """Run a server that writes everything down."""
    port = free_port()
    process = uvicorn(environment | {"LOG_LEVEL": "INFO"}, "--port", str(port))
    try:
        yield Process(process, f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.communicate()


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


@pytest.mark.parametrize("empty_database_url", ["postgresql"], indirect=True)
def test_the_pool_is_warm_before_the_first_request_and_empty_after_the_last(
    environment: dict[str, str],
) -> None:
    url = environment["DATABASE_URL"]
    with started(environment) as process:
        assert connections(url) > 0
        assert httpx.get(f"{process.url}/users").status_code == 200
        process.stop()
        assert connections(url) == 0


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
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
