"""The routes of personal access tokens; a token itself is no key to them."""

from fastapi import APIRouter, Response

from final.core.errors import NotAuthenticated, Unprocessable, responses
from final.core.fields import Id
from final.core.http.dependencies import SessionDep
from final.core.http.pagination import PageDep
from final.users.access_tokens import service
from final.users.access_tokens.schemas import (
    AccessTokenCreate,
    AccessTokenCreated,
    AccessTokenPublic,
)
from final.users.dependencies import UserInSession, keep_out_of_caches
from final.users.errors import AccessTokenNotFound, SessionNeeded

router = APIRouter(prefix="/api/auth/tokens", tags=["Auth"])


@router.post(
    "", status_code=201, responses=responses(NotAuthenticated, SessionNeeded, Unprocessable)
)
async def create_access_token(
    response: Response, session: SessionDep, user: UserInSession, data: AccessTokenCreate
) -> AccessTokenCreated:
    """Make a token for a script or a browser extension; it is shown this once.

    It is good as a bearer token everywhere but here, until it expires, is revoked or its account
    ends; signing out does not end it.
    """
    keep_out_of_caches(response)
    return await service.create_token(session, user.id, data)


@router.get(
    "",
    response_model=list[AccessTokenPublic],
    responses=responses(NotAuthenticated, SessionNeeded, Unprocessable),
)
async def list_access_tokens(session: SessionDep, user: UserInSession, page: PageDep) -> Response:
    """List one's own tokens, the oldest first, without what makes them tokens."""
    rows = await page.read(session, service.select_tokens(user.id))
    return page.answer([AccessTokenPublic.model_validate(row) for row in rows])


@router.delete(
    "/{token_id}",
    status_code=204,
    responses=responses(NotAuthenticated, SessionNeeded, AccessTokenNotFound, Unprocessable),
)
async def revoke_access_token(session: SessionDep, user: UserInSession, token_id: Id) -> None:
    """Revoke a token of one's own; it stops working at once."""
    await service.revoke_token(session, user.id, token_id)
