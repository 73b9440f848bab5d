"""The route of tags."""

from fastapi import APIRouter, Request, Response

from final.core.errors import Unprocessable, responses
from final.core.http.cached_responses import cached_response
from final.core.http.dependencies import ResourcesDep, SessionDep
from final.core.http.pagination import PageDep
from final.posts.effects import LISTED
from final.posts.tags.queries import select_tags
from final.posts.tags.schemas import PostTagCount

router = APIRouter()


@router.get("/tags", response_model=list[PostTagCount], responses=responses(Unprocessable))
async def list_post_tags(
    request: Request, session: SessionDep, resources: ResourcesDep, page: PageDep
) -> Response:
    """List the tags of published posts by name, and how many of them bear each."""

    async def read() -> Response:
        """Read the page from the database."""
        rows = await page.read(session, select_tags())
        return page.answer([PostTagCount(**row._mapping) for row in rows])

    return await cached_response(
        request, resources.cache, LISTED, read, skip=page.skip, limit=page.limit
    )
