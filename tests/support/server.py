"""Short ways to people, sessions and simultaneous requests."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio
import httpx2 as httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from sqlmodel import SQLModel, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.config import Settings
from final.core.database.engine import Database
from final.core.passwords import Passwords
from final.core.tokens import Tokens
from final.users.auth.service import open_session
from final.users.models import Role, User
from final.users.schemas import UserRegister
from final.users.service import create_user

PASSWORD = "four unrelated words here"
SECRET = "0123456789abcdef" * 4

T = TypeVar("T")


# What the command line of the tests says of every app.
CHOSEN: dict[str, Any] = {}


class GivenSettings(Settings):
    """Settings that have what a test gives them, and nothing from elsewhere."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Look at no environment and at no file."""
        return (init_settings,)


def make_settings(database_url: str, **changes: Any) -> Settings:
    """Make settings for a test: cheap hashes, a known key."""
    values: dict[str, Any] = {
        "database_url": database_url,
        "jwt_secret_key": SECRET,
        "bcrypt_rounds": 4,
        "write_rate_limit": "0",
        "mail_outbox": None,
    }
    return GivenSettings(**(values | CHOSEN | changes))


def new_user(name: str) -> User:
    """Build an account."""
    return User.model_validate(
        {
            "username": name,
            "username_key": name,
            "email": f"{name}@example.com",
            "email_key": f"{name}@example.com",
            "hashed_password": "-",
        }
    )


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something is true, on a busy machine too."""
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


class KeptDatabase(Database):
    """A database whose connections outlive the app: the next test has them at once."""

    async def dispose(self) -> None:
        """Keep them."""


class OnePassword(Passwords):
    """Hash the one password of all people just once."""

    def __init__(self) -> None:
        """Hash it as the apps of tests do."""
        super().__init__(make_settings("sqlite://").bcrypt_rounds)
        self.known = self.context.hash(PASSWORD)

    async def hash(self, password: str) -> str:
        """Return its hash."""
        assert password == PASSWORD
        return self.known


ONE_PASSWORD = OnePassword()


@dataclass
class Person:
    """Somebody with an account, and the tokens of one session."""

    id: int
    name: str
    tokens: dict[str, Any] = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What a request of this person carries."""
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}


class Server:
    """A running app, seen by tests."""

    def __init__(self, client: TestClient) -> None:
        """Wrap a client that has been entered."""
        self.client = client
        assert isinstance(client.app, FastAPI)
        self.app = client.app

    @property
    def tokens(self) -> Tokens:
        """What the app signs its tokens with."""
        tokens: Tokens = self.resources.tokens
        return tokens

    @property
    def resources(self) -> Any:
        """What lives as long as the app; untyped, for tests look deeper than the app does."""
        return self.app.state.resources

    @property
    def links(self) -> Any:
        """What the routes of links have in common."""
        return self.app.state.links

    def register(self, name: str, **changes: Any) -> httpx.Response:
        """Ask for an account."""
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        return self.client.post("/auth/register", json=body | changes)

    def log_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        """Ask for tokens."""
        return self.client.post("/auth/token", data={"username": name, "password": password})

    def join(self, name: str, role: Role = Role.USER) -> Person:
        """Open an account and a session, as signing up and in would, but at once."""
        data = UserRegister(username=name, email=f"{name}@example.com", password=PASSWORD)

        async def join(session: AsyncSession) -> Person:
            user = await create_user(session, ONE_PASSWORD, data, role)
            pair = await open_session(session, self.tokens, user)
            return Person(user.id, name, pair.model_dump())

        return self.in_session(join)

    def sign_in(self, who: Person) -> Person:
        """Open another session of somebody, at once."""

        async def sign_in(session: AsyncSession) -> Person:
            pair = await open_session(session, self.tokens, await session.get_one(User, who.id))
            return Person(who.id, who.name, pair.model_dump())

        return self.in_session(sign_in)

    def get(self, path: str, who: Person | None = None, **options: Any) -> httpx.Response:
        """GET as somebody."""
        return self.call("GET", path, who, **options)

    def call(
        self, method: str, path: str, who: Person | None = None, **options: Any
    ) -> httpx.Response:
        """Send a request as somebody."""
        headers = (who.headers if who else {}) | options.pop("headers", {})
        return self.client.request(method, path, headers=headers, **options)

    def change_user(self, user_id: int, **values: Any) -> None:
        """Change an account behind the app's back."""

        async def change(session: AsyncSession) -> None:
            user = await session.get_one(User, user_id)
            user.sqlmodel_update(values)
            session.add(user)

        self.in_session(change)

    def run(self, work: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Run work in the app's own event loop."""
        assert self.client.portal is not None
        return self.client.portal.call(work, *arguments)

    def in_session(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Run work in a committed transaction of the app's own database."""

        async def run() -> T:
            async with self.resources.database.transaction() as session:
                return await work(session)

        return self.run(run)

    def at_once(self, *requests: dict[str, Any]) -> list[httpx.Response]:
        """Send requests at the same moment, in the app's own event loop."""

        async def run() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await send_at_once(client, requests)

        return self.run(run)


class WorkersServer(Server):
    """An app that runs in several processes elsewhere, on a database that tests may reach."""

    def __init__(self, client: httpx.Client, settings: Settings) -> None:
        """Take a client of the server, and the settings that it was started with."""
        self.client = client  # type: ignore[assignment]  # tests use what both kinds can do
        self.settings = settings

    @property
    def tokens(self) -> Tokens:
        """What the workers sign their tokens with."""
        return Tokens(self.settings)

    def in_session(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Run work in a committed transaction, on a connection of its own."""

        async def run() -> T:
            database = Database(self.settings)
            try:
                async with database.transaction() as session:
                    return await work(session)
            finally:
                await database.dispose()

        return anyio.run(run)

    def at_once(self, *requests: dict[str, Any]) -> list[httpx.Response]:
        """Send requests at the same moment, each on a connection of its own: to any worker."""

        async def run() -> list[httpx.Response]:
            async with httpx.AsyncClient(base_url=self.client.base_url, timeout=60) as client:
                return await send_at_once(client, requests)

        return anyio.run(run)

    def empty(self) -> None:
        """Delete every row; numbers go on, so that no late click counts for a link to come."""

        async def run(session: AsyncSession) -> None:
            for table in reversed(SQLModel.metadata.sorted_tables):
                await session.exec(delete(table))

        self.in_session(run)


async def send_at_once(
    client: httpx.AsyncClient, requests: Sequence[dict[str, Any]]
) -> list[httpx.Response]:
    """Send requests and return the answers, in order."""
    return await asyncio.gather(*(client.request(**request) for request in requests))
