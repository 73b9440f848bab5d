"""How to test a route with another database session or another user."""

from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.pool import StaticPool

from final.core.http.dependencies import get_session
from final.users.dependencies import get_current_user
from final.users.models import Role, User
from tests.support.server import PASSWORD, Server


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """Yield a client of an app whose sessions use a database in memory."""
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    new_session = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    async def get_memory_session() -> AsyncIterator[AsyncSession]:
        async with engine.begin() as connection:
            await connection.run_sync(SQLModel.metadata.create_all)
        async with new_session() as session:
            yield session
            await session.commit()

    app.dependency_overrides[get_session] = get_memory_session
    with TestClient(app) as client:
        yield client
        assert client.portal is not None
        client.portal.call(engine.dispose)


@pytest.fixture
def somebody(app: FastAPI) -> User:
    """Sign in as an administrator who needs no token and no row in the database."""
    user = User.model_validate(
        {
            "id": 7,
            "username": "root",
            "username_key": "root",
            "email": "root@example.com",
            "email_key": "root@example.com",
            "hashed_password": "-",
            "role": Role.ADMIN,
        }
    )
    app.dependency_overrides[get_current_user] = lambda: user
    return user


def test_another_user(client: TestClient, somebody: User) -> None:
    assert client.get("/users/me").json()["username"] == somebody.username


def test_another_session(client: TestClient, somebody: User) -> None:
    body = {"username": "ada", "email": "ada@example.com", "password": PASSWORD, "role": "admin"}
    assert client.post("/api/users/", json=body).status_code == 201
    assert [user["username"] for user in client.get("/api/users/").json()] == ["ada"]


def test_the_apps_own_database_stays_untouched(client: TestClient, somebody: User) -> None:
    client.post(
        "/users", json={"username": "ada", "email": "ada@example.com", "password": PASSWORD}
    )

    async def names(session: AsyncSession) -> list[str]:
        return list((await session.exec(select(User.username))).all())

    assert Server(client).in_session(names) == []
