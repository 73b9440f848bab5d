"""What a route may ask for by naming a type.

All of it is `async`, although little of it waits for anything: FastAPI takes a plain function, or a
class, to a thread and back, which costs more than most of them do.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import HTTPConnection

from final.core.http.client_address import client_address
from final.core.resources import Resources, resources_of


async def get_resources(connection: HTTPConnection) -> Resources:
    """Return what lives as long as the app: database, cache, tokens ..."""
    return resources_of(connection)


async def get_session(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
    """Lend the request its one session, committed once when the handler has succeeded."""
    async with resources_of(connection).database.transaction() as session:
        yield session


async def get_client_address(connection: HTTPConnection) -> str:
    """Return the address the request is counted under."""
    return client_address(connection, resources_of(connection).settings.trusted_proxies)


ResourcesDep = Annotated[Resources, Depends(get_resources)]
# "function" ends the dependency before the answer is sent: a client never sees a success
# that the commit then takes back.
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]
ClientAddress = Annotated[str, Depends(get_client_address)]
