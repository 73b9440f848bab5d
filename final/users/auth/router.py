"""The routes of signing up, in and out; the rules behind them are in the services."""

from fastapi import APIRouter, Response

from final.core.errors import (
    NotAuthenticated,
    RefreshRefused,
    TooManyAttempts,
    Unprocessable,
    WrongCredentials,
    responses,
)
from final.core.http.dependencies import ResourcesDep, SessionDep
from final.users import service
from final.users.auth import service as auth_service
from final.users.dependencies import (
    CurrentClaims,
    CurrentUser,
    SignInDep,
    SignUpDep,
    keep_out_of_caches,
)
from final.users.errors import (
    EmailNotVerified,
    EmailTaken,
    PersonalPassword,
    UsernameTaken,
    WrongPassword,
)
from final.users.models import User
from final.users.schemas import (
    LoginRequest,
    PasswordChange,
    RefreshRequest,
    TokenPair,
    UserPrivate,
    UserRegister,
)

router = APIRouter(tags=["Auth"])

# Where guessing is slowed down by account, so that no other limit need count.
THROTTLED = ("/auth/token", "/api/auth/login")

REGISTERING = responses(UsernameTaken, EmailTaken, Unprocessable)
SIGNING_IN = responses(WrongCredentials, EmailNotVerified, TooManyAttempts, Unprocessable)


@router.post("/auth/register", status_code=201, response_model=UserPrivate, responses=REGISTERING)
async def register(sign_up: SignUpDep, data: UserRegister) -> User:
    """Sign up."""
    return await sign_up.register(data)


@router.post(
    "/api/auth/register", status_code=201, response_model=UserPrivate, responses=REGISTERING
)
async def register_account(sign_up: SignUpDep, data: UserRegister) -> User:
    """Sign up; the same as `POST /auth/register`."""
    return await sign_up.register(data)


@router.post("/api/auth/login", responses=SIGNING_IN)
async def log_in(
    response: Response, sign_in: SignInDep, resources: ResourcesDep, data: LoginRequest
) -> TokenPair:
    """Sign in with JSON; otherwise the same as `POST /auth/token`."""
    keep_out_of_caches(response)
    return await auth_service.log_in(sign_in, resources.tokens, data.email, data.password)


@router.post("/api/auth/refresh", responses=responses(RefreshRefused, Unprocessable))
async def refresh_tokens(
    response: Response, session: SessionDep, resources: ResourcesDep, data: RefreshRequest
) -> TokenPair:
    """Exchange a refresh token for a new pair; using one twice ends the whole session."""
    keep_out_of_caches(response)
    return await auth_service.refresh(session, resources.tokens, data.refresh_token)


@router.post("/api/auth/logout", status_code=204, responses=responses(NotAuthenticated))
async def log_out(session: SessionDep, _user: CurrentUser, claims: CurrentClaims) -> None:
    """End this session; its access and refresh tokens stop working at once.

    A personal access token has no session and stays as it is.
    """
    if claims is not None:
        await auth_service.end_session(session, claims)


@router.post("/api/auth/logout-all", status_code=204, responses=responses(NotAuthenticated))
async def log_out_everywhere(session: SessionDep, user: CurrentUser) -> None:
    """End all sessions of one's account, this one included."""
    await service.end_sessions(session, user.id)


@router.post(
    "/api/auth/password",
    status_code=204,
    responses=responses(
        NotAuthenticated, WrongPassword, TooManyAttempts, Unprocessable, PersonalPassword
    ),
)
async def change_password(
    sign_in: SignInDep, user: CurrentUser, claims: CurrentClaims, data: PasswordChange
) -> None:
    """Choose another password; every other session of the account ends."""
    await auth_service.change_password(sign_in, user, claims, data)


@router.get("/api/auth/me", response_model=UserPrivate, responses=responses(NotAuthenticated))
async def read_own_account(user: CurrentUser) -> User:
    """Return the account that is signed in."""
    return user
