"""One commit per request, constraints as 409, and a database that is away."""

from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.config import Settings
from final.core.http.dependencies import SessionDep
from final.main import create_app
from final.users.models import AuthSession, User
from tests.support.server import Server, make_settings, new_user, wait_for


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """Build an app with routes that write and then go on, fail, or look."""
    app = create_app(settings)

    async def add(session: SessionDep, name: str) -> AsyncSession:
        session.add(new_user(name))
        await session.flush()
        return session

    Writer = Annotated[AsyncSession, Depends(add)]  # noqa: N806

    @app.post("/good/{name}")
    async def write(_session: Writer) -> str:
        return "written"

    @app.post("/bad/{name}")
    async def fail(_session: Writer) -> str:
        raise RuntimeError

    @app.post("/invalid/{name}")
    async def answer_nonsense(_session: Writer) -> int:
        return "no number"  # type: ignore[return-value]

    return app


async def names(session: AsyncSession) -> list[str]:
    """List the names in the database."""
    return list((await session.exec(select(User.username).order_by(col(User.id)))).all())


class TestTransactions:
    def test_a_request_that_succeeds_is_committed(self, server: Server) -> None:
        assert server.client.post("/good/ada").status_code == 200
        assert server.in_session(names) == ["ada"]

    @pytest.mark.parametrize("path", ["/bad/ada", "/invalid/ada"])
    def test_a_request_that_fails_leaves_nothing(self, server: Server, path: str) -> None:
        assert server.client.post(path).status_code == 500
        assert server.in_session(names) == []

    def test_a_broken_constraint_is_409(self, server: Server) -> None:
        server.client.post("/good/ada")
        response = server.client.post("/good/ada")
        assert response.status_code == 409
        assert response.json() == {"detail": "This conflicts with existing data"}

    def test_a_commit_that_fails_is_no_success(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(_session: AsyncSession) -> None:
            raise IntegrityError("COMMIT", None, Exception())

        monkeypatch.setattr(AsyncSession, "commit", fail)
        assert server.client.post("/good/ada").status_code == 409


class TestConstraints:
    def test_foreign_keys_hold(self, server: Server) -> None:
        async def orphan(session: AsyncSession) -> None:
            now = (await session.get_one(User, 1)).created_at
            session.add(AuthSession(user_id=99, refresh_jti="-", expires_at=now))

        server.register("ada")
        with pytest.raises(IntegrityError):
            server.in_session(orphan)

    def test_sessions_go_with_their_user(self, server: Server) -> None:
        async def delete(session: AsyncSession) -> None:
            await session.delete(await session.get_one(User, 1))

        async def sessions(session: AsyncSession) -> list[AuthSession]:
            return list((await session.exec(select(AuthSession))).all())

        server.join("ada")
        server.in_session(delete)
        assert server.in_session(sessions) == []

    @pytest.mark.stores("sqlite")
    def test_sqlite_is_set_up_for_many_users(self, server: Server) -> None:
        async def pragmas(session: AsyncSession) -> list[object]:
            queries = ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
            return [await session.scalar(text(f"PRAGMA {name}")) for name in queries]

        assert server.in_session(pragmas) == ["wal", 1, 1, 30_000]


class TestLostConnections:
    @pytest.mark.stores("postgresql", "postgresql+valkey")
    def test_are_replaced_before_anybody_notices(self, server: Server) -> None:
        async def lose_all(session: AsyncSession) -> None:
            mine = "SELECT pg_backend_pid()"
            others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            kill = f"SELECT pg_terminate_backend(pid) FROM ({others}) AS o WHERE pid <> ({mine})"
            await session.scalar(text(kill))

        lent: set[Any] = set()
        pool = server.resources.database.engine.sync_engine
        event.listen(pool, "checkout", lambda loan, *_: lent.add(loan.driver_connection))
        requests = [{"method": "GET", "url": "/users"}] * 8
        server.at_once(*requests)
        server.in_session(lose_all)
        # The server closes them a moment after it has said so.
        wait_for(lambda: sum(not connection.is_closed() for connection in lent) == 1)
        assert {response.status_code for response in server.at_once(*requests)} == {200}


class TestAbsence:
    """A PostgreSQL server that is not there."""

    @pytest.fixture
    def database_url(self) -> str:
        """Return the address of nobody."""
        return "postgresql://nobody@127.0.0.1:1/nothing"

    @pytest.fixture
    def settings(self, database_url: str) -> Settings:
        """Return settings under which the app starts without a database."""
        return make_settings(database_url, environment="production", bcrypt_rounds=10)

    def test_is_503_but_alive(self, settings: Settings) -> None:
        with TestClient(create_app(settings)) as client:
            assert client.get("/health").status_code == 200
            for path in ("/health/ready", "/users", "/alias"):
                response = client.get(path)
                assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
