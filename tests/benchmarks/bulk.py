"""Measure thousands of entries at once beside as many requests one after the other.

    python -m tests.benchmarks bulk [--before ../older-checkout] [--many 100000]

On SQLite and on PostgreSQL, one worker each: links a second by POST /shorten/ on one connection and
by the batch WebSocket for a client that sends everything ahead, and entries a second by the import
of a bookmark file and of a shelf. `/health` is asked all the while. `--before` measures another
checkout in turns with this one; `--many` sets how many entries the two imports have.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import TypeAlias

import httpx2 as httpx
import psutil
from sqlmodel import insert
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from final.books.models import Book
from final.core.config import Settings
from final.core.database.engine import Database
from tests.benchmarks.side_by_side import ROOT, ask_all, postgresql, request, serving, sign_up
from tests.support.ports import free_port

ROUNDS, POSTS, ITEMS, ENTRIES = 3, 300, 10_000, 5_000
MB = 1024 * 1024

Figures: TypeAlias = dict[str, list[float]]

numbers = count(1)


@dataclass
class Contestant:
    """A server, somebody who has an account there, and what was measured of it."""

    port: int
    process: psutil.Process
    headers: dict[str, str]
    shelved: int = 0
    rates: Figures = field(default_factory=lambda: defaultdict(list))
    costs: Figures = field(default_factory=lambda: defaultdict(list))
    waits: Figures = field(default_factory=lambda: defaultdict(list))
    grown: Figures = field(default_factory=lambda: defaultdict(list))

    @property
    def base(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    def measure(self, name: str, work: Callable[["Contestant"], int]) -> None:
        """Note how many entries a second it does, and how it fares meanwhile."""
        before, used = self.process.memory_info().rss, cpu_seconds(self.process)
        with watching(self) as (waits, memory):
            started = time.perf_counter()
            entries = work(self)
            seconds = time.perf_counter() - started
        self.rates[name].append(entries / seconds)
        self.costs[name].append(1000 * (cpu_seconds(self.process) - used) / (entries or 1))
        self.waits[name].append(sorted(waits)[len(waits) * 99 // 100])
        self.grown[name].append((max(memory) - before) / MB)


def cpu_seconds(process: psutil.Process) -> float:
    """Return how long a process has computed: that hardly depends on what else goes on."""
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def watching(contestant: Contestant) -> Iterator[tuple[list[float], list[int]]]:
    """Ask for `/health` and look at the memory until the block ends."""
    waits, memory, stop = [0.0], [0], Event()

    def watch() -> None:
        with httpx.Client(base_url=contestant.base, timeout=60) as client:
            while not stop.wait(0.01):
                started = time.perf_counter()
                client.get("/health")
                waits.append(time.perf_counter() - started)
                memory.append(contestant.process.memory_info().rss)

    watcher = Thread(target=watch)
    watcher.start()
    yield waits, memory
    stop.set()
    watcher.join()


def new_item() -> dict[str, str]:
    """Describe another link, as POST /shorten/ takes it."""
    return {"original_url": f"https://example.com/page/{next(numbers)}", "title": "A page"}


def shorten(contestant: Contestant) -> int:
    """Shorten URLs one by one; the titles of their pages are looked for afterwards."""
    return post(contestant, "/shorten/", new_item)


def save(contestant: Contestant) -> int:
    """Save links one by one."""
    return post(
        contestant, "/links", lambda: {"title": "A page", "url": new_item()["original_url"]}
    )


def post(contestant: Contestant, path: str, describe: Callable[[], dict[str, str]]) -> int:
    """Ask one by one."""
    left = iter(range(POSTS))

    def ask() -> bytes | None:
        if next(left, None) is None:
            return None
        return request(path, contestant.headers, "POST", json.dumps(describe()).encode())

    return len(asyncio.run(ask_all(contestant.port, ask, 1)))


def upload(contestant: Contestant) -> int:
    """Shorten URLs by the WebSocket, sending all before reading the first result."""
    return asyncio.run(upload_ahead(contestant, ITEMS))


async def upload_ahead(contestant: Contestant, items: int) -> int:
    """Send ahead; return how many items were stored before the end, which may come too soon."""
    url = f"ws://127.0.0.1:{contestant.port}/ws/batch-upload/"
    stored = 0
    async with connect(url, additional_headers=contestant.headers) as socket:
        sending = asyncio.create_task(send_all(socket, items))
        try:
            async for message in socket:
                stored += '"ok"' in str(message)
                if '"finished"' in str(message):
                    break
            await sending
        except ConnectionClosed as error:
            sending.cancel()
            print(f"the upload ended after {stored} of {items} items: {error}")
    return stored


async def send_all(socket: ClientConnection, items: int) -> None:
    """Send items, between a beginning and an end."""
    await socket.send(json.dumps({"type": "start", "total": items}))
    for _ in range(items):
        await socket.send(json.dumps({"type": "item", "data": new_item()}))
    await socket.send(json.dumps({"type": "finish"}))


def import_bookmarks(contestant: Contestant, entries: int) -> int:
    """Import a bookmark file."""
    items = (new_item() for _ in range(entries))
    lines = (f'<DT><A HREF="{i["original_url"]}" TAGS="a,b">{i["title"]}</A>' for i in items)
    file = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n" + "\n".join(lines)
    return send_file(contestant, "/links/import", file)


def import_shelf(contestant: Contestant, entries: int) -> int:
    """Import a shelf as Goodreads writes it, on which no book is yet."""
    header = "Title,Author,ISBN13,My Rating,Date Added,Exclusive Shelf,My Review\n"
    first = contestant.shelved
    contestant.shelved += entries
    row = 'Book {},Author,"=""{}""",4,2020/01/31,read,Fine\n'
    rows = (row.format(n, isbn(n)) for n in range(first, first + entries))
    return send_file(contestant, "/my-library/import", header + "".join(rows))


def send_file(contestant: Contestant, path: str, file: str) -> int:
    """Import a file; return how many of its entries were stored."""
    with httpx.Client(base_url=contestant.base, timeout=600) as client:
        answer = client.post(path, headers=contestant.headers, files={"file": file.encode()})
    if answer.status_code != 200:  # an older checkout may not know how
        print(f"POST {path} answered {answer.status_code}")
        return 0
    return sum(result["status"] == "ok" for result in answer.json())


def isbn(number: int) -> str:
    """Return the ISBN of a number."""
    digits = f"978{number:09}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"


async def fill_catalogue(url: str, books: int) -> None:
    """Store books to be found by the import of a shelf."""
    database = Database(Settings(_env_file=None, database_url=url))  # type: ignore[call-arg]
    words = {"title": "Book", "title_key": "book", "author": "Author", "author_key": "author"}
    rows = [words | {"isbn": isbn(number)} for number in range(books)]
    async with database.transaction() as session:
        await session.exec(insert(Book), params=rows)
    await database.dispose()


@contextmanager
def competing(folder: Path, url: str, books: int) -> Iterator[Contestant]:
    """Run the server of a checkout on an empty database."""
    with tempfile.TemporaryDirectory() as place:
        port = free_port()
        settings = {
            "DATABASE_URL": url or f"sqlite:///{place}/bench.db",
            "BCRYPT_ROUNDS": "4",
            "WRITE_RATE_LIMIT": "0",
            "MAX_BODY_BYTES": str(100 * MB),
            "JWT_KEY_FILE": f"{place}/key",
            "UVICORN_APP_DIR": str(folder),
        }
        with serving("final.main:app", port, **settings) as server:
            me = sign_up(f"http://127.0.0.1:{port}")
            asyncio.run(fill_catalogue(settings["DATABASE_URL"], books))
            yield Contestant(port, psutil.Process(server.pid), me)


def report(title: str, contestants: dict[str, Contestant]) -> None:
    """Print entries a second, and how many times POST that is, in this round and of each other."""
    print(f"\n{title}")
    for name, contestant in contestants.items():
        posts = contestant.rates["POST /shorten/"]
        for work, rates in contestant.rates.items():
            times = statistics.median(a / b for a, b in zip(rates, posts, strict=False))
            wait = 1000 * statistics.median(contestant.waits[work])
            print(
                f"{name:8}{work:24}{statistics.median(rates):7.0f}/s {times:6.1f} x POST; "
                f"{statistics.median(contestant.costs[work]):6.2f} ms of CPU each; "
                f"/health p99 {wait:4.0f} ms; grown by {max(contestant.grown[work]):.0f} MB"
            )


def main() -> None:
    """Measure in turns and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--many", type=int, default=ENTRIES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    works: dict[str, Callable[[Contestant], int]] = {
        "POST /shorten/": shorten,
        "POST /links": save,
        "WebSocket, sent ahead": upload,
        "POST /links/import": lambda one: import_bookmarks(one, options.many),
        "POST /my-library/import": lambda one: import_shelf(one, options.many),
    }
    folders = {"before": options.before, "now": ROOT} if options.before else {"now": ROOT}
    for title in ("SQLite", "PostgreSQL"):
        with ExitStack() as stack:
            contestants = {}
            for name, folder in folders.items():
                url = stack.enter_context(postgresql()) if title == "PostgreSQL" else ""
                books = options.many * options.rounds
                competitor = competing(folder, url, books)
                contestants[name] = stack.enter_context(competitor)
            for _ in range(options.rounds):
                for work, do in works.items():
                    for contestant in contestants.values():
                        contestant.measure(work, do)
            report(title, contestants)


if __name__ == "__main__":
    main()
