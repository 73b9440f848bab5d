"""Responses that are the same for everyone: made once, then given from the cache."""

from collections.abc import Awaitable, Callable

from fastapi import Request
from pydantic_core import from_json, to_json
from starlette.responses import Response

from final.core.root_path import outward
from final.core.shared.cache import Cache, Tags, cache_key


async def cached_response(
    request: Request,
    cache: Cache,
    tags: Tags,
    make: Callable[[], Awaitable[Response]],
    **parameters: object,
) -> Response:
    """Return the response that a request asks for by these parameters, made anew if none is kept.

    The parameters are those that the route declares, validated: what else a query string says makes
    no difference. The path is in its links.
    """
    if not cache.is_enabled:
        return await make()
    key = cache_key(outward(request.scope["path"]), **parameters)
    request.state.cache_key = key  # whoever sees the same query string again may know it

    async def make_json() -> bytes:
        """Make the response in the form in which it is kept."""
        return to_kept(await make())

    return from_kept(await cache.get(tags, key, make_json))


def to_kept(response: Response) -> bytes:
    """Return a response as it is kept."""
    body = bytes(response.body).decode()
    return to_json({"content": body, "headers": dict(response.headers)})


def from_kept(kept: bytes) -> Response:
    """Return a response as it goes out."""
    return Response(**from_json(kept))
