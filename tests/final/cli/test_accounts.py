"""Commands about accounts, beside a running app."""

from collections.abc import Iterator

import anyio
import pytest
from redis import Redis

from final.core.shared.rate_limiter import RateLimiter
from final.core.shared.redis_client import SharedRedis
from final.users.auth.service import login_limit
from tests.support.cli import run
from tests.support.server import PASSWORD, Server, make_settings
from tests.support.stores import url_of

NEW = "another four unrelated words"


class TestResetPassword:
    def test_lets_somebody_in_again_and_ends_old_sessions(self, server: Server) -> None:
        ada = server.join("ada")
        result = run("reset-password", "ADA@example.com", "--password", NEW)
        assert result.exit_code == 0, result.output
        assert server.client.get("/users/me", headers=ada.headers).status_code == 401
        assert server.log_in("ada").status_code == 401
        assert server.log_in("ada", NEW).status_code == 200

    @pytest.mark.parametrize("password", ["short", "password1", "ada@example.com"])
    def test_takes_no_password_that_could_not_be_chosen(
        self, server: Server, password: str
    ) -> None:
        server.register("ada")
        result = run("reset-password", "ada", "--password", password)
        assert (result.exit_code, result.output.count("\n")) == (1, 1)
        assert server.log_in("ada").status_code == 200

    def test_says_that_nobody_has_the_name(self) -> None:
        result = run("reset-password", "nobody", "--password", NEW)
        assert (result.exit_code, result.output) == (1, "Nobody is called nobody.\n")


class TestDeactivate:
    def test_closes_an_account(self, server: Server) -> None:
        ada = server.join("ada")
        assert run("deactivate", "ada").exit_code == 0
        assert server.client.get("/users/me", headers=ada.headers).status_code == 401

    def test_keeps_the_last_administrator(self, server: Server) -> None:
        options = ["--username", "root", "--email", "root@example.com", "--password", PASSWORD]
        run("create-admin", *options)
        assert run("deactivate", "root").exit_code == 1
        assert server.log_in("root").status_code == 200


class TestPurgeUser:
    def test_deletes_an_account_for_good(self, server: Server) -> None:
        server.join("ada")
        result = run("purge-user", "ada", "--yes")
        assert result.exit_code == 0, result.output
        assert server.log_in("ada").status_code == 401
        assert server.register("ada").status_code == 201

    def test_asks_first(self, server: Server) -> None:
        server.register("ada")
        assert run("purge-user", "ada", typed="n\n").exit_code == 1
        assert server.log_in("ada").status_code == 200


@pytest.fixture
def redis_url(valkey: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let the command line know of a Redis that nobody else uses."""
    url = url_of(valkey, 5)
    monkeypatch.setenv("REDIS_URL", url)
    yield url
    valkey.flushall()


@pytest.mark.stores("sqlite")
class TestUnlock:
    def fail(self, redis_url: str, *accounts: str) -> None:
        """Count a failed sign-in of each account, as the app does."""

        async def run() -> None:
            redis = SharedRedis(redis_url)
            for account in accounts:
                await RateLimiter(redis).attempt(
                    login_limit(make_settings("sqlite://")), account, "::"
                )
            await redis.close()

        anyio.run(run)

    def test_forgets_failures_of_one_account(self, server: Server, redis_url: str) -> None:
        user_id = server.register("ada").json()["id"]
        self.fail(redis_url, f"user {user_id}", "user 0")
        assert "may sign in again" in run("unlock", "ada").output
        with Redis.from_url(redis_url) as client:
            assert len(client.keys()) == 1
        assert "was not held up" in run("unlock", "ada").output

    def test_says_what_to_do_without_redis(self, server: Server) -> None:
        server.register("ada")
        result = run("unlock", "ada")
        assert result.exit_code == 1
        assert "restart the app" in result.output
