"""Work that one worker of all does at a time; when it is gone, another takes it over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import or_, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, SQLModel, col

from final.core.background import alongside
from final.core.database.engine import Database, utcnow
from final.core.database.upsert import insert_into
from final.core.errors import Unavailable

LEASE_SECONDS = 30.0


class Lease(SQLModel, table=True):
    """Who does a kind of work, and until when nobody else may."""

    name: str = Field(max_length=50, primary_key=True)
    holder: str = Field(max_length=32)
    held_until: datetime


@asynccontextmanager
async def leased(database: Database, name: str) -> AsyncIterator[bool]:
    """Tell the block whether the work is its own; it is cut off when the lease cannot be kept."""
    holder = uuid4().hex
    if not await take(database, name, holder):
        yield False
        return
    try:
        async with asyncio.timeout(LEASE_SECONDS) as deadline:
            async with alongside(keep(database, name, holder, deadline)):
                yield True
    finally:
        await release(database, name, holder)


async def take(database: Database, name: str, holder: str) -> bool:
    """Take a lease or make it longer, unless somebody else holds it; tell whether it is ours."""
    now = utcnow()
    ours = {"holder": holder, "held_until": now + timedelta(seconds=LEASE_SECONDS)}
    free = or_(col(Lease.holder) == holder, col(Lease.held_until) <= now)
    async with database.transaction() as session:
        insert = insert_into(session.get_bind().dialect.name, Lease).values(name=name, **ours)
        taken = insert.on_conflict_do_update(index_elements=["name"], set_=ours, where=free)
        changed: int = (await session.exec(taken)).rowcount
    return changed == 1


async def keep(database: Database, name: str, holder: str, deadline: asyncio.Timeout) -> None:
    """Make a lease longer again and again, and its deadline with it."""
    while True:
        await asyncio.sleep(LEASE_SECONDS / 3)
        with suppress(DBAPIError, Unavailable):
            asked = asyncio.get_running_loop().time()
            if await take(database, name, holder):
                deadline.reschedule(asked + LEASE_SECONDS)


async def release(database: Database, name: str, holder: str) -> None:
    """Let somebody else have a lease at once; without a database, when its time is over."""
    with suppress(DBAPIError, Unavailable):
        async with database.transaction() as session:
            ours = update(Lease).where(col(Lease.name) == name, col(Lease.holder) == holder)
            await session.exec(ours.values(held_until=utcnow()))
