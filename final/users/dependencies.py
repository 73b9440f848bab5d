"""Who is asking: the types by which any route of any product names its caller."""

from typing import Annotated

from fastapi import Depends, Response
from fastapi.security import OAuth2PasswordBearer

from final.core.errors import NotAuthenticated
from final.core.http.dependencies import (
    BackgroundDep,
    ClientAddress,
    PasswordsDep,
    RateLimiterDep,
    SessionDep,
    SettingsDep,
    TokensDep,
)
from final.core.tokens import Claims
from final.users.auth_service import SignIn, find_signed_in, login_limit
from final.users.errors import AdminsOnly as AdminsOnly  # for routes to document
from final.users.models import User
from final.users.sign_up import SignUp

bearer = OAuth2PasswordBearer(
    "auth/token", auto_error=False, description="Sign in with user name or e-mail and password."
)


async def get_claims(tokens: TokensDep, token: Annotated[str | None, Depends(bearer)]) -> Claims:
    """Read the access token of the request, or raise `NotAuthenticated`."""
    claims = tokens.read(token, "access") if token else None
    if claims is None:
        raise NotAuthenticated
    return claims


async def get_current_user(
    session: SessionDep, claims: Annotated[Claims, Depends(get_claims)]
) -> User:
    """Return who is signed in, roles fresh from the database, or raise `NotAuthenticated`."""
    user = await find_signed_in(session, claims)
    if user is None:
        raise NotAuthenticated
    return user


async def get_optional_user(
    session: SessionDep, tokens: TokensDep, token: Annotated[str | None, Depends(bearer)]
) -> User | None:
    """Return who is signed in, or nobody; a token that means nothing is still refused."""
    if token is None:
        return None
    return await get_current_user(session, await get_claims(tokens, token))


CurrentClaims = Annotated[Claims, Depends(get_claims)]
CurrentUser = Annotated[User, Depends(get_current_user)]
OptionalUser = Annotated[User | None, Depends(get_optional_user)]


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
