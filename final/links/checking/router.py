"""The route that has one's links checked."""

from fastapi import APIRouter

from final.core.database.transaction import on_commit
from final.core.errors import NotAuthenticated, responses
from final.core.http.dependencies import SessionDep
from final.links.checking import service
from final.links.checking.schemas import CheckStarted
from final.links.dependencies import LinkResourcesDep
from final.users.dependencies import CurrentUser

router = APIRouter(prefix="/links", tags=["Links"])


@router.post("/check", status_code=202, responses=responses(NotAuthenticated))
async def check_links(
    session: SessionDep, user: CurrentUser, links: LinkResourcesDep
) -> CheckStarted:
    """Have the links of one's list checked in the background, each once an hour at most.

    What became of them is in `last_checked_at` and `last_status` of each; `GET /links?broken=true`
    lists those that lead nowhere.
    """
    await service.request_check(session, user.id)
    on_commit(session, links.checker.wake)
    return CheckStarted(detail="Your links are being checked.")
