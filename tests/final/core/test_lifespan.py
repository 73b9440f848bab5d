"""From the first connection to the last: the pool is warm, and in the end nothing is open."""

import asyncio

import asyncpg
import pytest
from fastapi.testclient import TestClient

from final.main import create_app
from tests.support.server import make_settings


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
    empty_database_url: str,
) -> None:
    with TestClient(create_app(make_settings(empty_database_url))) as client:
        assert connections(empty_database_url) > 0
        assert client.get("/users").status_code == 200
    assert connections(empty_database_url) == 0
