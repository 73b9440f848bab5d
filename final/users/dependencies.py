"""Who is asking: the types by which any route of any product names its caller."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Response
from fastapi.security import OAuth2PasswordBearer

from final.core.background import Background
from final.core.database.engine import Database
from final.core.errors import NotAuthenticated
from final.core.http.dependencies import (
    BackgroundDep,
    ClientAddress,
    DatabaseDep,
    PasswordsDep,
    RateLimiterDep,
    SessionDep,
    SettingsDep,
    TokensDep,
)
from final.core.tokens import Claims
from final.users.access_tokens.service import (
    AccessKey,
    find_owner,
    is_use_due,
    note_use,
    read_key,
)
from final.users.auth_service import SignIn, find_signed_in, login_limit
from final.users.errors import AdminsOnly as AdminsOnly  # for routes to document
from final.users.errors import SessionNeeded
from final.users.models import User
from final.users.sign_up import SignUp

bearer = OAuth2PasswordBearer(
    "auth/token", auto_error=False, description="Sign in with user name or e-mail and password."
)


async def get_credentials(
    tokens: TokensDep, token: Annotated[str | None, Depends(bearer)]
) -> Claims | AccessKey:
    """Read the token of the request, of a session or for scripts, or raise `NotAuthenticated`."""
    found = (read_key(token) or tokens.read(token, "access")) if token else None
    if found is None:
        raise NotAuthenticated
    return found


Credentials = Annotated[Claims | AccessKey, Depends(get_credentials)]


@dataclass(frozen=True)
class TokenUses:
    """Where the use of a token for scripts is noted, without keeping its user waiting."""

    database: Database
    background: Background


async def get_token_uses(database: DatabaseDep, background: BackgroundDep) -> TokenUses:
    """Gather what noting a use takes."""
    return TokenUses(database, background)


async def get_current_user(
    session: SessionDep,
    credentials: Credentials,
    uses: Annotated[TokenUses | None, Depends(get_token_uses)] = None,
) -> User:
    """Return who is signed in, roles fresh from the database, or raise `NotAuthenticated`."""
    if isinstance(credentials, Claims):
        user = await find_signed_in(session, credentials)
    else:
        user, token = await find_owner(session, credentials) or (None, None)
        if uses and token and is_use_due(token):
            await uses.background.start(note_use, uses.database, token.id)
    if user is None:
        raise NotAuthenticated
    return user


async def get_optional_user(
    session: SessionDep,
    tokens: TokensDep,
    token: Annotated[str | None, Depends(bearer)],
    uses: Annotated[TokenUses, Depends(get_token_uses)],
) -> User | None:
    """Return who is signed in, or nobody; a token that means nothing is still refused."""
    if token is None:
        return None
    return await get_current_user(session, await get_credentials(tokens, token), uses)


async def get_claims(credentials: Credentials) -> Claims | None:
    """Return the claims of the session, if it is one that the request belongs to."""
    return credentials if isinstance(credentials, Claims) else None


CurrentClaims = Annotated[Claims | None, Depends(get_claims)]
CurrentUser = Annotated[User, Depends(get_current_user)]
OptionalUser = Annotated[User | None, Depends(get_optional_user)]


async def get_user_in_session(user: CurrentUser, claims: CurrentClaims) -> User:
    """Return who has signed in, or raise `SessionNeeded` for a token for scripts."""
    if claims is None:
        raise SessionNeeded
    return user


UserInSession = Annotated[User, Depends(get_user_in_session)]


async def get_current_admin(user: CurrentUser) -> User:
    """Return the administrator who is signed in, or raise `AdminsOnly`."""
    if not user.is_admin:
        raise AdminsOnly
    return user


AdminUser = Annotated[User, Depends(get_current_admin)]


async def get_sign_in(
    session: SessionDep,
    passwords: PasswordsDep,
    limiter: RateLimiterDep,
    settings: SettingsDep,
    address: ClientAddress,
) -> SignIn:
    """Gather what checking a password takes."""
    return SignIn(session, passwords, limiter, login_limit(settings), address)


SignInDep = Annotated[SignIn, Depends(get_sign_in)]


async def get_sign_up(
    session: SessionDep, passwords: PasswordsDep, background: BackgroundDep
) -> SignUp:
    """Gather what opening an account takes."""
    return SignUp(session, passwords, background)


SignUpDep = Annotated[SignUp, Depends(get_sign_up)]


def keep_out_of_caches(response: Response) -> None:
    """Tell every cache on the way that tokens are nobody else's (RFC 6749, 5.1)."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
