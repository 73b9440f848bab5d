"""Telling from a bearer token who is asking: signed in, or a script of theirs."""

from typing import TypeAlias

from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.errors import NotAuthenticated
from final.core.resources import Resources
from final.core.tokens import Claims, Tokens
from final.users.access_tokens.service import (
    AccessKey,
    find_owner,
    note_use,
    read_key,
)
from final.users.models import User
from final.users.queries import find_signed_in

Credentials: TypeAlias = Claims | AccessKey


def read_credentials(tokens: Tokens, token: str | None) -> Credentials:
    """Read a token, of a session or for scripts, or raise `NotAuthenticated`."""
    credentials = (read_key(token) or tokens.read(token, "access")) if token else None
    if credentials is None:
        raise NotAuthenticated
    return credentials


async def authenticate(
    session: AsyncSession, resources: Resources, credentials: Credentials
) -> User:
    """Return whose token this is, roles fresh from the database, or raise `NotAuthenticated`."""
    if isinstance(credentials, Claims):
        user = await find_signed_in(session, credentials)
    else:
        user, use = await find_owner(session, credentials) or (None, None)
        if use and use.is_due:  # noted without keeping its user waiting
            await resources.background.start(note_use, resources.database, use.token_id)
    if user is None:
        raise NotAuthenticated
    return user
