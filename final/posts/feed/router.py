"""The route of the feed."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from final.core.errors import Responses, Unprocessable, responses
from final.core.http.cached_responses import cached_response
from final.core.http.dependencies import ResourcesDep, SessionDep
from final.posts import queries
from final.posts.dependencies import AuthorFilter, TagFilter
from final.posts.effects import LISTED
from final.posts.feed.atom import write_feed

router = APIRouter()

MEDIA_TYPE = "application/atom+xml"
EXAMPLE = '<feed xmlns="http://www.w3.org/2005/Atom"><title>LinkHub posts</title> ... </feed>'
FEED: Responses = {
    200: {
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": EXAMPLE}},
        "description": "The feed.",
    }
}


@router.get("/feed.atom", response_class=Response, responses={**FEED, **responses(Unprocessable)})
async def read_feed(
    request: Request,
    session: SessionDep,
    resources: ResourcesDep,
    tag: TagFilter = None,
    author: AuthorFilter = None,
    size: Annotated[int, Query(ge=1, le=100, description="How many posts it has.")] = 20,
) -> Response:
    """Follow the posts with a feed reader: the latest published, perhaps of one tag or author."""

    async def read() -> Response:
        """Read the posts, and write the feed."""
        filters = queries.PostFilters(tag, author, None, "-published_at")
        page = await queries.list_posts(session, filters, 1, size)
        feed = write_feed(resources.settings.base_url, page.items)
        return Response(feed, media_type=MEDIA_TYPE)

    return await cached_response(
        request, resources.cache, LISTED, read, tag=tag, author=author, size=size
    )
