"""The one route that libraries for OAuth2 know: its forms in, its errors out (RFC 6749)."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from final.core.errors import (
    AppError,
    GrantRefused,
    RefreshRefused,
    Responses,
    TooManyAttempts,
    Unprocessable,
    WrongCredentials,
    responses,
)
from final.core.http.dependencies import ResourcesDep, SessionDep
from final.core.http.error_handlers import problem
from final.core.http.validation import describe_problems, missing_fields
from final.users.auth import service as auth_service
from final.users.dependencies import SignInDep, keep_out_of_caches
from final.users.errors import EmailNotVerified
from final.users.schemas import OAuthError, OAuthInvalidInput, TokenForm, TokenPair

GRANTS = {"password": ("username", "password"), "refresh_token": ("refresh_token",)}
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class OAuthRoute(APIRoute):
    """A route whose errors carry `error` and `error_description` beside `detail`."""

    def get_route_handler(self) -> Handler:
        """Wrap the handler."""
        return partial(handle_in_oauth, super().get_route_handler())


async def handle_in_oauth(handle: Handler, request: Request) -> Response:
    """Answer a request, and turn its error into one of OAuth2's."""
    try:
        return await handle(request)
    except AppError as error:
        kind = "invalid_grant" if error.status in (400, 401, 403) else "temporarily_unavailable"
        return refuse(error.status, error.message, kind, error.message, error.headers)
    except RequestValidationError as error:
        problems = describe_problems(error.errors(), error.body)
        return refuse(422, problems, *explain(problems))
    except HTTPException as error:
        return refuse(error.status_code, error.detail, "invalid_request", error.detail)


def refuse(status: int, detail: Any, kind: str, text: str, headers: Any = None) -> Response:
    """Build an error answer in the words of both FastAPI and OAuth2."""
    text = text.replace('"', "'")  # the standard allows no other quotation mark
    return problem(
        status, detail, NO_STORE | dict(headers or {}), error=kind, error_description=text
    )


def explain(problems: list[dict[str, Any]]) -> tuple[str, str]:
    """Name what is wrong with a form in one word, and in one line."""
    wrong_grant = any("grant_type" in problem["loc"] for problem in problems)
    lines = [f"{problem['loc'][-1]}: {problem['msg']}" for problem in problems]
    kind = "unsupported_grant_type" if wrong_grant else "invalid_request"
    return kind, "; ".join(lines)


def oauth_responses() -> Responses:
    """Document the errors of the route."""
    documented = responses(
        GrantRefused, WrongCredentials, EmailNotVerified, TooManyAttempts, Unprocessable
    )
    for status, answer in documented.items():
        answer["model"] = OAuthInvalidInput if status == Unprocessable.status else OAuthError
        answer.pop("content", None)
    return documented


router = APIRouter(tags=["Auth"], route_class=OAuthRoute)


@router.post("/auth/token", summary="Log In With Form", responses=oauth_responses())
async def issue_token(
    response: Response,
    session: SessionDep,
    sign_in: SignInDep,
    resources: ResourcesDep,
    form: Annotated[TokenForm, Form()],
) -> TokenPair:
    """Sign in with a form, as OAuth2 has it; user name and e-mail address both work.

    With `grant_type=refresh_token` it exchanges a refresh token, as `POST /api/auth/refresh` does.
    """
    keep_out_of_caches(response)
    if missing := [name for name in GRANTS[form.grant_type] if getattr(form, name) is None]:
        raise missing_fields(*missing)
    if form.grant_type == "password":
        return await auth_service.log_in(
            sign_in, resources.tokens, form.username or "", form.password or ""
        )
    try:
        return await auth_service.refresh(session, resources.tokens, form.refresh_token or "")
    except RefreshRefused:
        raise GrantRefused from None
