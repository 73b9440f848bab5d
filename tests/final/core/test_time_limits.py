"""Nothing waits for ever: PostgreSQL ends what takes too long, and the answer is a 503."""

import anyio
import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import text

from final.core.config import Settings
from tests.support.server import Server, make_settings


@pytest.fixture
def settings(postgres_url: str) -> Settings:
    """Return settings of an app without patience."""
    return make_settings(postgres_url, database_statement_timeout=1)


def test_a_locked_row_is_503_and_then_over(server: Server) -> None:
    ada = server.join("ada")
    link = {"title": "Title", "url": "https://example.com/"}
    path = f"/links/{server.client.post('/links', json=link, headers=ada.headers).json()['id']}"

    async def change_what_is_locked() -> int:
        async with server.resources.database.transaction() as session:
            await session.scalar(text("SELECT id FROM link FOR UPDATE"))
            answer = await anyio.to_thread.run_sync(
                lambda: server.client.delete(path, headers=ada.headers)
            )
        return int(answer.status_code)

    assert server.run(change_what_is_locked) == 503
    assert server.client.delete(path, headers=ada.headers).status_code == 204


def test_an_endless_statement_is_ended(server: Server) -> None:
    async def sleep() -> None:
        async with server.resources.database.session() as session:
            await session.scalar(text("SELECT pg_sleep(60)"))

    with pytest.raises(DBAPIError, match="statement timeout"):
        server.run(sleep)


def test_a_worker_opens_no_more_connections_than_it_was_allowed(server: Server) -> None:
    pool = server.resources.database.engine.pool
    assert (pool.size(), pool._max_overflow) == (
        server.resources.settings.database_pool_size,
        0,
    )
