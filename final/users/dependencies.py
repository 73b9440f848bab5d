"""Who is asking: the types by which any route of any product names its caller."""

from typing import Annotated

from fastapi import Depends, Response
from fastapi.security import OAuth2PasswordBearer
from starlette.requests import HTTPConnection

from final.core.http.dependencies import ClientAddress, ResourcesDep, SessionDep
from final.core.resources import resources_of
from final.core.tokens import Claims
from final.users.auth.authentication import authenticate as authenticate  # for WebSockets too
from final.users.auth.authentication import read_credentials as read_credentials
from final.users.auth.service import SignIn, login_limit
from final.users.auth.sign_up import SignUp
from final.users.errors import AdminsOnly as AdminsOnly  # for routes to document
from final.users.errors import SessionNeeded
from final.users.mail.service import AccountMail
from final.users.models import User

bearer = OAuth2PasswordBearer(
    "auth/token", auto_error=False, description="Sign in with user name or e-mail and password."
)
BearerToken = Annotated[str | None, Depends(bearer)]


async def get_current_user(
    session: SessionDep, connection: HTTPConnection, token: BearerToken
) -> User:
    """Return who is signed in, roles fresh from the database, or raise `NotAuthenticated`."""
    resources = resources_of(connection)
    return await authenticate(session, resources, read_credentials(resources.tokens, token))


async def get_optional_user(
    session: SessionDep, connection: HTTPConnection, token: BearerToken
) -> User | None:
    """Return who is signed in, or nobody; a token that means nothing is still refused."""
    return None if token is None else await get_current_user(session, connection, token)


async def get_claims(connection: HTTPConnection, token: BearerToken) -> Claims | None:
    """Return the claims of the session, if it is one that the request belongs to."""
    credentials = read_credentials(resources_of(connection).tokens, token)
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


async def get_account_mail(resources: ResourcesDep) -> AccountMail:
    """Gather what writing to the owners of accounts takes."""
    return AccountMail(resources)


AccountMailDep = Annotated[AccountMail, Depends(get_account_mail)]


async def get_sign_in(
    session: SessionDep, resources: ResourcesDep, address: ClientAddress
) -> SignIn:
    """Gather what checking a password takes."""
    limit = login_limit(resources.settings)
    mail = AccountMail(resources) if resources.settings.require_verified_email else None
    return SignIn(session, resources.passwords, resources.rate_limiter, limit, address, mail)


SignInDep = Annotated[SignIn, Depends(get_sign_in)]


async def get_sign_up(session: SessionDep, resources: ResourcesDep) -> SignUp:
    """Gather what opening an account takes."""
    return SignUp(session, resources.passwords, AccountMail(resources))


SignUpDep = Annotated[SignUp, Depends(get_sign_up)]


def keep_out_of_caches(response: Response) -> None:
    """Tell every cache on the way that tokens are nobody else's (RFC 6749, 5.1)."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
