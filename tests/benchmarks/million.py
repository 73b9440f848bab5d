"""Measure what a million links cost that ten thousand do not.

    python -m tests.benchmarks.million [--postgresql] [--rows 1000000]

Two servers, one with few links and one with many, are asked the same things in turns, over one
connection. Printed is the median of each answer's time, and many x few.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
from collections.abc import Callable
from contextlib import ExitStack

from sqlmodel import text

from final.core.config import Settings
from final.core.database.engine import Database
from final.core.database.migrations import migrate
from tests.benchmarks.side_by_side import ask_all, postgresql, request, serving
from tests.support.ports import free_port

FEW, ROUNDS, QUESTIONS = 10_000, 5, 40
USERS = 100
RARE = "quokka"
NUMBERS = {
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s LIMIT {}) "
    "SELECT n FROM s)",
    "postgresql": "(SELECT n FROM generate_series(1, {}) AS s(n))",
}
MOMENT = "'2026-01-31 12:00:00'"
FILLING = [
    'INSERT INTO "user" (id, username, username_key, email, email_key, hashed_password, role, '
    "is_active, created_at, updated_at) SELECT n, 'user' || n, 'user' || n, 'e' || n, 'e' || n, "
    f"'-', 'user', true, {MOMENT}, {MOMENT} FROM {{users}} AS numbers",
    "INSERT INTO link (id, url, url_hash, is_shared, title, key, short_code, clicks, created_at, "
    "user_id) SELECT n, 'https://example.com/page/' || n, 'hash' || n, false, 'Page ' || n, "
    f"'key' || n, 'key' || n, 0, {MOMENT}, 1 + n % {USERS} FROM {{links}} AS numbers",
    "INSERT INTO user_link (user_id, link_id, title) SELECT user_id, id, "
    f"'Saved page number ' || id || CASE WHEN id % 2500 = 7 AND id < 10000 THEN ' {RARE}' "
    "ELSE '' END FROM link",
]


async def fill(url: str, rows: int) -> None:
    """Make so many links, by SQL and so in seconds."""
    settings = Settings(_env_file=None, database_url=url)  # type: ignore[call-arg]
    await migrate(settings)
    database = Database(settings)
    numbers = NUMBERS["sqlite" if settings.is_sqlite else "postgresql"]
    async with database.engine.begin() as connection:
        for statement in FILLING:
            filled = statement.format(users=numbers.format(USERS), links=numbers.format(rows))
            await connection.execute(text(filled))
        await connection.execute(text("ANALYZE"))
    await database.dispose()


def questions(rows: int) -> dict[str, Callable[[], bytes]]:
    """Return what is asked of a server with so many links."""
    return {
        "redirect, unseen key": lambda: request(f"/key{random.randint(1, rows)}"),
        "first page": lambda: request("/links"),
        "next page, depth 10": lambda: request("/links?after=10&limit=10"),
        "next page, depth 90 %": lambda: request(f"/links?after={rows * 9 // 10}&limit=10"),
        "title search": lambda: request(f"/links?search={RARE}"),
    }


def ask(port: int, question: Callable[[], bytes]) -> float:
    """Return the median time of an answer."""
    left = iter(range(QUESTIONS))
    times = ask_all(port, lambda: question() if next(left, None) is not None else None, 1)
    return statistics.median(asyncio.run(times))


def main() -> None:
    """Fill, measure in turns, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    with ExitStack() as stack:
        ports = {}
        for rows in (FEW, options.rows):
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            url = f"sqlite:///{folder}/bench.db"
            if options.postgresql:
                url = stack.enter_context(postgresql())
            asyncio.run(fill(url, rows))
            ports[rows] = free_port()
            settings = {"DATABASE_URL": url, "JWT_KEY_FILE": f"{folder}/key"}
            stack.enter_context(serving("final.main:app", ports[rows], **settings))
        for name in questions(FEW):
            times: dict[int, list[float]] = {rows: [] for rows in ports}
            for _ in range(ROUNDS):
                for rows, port in ports.items():
                    times[rows].append(ask(port, questions(rows)[name]))
            few, many = (statistics.median(times[rows]) for rows in ports)
            factor = statistics.median(m / f for f, m in zip(*times.values(), strict=True))
            print(f"{name:24}{few * 1000:8.2f} ms{many * 1000:10.2f} ms {factor:6.2f} x")


if __name__ == "__main__":
    main()
