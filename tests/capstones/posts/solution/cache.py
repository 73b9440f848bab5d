"""What Redis is for: lists are kept, and writes are counted."""

from cashews import Cache
from fastapi import HTTPException, Request
from limits import parse

from .config import settings
from .database import SessionDep
from .users import read_token

cache = Cache()
cache.setup(settings.redis_url)
rate = None if settings.write_rate_limit == "0" else parse(settings.write_rate_limit)


async def limit_writes(request: Request) -> None:
    """Answer 429 to a user, or where there is none to an address, that writes too often."""
    if rate is None or request.method == "GET":
        return
    _, _, token = request.headers.get("Authorization", "").partition(" ")
    key = f"writes:{read_token(token) or (request.client and request.client.host)}"
    written = await cache.incr(key, expire=rate.get_expiry())
    if (written or 0) > rate.amount:  # there is no number when Redis is away
        wait = max(1, await cache.get_expire(key))
        raise HTTPException(429, "Too many requests", {"Retry-After": str(wait)})


async def read_version() -> int:
    """Return how often posts have changed: lists that were kept before are not found again."""
    return int(await cache.get("version", default=0))


async def commit(session: SessionDep) -> None:
    """Store changes to posts, and count them."""
    await session.commit()
    await cache.incr("version")
