"""The scale program: see the package."""

import argparse
import asyncio
import math
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from pydantic import SecretStr

from final.core.config import Settings
from final.core.observability.logs import configure_logging
from final.main import create_app
from tests.benchmarks import scale
from tests.benchmarks.scale.data import fill
from tests.benchmarks.scale.measuring import Asker
from tests.benchmarks.scale.questions import questions
from tests.benchmarks.side_by_side import postgresql

FEW, LIMIT = 10_000, 2.0
# So often each is asked, unless that takes too long.
ASKED, SECONDS = 40, 4.0


@dataclass
class Times:
    """How long the answers to one question took, in ms: where there is little, and where much."""

    few: list[float] = field(default_factory=list)
    many: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Return many x few, by the medians."""
        return statistics.median(self.many) / statistics.median(self.few)

    def line(self, name: str) -> str:
        """Write a line of the table."""
        cells = [f"{value:9.2f}" for times in (self.few, self.many) for value in summary(times)]
        return f"{name:46}{''.join(cells)}{self.ratio:8.2f}"


def summary(times: list[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile."""
    return statistics.median(times), sorted(times)[math.ceil(len(times) * 0.99) - 1]


@contextmanager
def databases(kind: str, sizes: tuple[int, int], kept: Path | None) -> Iterator[list[str]]:
    """Yield the URLs of databases of two sizes, in a folder that is kept or not."""
    with ExitStack() as stack:
        folder = kept or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        names = [f"rows_{rows}" for rows in sizes]
        if kind == "sqlite":
            yield [f"sqlite:///{folder}/{name}.db" for name in names]
            return
        server = stack.enter_context(postgresql(kept and folder / "postgresql"))
        asyncio.run(create_databases(server, names))
        yield [urlsplit(server)._replace(path=f"/{name}").geturl() for name in names]


async def create_databases(server: str, names: list[str]) -> None:
    """Make the databases that are not there, on a server whose data a crash may take."""
    connection = await asyncpg.connect(server)
    for setting in ("fsync = off", "full_page_writes = off", "max_wal_size = '16GB'"):
        await connection.execute(f"ALTER SYSTEM SET {setting}")
    await connection.execute("SELECT pg_reload_conf()")
    for name in names:
        if not await connection.fetch("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()


def settings_of(url: str) -> Settings:
    """Describe an app that keeps no answer and logs nothing."""
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=url,
        jwt_secret_key=SecretStr("0123456789abcdef" * 4),
        response_cache=False,
        log_level="ERROR",
    )


@asynccontextmanager
async def running(url: str) -> AsyncIterator[Asker]:
    """Run an app in this process."""
    app = create_app(settings_of(url))
    async with app.router.lifespan_context(app):
        yield Asker(app)


async def measure(
    urls: list[str], sizes: tuple[int, int], only: str, asked: int
) -> dict[str, Times]:
    """Ask both apps in turns; print a line for each question, and the plans of what is slow."""
    few, many = (questions(rows) for rows in sizes)
    table: dict[str, Times] = {}
    async with AsyncExitStack() as stack:
        small, large = [await stack.enter_async_context(running(url)) for url in urls]
        for name in [name for name in few if only in name]:
            times = table[name] = Times()
            await small.ask(few[name]), await large.ask(many[name])  # connects, prepares
            until = time.monotonic() + SECONDS
            while len(times.few) < asked and (not times.few or time.monotonic() < until):
                times.few.append(await small.ask(few[name]))
                times.many.append(await large.ask(many[name]))
            print(times.line(name), flush=True)
        slow = [name for name, times in table.items() if times.ratio > LIMIT]
        for name in slow:
            print(f"\n{name}: {table[name].ratio:.2f}", *await large.explain(many[name]), sep="\n")
    return table


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks scale",
        description=scale.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--database", choices=["postgresql", "sqlite"], help="only this one")
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many links are many")
    parser.add_argument("--few", type=int, default=FEW, help="how many links are few")
    parser.add_argument("--only", default="", help="what the names of the questions contain")
    parser.add_argument("--asked", type=int, default=ASKED, help="how often each is asked")
    parser.add_argument("--data", type=Path, help="a folder in which the databases stay")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> dict[str, dict[str, Times]]:
    """Fill, measure, print; return the times by database and question."""
    options, tables, began = parse(arguments), {}, time.monotonic()
    sizes = (options.few, options.rows)
    for kind in [options.database] if options.database else ["postgresql", "sqlite"]:
        with databases(kind, sizes, options.data) as urls:
            started = time.monotonic()
            for url, rows in zip(urls, sizes, strict=True):
                asyncio.run(fill(settings_of(url), rows))
            print(f"\n{kind}: {sizes[0]} and {sizes[1]} links", end=" ")
            print(f"made in {time.monotonic() - started:.0f} s; p50 and p99 in ms, many x few")
            tables[kind] = asyncio.run(measure(urls, sizes, options.only, options.asked))
    print(f"\ntook {time.monotonic() - began:.0f} s")
    return tables


if __name__ == "__main__":
    configure_logging(settings_of("sqlite://"))
    main()
