"""How often somebody may write."""

import time
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security.utils import get_authorization_scheme_param
from limits import parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter

from .config import settings
from .security import read_token

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
rate = None if settings.write_rate_limit == "0" else parse(settings.write_rate_limit)
url = settings.redis_url
limiter = FixedWindowRateLimiter(RedisStorage(f"async+{url}") if url else MemoryStorage())


def get_caller(request: Request) -> str:
    """Name who is counted: a user, or an address."""
    _, token = get_authorization_scheme_param(request.headers.get("Authorization"))
    user_id = read_token(token)
    address = request.client.host if request.client else "unknown"
    return f"user {user_id}" if user_id else f"address {address}"


async def limit_writes(request: Request, caller: Annotated[str, Depends(get_caller)]) -> None:
    """Answer 429 to whoever writes too often."""
    if rate is None or request.method not in WRITES or await limiter.hit(rate, caller):
        return
    reset, _ = await limiter.get_window_stats(rate, caller)
    wait = str(max(1, round(reset - time.time())))
    raise HTTPException(429, "Too many requests", {"Retry-After": wait})
