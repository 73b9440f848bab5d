"""How much memory the export of 100,000 posts takes, and how soon it begins.

    python -m tests.benchmarks.export_memory [--posts 100000] [--database-url postgresql://...]

Starts the app in a process of its own, fills its database, reads the export in both formats and
reports the growth of that process; leaves with 1 when it grew by 50 MB or more.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from threading import Event, Thread

import httpx2 as httpx
import psutil
from sqlalchemy import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.config import Settings
from final.core.database.engine import Database, utcnow
from final.core.database.migrations import migrate
from final.posts.models import Post
from final.users.models import User
from tests.benchmarks.side_by_side import serving
from tests.support.ports import free_port

MB = 1024 * 1024
ALLOWED_MB = 50
CONTENT = "Lorem ipsum dolor sit amet, consectetur adipisici elit. " * 20


async def fill(database_url: str, count: int) -> None:
    """Store so many published posts of about a kilobyte."""
    settings = Settings(_env_file=None, database_url=database_url)  # type: ignore[call-arg]
    await migrate(settings)
    database = Database(settings)
    async with database.transaction() as session:
        await add_author(session)
        for start in range(0, count, 1000):
            numbers = range(start + 1, min(start + 1000, count) + 1)
            await session.exec(insert(Post), params=[row(number) for number in numbers])
    await database.dispose()


async def add_author(session: AsyncSession) -> None:
    """Store the author of all posts."""
    ada = User(
        username="ada",
        username_key="ada",
        email="ada@example.com",
        email_key="ada@example.com",
        hashed_password="-",
    )
    session.add(ada)
    await session.flush()


def row(number: int) -> dict[str, object]:
    """Return the columns of a post."""
    return {
        "title": f"Post number {number}",
        "slug": f"post-number-{number}",
        "content": CONTENT,
        "published": True,
        "author_id": 1,
        "created_at": utcnow(),
        "updated_at": utcnow(),
    }


def read(client: httpx.Client, kind: str) -> tuple[float, float, int]:
    """Read an export; return seconds to the first byte, seconds in all, and its size."""
    started, first, size = time.perf_counter(), 0.0, 0
    with client.stream("GET", f"/api/v1/posts/export?format={kind}") as response:
        for piece in response.iter_raw():
            first = first or time.perf_counter() - started
            size += len(piece)
    return first, time.perf_counter() - started, size


def watch(process: psutil.Process, stop: Event, peak: list[int]) -> None:
    """Remember the most memory the process had at any moment."""
    while not stop.wait(0.02):
        peak[0] = max(peak[0], process.memory_info().rss)


def measure(client: httpx.Client, process: psutil.Process) -> float:
    """Read both exports; return by how many MB the process grew meanwhile at most."""
    for _ in range(20):
        client.get("/api/v1/posts?size=100")  # what any traffic brings into memory
    before = process.memory_info().rss
    stop, peak = Event(), [before]
    watcher = Thread(target=watch, args=(process, stop, peak))
    watcher.start()
    for kind in ("jsonl", "csv"):
        first, total, size = read(client, kind)
        print(
            f"{kind}: {size / MB:.0f} MB in {total:.1f} s, first byte after {first * 1000:.0f} ms"
        )
    stop.set()
    watcher.join()
    return float(peak[0] - before) / MB


def main() -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--database-url")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        url = options.database_url or f"sqlite:///{directory}/bench.db"
        asyncio.run(fill(url, options.posts))
        port = free_port()
        settings = {"DATABASE_URL": url, "JWT_KEY_FILE": f"{directory}/key"}
        with (
            serving("final.main:app", port, **settings) as server,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client,
        ):
            grown = measure(client, psutil.Process(server.pid))
    print(f"the process grew by {grown:.1f} MB (allowed: less than {ALLOWED_MB})")
    return int(grown >= ALLOWED_MB)


if __name__ == "__main__":
    sys.exit(main())
