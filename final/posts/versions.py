"""Which version of a post an answer shows, and whether the caller has it already."""

from fastapi import Response

from final.core.http.conditional_requests import PreconditionsDep, entity_tag
from final.posts.schemas import PostPublic


def versioned(response: Response, post: PostPublic) -> PostPublic:
    """Name the version of a post in the headers of its answer."""
    response.headers["ETag"] = entity_tag(post)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Authorization"
    return post


def unless_known(
    response: Response, preconditions: PreconditionsDep, post: PostPublic
) -> PostPublic | Response:
    """Answer with a post, or with 304 to somebody who has this version of it."""
    versioned(response, post)
    if preconditions.check(response.headers["ETag"]):
        return Response(status_code=304, headers=dict(response.headers))
    return post
