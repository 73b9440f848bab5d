"""What a route may ask for by naming a type.

All of it is `async`, although little of it waits for anything: FastAPI takes a plain function, or a
class, to a thread and back, which costs more than most of them do.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import HTTPConnection

from final.core.background import Background
from final.core.config import Settings
from final.core.database.engine import Database
from final.core.http.client_address import client_address
from final.core.passwords import Passwords
from final.core.shared.cache import Cache
from final.core.shared.pubsub import PubSub
from final.core.shared.rate_limiter import RateLimiter
from final.core.tokens import Tokens


async def get_settings(connection: HTTPConnection) -> Settings:
    """Return the settings of the app that serves this request."""
    settings: Settings = connection.app.state.settings
    return settings


async def get_database(connection: HTTPConnection) -> Database:
    """Return the database of the app that serves this request."""
    database: Database = connection.app.state.database
    return database


async def get_passwords(connection: HTTPConnection) -> Passwords:
    """Return the password hasher of the app."""
    passwords: Passwords = connection.app.state.passwords
    return passwords


async def get_tokens(connection: HTTPConnection) -> Tokens:
    """Return the token signer of the app."""
    tokens: Tokens = connection.app.state.tokens
    return tokens


async def get_rate_limiter(connection: HTTPConnection) -> RateLimiter:
    """Return the attempt counter of the app."""
    limiter: RateLimiter = connection.app.state.rate_limiter
    return limiter


async def get_pubsub(connection: HTTPConnection) -> PubSub:
    """Return the message exchange of the app."""
    pubsub: PubSub = connection.app.state.pubsub
    return pubsub


async def get_cache(connection: HTTPConnection) -> Cache:
    """Return the ready-made answers of the app."""
    cache: Cache = connection.app.state.cache
    return cache


async def get_background(connection: HTTPConnection) -> Background:
    """Return the tasks of the app that nobody waits for."""
    background: Background = connection.app.state.background
    return background


SettingsDep = Annotated[Settings, Depends(get_settings)]
DatabaseDep = Annotated[Database, Depends(get_database)]
PasswordsDep = Annotated[Passwords, Depends(get_passwords)]
TokensDep = Annotated[Tokens, Depends(get_tokens)]
RateLimiterDep = Annotated[RateLimiter, Depends(get_rate_limiter)]
PubSubDep = Annotated[PubSub, Depends(get_pubsub)]
CacheDep = Annotated[Cache, Depends(get_cache)]
BackgroundDep = Annotated[Background, Depends(get_background)]


async def get_session(database: DatabaseDep) -> AsyncIterator[AsyncSession]:
    """Lend the request its one session, committed once when the handler has succeeded."""
    async with database.transaction() as session:
        yield session


# "function" ends the dependency before the answer is sent: a client never sees a success
# that the commit then takes back.
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


async def get_client_address(connection: HTTPConnection, settings: SettingsDep) -> str:
    """Return the address the request is counted under."""
    return client_address(connection, settings.trusted_proxies)


ClientAddress = Annotated[str, Depends(get_client_address)]
