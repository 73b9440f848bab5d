"""The route that gives people all that is stored of them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from final.core.errors import NotAuthenticated, Responses, Unprocessable, responses
from final.core.fields import Id
from final.core.http.dependencies import ResourcesDep, SessionDep
from final.core.http.downloads import attachment
from final.core.personal_data import PersonalData
from final.users.dependencies import CurrentUser
from final.users.errors import NotYourAccount, UserNotFound
from final.users.personal_data import service

router = APIRouter(prefix="/api/users", tags=["Users"])

EXPORT: Responses = {
    200: {
        "content": {"application/json": {"schema": {"type": "object"}}},
        "description": "The file.",
    }
}


async def get_products(request: Request) -> tuple[PersonalData, ...]:
    """Return what the products of the app store of people."""
    products: tuple[PersonalData, ...] = request.app.state.personal_data
    return products


ProductsDep = Annotated[tuple[PersonalData, ...], Depends(get_products)]


@router.get(
    "/{user_id}/export",
    response_class=StreamingResponse,
    responses={
        **EXPORT,
        **responses(NotAuthenticated, NotYourAccount, UserNotFound, Unprocessable),
    },
)
async def export_user(
    session: SessionDep,
    resources: ResourcesDep,
    products: ProductsDep,
    actor: CurrentUser,
    user_id: Id,
) -> StreamingResponse:
    """Take along all that is stored of oneself, as one JSON file; for administrators, of anyone.

    Passwords and tokens are left out: only their hashes are stored.
    """
    await service.check_export(session, actor, user_id)
    headers = attachment(f"linkhub-user-{user_id}.json") | {"Cache-Control": "no-store"}
    pieces = service.export(resources.database, products, user_id)
    return StreamingResponse(pieces, media_type="application/json", headers=headers)
