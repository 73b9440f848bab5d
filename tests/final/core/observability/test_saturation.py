"""How full the app is, in numbers and in the log."""

from typing import Any

import anyio
import anyio.lowlevel
import pytest
from prometheus_client import REGISTRY
from sqlmodel import text

from final.core.config import Settings
from final.core.observability.slow_queries import log_slow_queries
from tests.support.server import Server, make_settings


@pytest.mark.stores("sqlite")
class TestNumbers:
    @pytest.fixture
    def settings(self, database_url: str) -> Settings:
        """Return settings of an app that has four connections."""
        return make_settings(database_url, database_pool_size=1)

    def value(self, server: Server, name: str) -> float:
        """Read a metric that has no labels."""
        lines = server.get("/metrics").text.splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))

    def test_a_full_pool_is_seen_with_those_who_wait(self, server: Server) -> None:
        waiting: list[float] = []

        async def fill() -> None:
            sessions = [server.app.state.resources.database.session() for _ in range(4)]
            for session in sessions:
                await session.scalar(text("SELECT 1"))
            async with anyio.create_task_group() as group:
                group.start_soon(wait_for_one)
                await anyio.lowlevel.checkpoint()
                waiting.append(self.value_here("database_connections_waiting"))
                await sessions[0].close()
            for session in sessions[1:]:
                await session.close()

        async def wait_for_one() -> None:
            async with server.app.state.resources.database.session() as session:
                await session.scalar(text("SELECT 1"))

        server.run(fill)
        assert waiting == [1]
        assert self.value(server, "database_connections_waiting") == 0

    def value_here(self, name: str) -> float:
        """Read a metric without a request."""
        return REGISTRY.get_sample_value(name) or 0

    def test_a_websocket_counts_while_it_is_open(self, server: Server) -> None:
        with server.client.websocket_connect("/ws"):
            assert self.value(server, "websockets_open") == 1
        assert self.value(server, "websockets_open") == 0

    def test_memory_lag_and_version_are_there(self, server: Server) -> None:
        assert self.value(server, "worker_resident_memory_bytes") > 10_000_000
        assert self.value(server, "event_loop_lag_seconds") >= 0
        assert f'version="{server.app.version}"' in server.get("/metrics").text


@pytest.mark.stores("sqlite")
def test_a_slow_statement_is_logged_without_its_values(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    log_slow_queries(server.app.state.resources.database.engine, 0)
    server.get("/users?search=secretword")
    lines: list[Any] = [line.msg for line in caplog.records if "slow query" in str(line.msg)]
    assert "SELECT" in lines[0]["statement"]
    assert lines[0]["correlation_id"]
    assert "secretword" not in str(lines)
