"""Telling from a bearer token who is asking: signed in, or a script of theirs."""

from typing import TypeAlias

from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.errors import NotAuthenticated
from final.core.resources import Resources
from final.core.tokens import Claims, Tokens
from final.users.access_tokens.service import (
    AccessKey,
    find_owner,
    is_use_due,
    note_use,
    read_key,
)
from final.users.auth.service import find_signed_in
from final.users.models import User

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
        user, token = await find_owner(session, credentials) or (None, None)
        if token and is_use_due(token):  # noted without keeping its user waiting
            await resources.background.start(note_use, resources.database, token.id)
    if user is None:
        raise NotAuthenticated
    return user
