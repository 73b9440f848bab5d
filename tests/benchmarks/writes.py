"""Measure saving links beside a plain FastAPI app that commits one row a request by the ORM.

    python -m tests.benchmarks.writes

Both on SQLite with one worker: 64 clients POST at once, then one connection saves one link after
the other, by HTTP and by the batch WebSocket.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from itertools import count
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from websockets.asyncio.client import connect

from tests.benchmarks.side_by_side import ask_all, request, serving, sign_up
from tests.support.ports import free_port

ROUNDS, SECONDS, CLIENTS, ITEMS = 5, 2.0, 64, 300

engine = create_async_engine(os.environ.get("PLAIN_URL", "sqlite+aiosqlite://"))


class Saved(SQLModel, table=True):
    """A link, and nothing else."""

    __tablename__ = "benchmark_saved"

    id: int | None = Field(default=None, primary_key=True)
    title: str
    url: str


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Create the one table."""
    table: Any = Saved.metadata.tables["benchmark_saved"]
    async with engine.begin() as connection:
        await connection.run_sync(table.create)
    yield
    await engine.dispose()


plain = FastAPI(lifespan=lifespan)


@plain.post("/links", status_code=201)
async def save_link(link: Saved) -> Saved:
    """Store a row, as one learns it."""
    async with AsyncSession(engine) as session:
        session.add(link)
        await session.commit()
        await session.refresh(link)
        return link


numbers = count(1)


def post(headers: dict[str, str]) -> bytes:
    """Write a request that saves another link."""
    body = {"title": "A page", "url": f"https://example.com/{next(numbers)}"}
    return request("/links", headers, "POST", json.dumps(body).encode())


def load(port: int, headers: dict[str, str], clients: int) -> tuple[float, float]:
    """Save for a while; return writes per second and the 99th percentile of the time of one."""
    until = time.monotonic() + SECONDS
    times = asyncio.run(
        ask_all(port, lambda: post(headers) if time.monotonic() < until else None, clients)
    )
    return len(times) / SECONDS, sorted(times)[len(times) * 99 // 100]


async def batch(port: int, headers: dict[str, str]) -> float:
    """Save by the WebSocket; return items per second."""
    url = f"ws://127.0.0.1:{port}/ws/batch-upload/"
    async with connect(url, additional_headers=headers) as socket:
        started = time.perf_counter()
        await socket.send(json.dumps({"type": "start", "total": ITEMS}))
        for _ in range(ITEMS):
            data = {"original_url": f"https://example.com/{next(numbers)}", "title": "A page"}
            await socket.send(json.dumps({"type": "item", "data": data}))
        await socket.send(json.dumps({"type": "finish"}))
        async for message in socket:
            if json.loads(message)["type"] == "finished":
                break
        return ITEMS / (time.perf_counter() - started)


def main() -> None:
    """Measure in turns and print the ratios."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        settings = {
            "DATABASE_URL": f"sqlite:///{folder}/bench.db",
            "PLAIN_URL": f"sqlite+aiosqlite:///{folder}/plain.db",
            "BCRYPT_ROUNDS": "4",
            "WRITE_RATE_LIMIT": "0",
            "JWT_KEY_FILE": f"{folder}/key",
        }
        theirs, ours = free_port(), free_port()
        stack.enter_context(serving("tests.benchmarks.writes:plain", theirs, **settings))
        stack.enter_context(serving("final.main:app", ours, **settings))
        me = sign_up(f"http://127.0.0.1:{ours}")
        rounds: list[Any] = [
            (
                load(theirs, {}, CLIENTS),
                load(ours, me, CLIENTS),
                load(ours, me, 1),
                asyncio.run(batch(ours, me)),
            )
            for _ in range(ROUNDS)
        ]
    for name, at in (("plain", 0), ("final", 1), ("final, one by one", 2)):
        rate, slow = (statistics.median(values[at][i] for values in rounds) for i in (0, 1))
        print(f"{name:20}{rate:8.0f} writes/s, 99 % within {slow * 1000:.0f} ms")
    print(f"{'final, batch':20}{statistics.median(values[3] for values in rounds):8.0f} items/s")
    writes = statistics.median(values[1][0] / values[0][0] for values in rounds)
    items = statistics.median(values[3] / values[2][0] for values in rounds)
    print(f"POST /links at {CLIENTS} clients: {writes:.2f} x plain ORM commit")
    print(f"batch: {items:.2f} x POST /links on one connection")


if __name__ == "__main__":
    main()
