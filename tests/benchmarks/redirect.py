"""Measure counted redirects beside a bare FastAPI route that answers 302.

    python -m tests.benchmarks redirect [--postgresql]

Under uvicorn with one worker each, asked in turns by the same client: for one key again and again,
which is answered from memory, and for one key after the other, each of which is looked up.
"""

import argparse
import asyncio
import tempfile
from contextlib import ExitStack
from itertools import cycle

from fastapi import FastAPI, Response

from final.core.config import Settings
from tests.benchmarks.scale.data import fill
from tests.benchmarks.side_by_side import Cases, compare, postgresql, request, serving
from tests.support.ports import free_port

ROUNDS, ROWS = 7, 100_000

bare = FastAPI()


@bare.get("/{key}", status_code=302)
async def redirect(key: str) -> Response:
    """Answer as little as one can."""
    return Response(status_code=302, headers={"Location": f"https://example.com/{key}"})


def main() -> None:
    """Measure in turns and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = f"sqlite:///{folder}/bench.db"
        if options.postgresql:
            url = stack.enter_context(postgresql())
        asyncio.run(fill(Settings(_env_file=None, database_url=url), ROWS))  # type: ignore[call-arg]
        theirs, ours = free_port(), free_port()
        settings = {"DATABASE_URL": url, "JWT_KEY_FILE": f"{folder}/key"}
        stack.enter_context(serving("tests.benchmarks.redirect:bare", theirs))
        stack.enter_context(serving("final.main:app", ours, **settings))
        report(theirs, ours)


def report(theirs: int, ours: int) -> None:
    """Ask for each kind of key in each round."""
    unseen = cycle([request(f"/key{number}") for number in range(1, ROWS + 1)])
    cases: Cases = {
        "bare FastAPI 302": (theirs, request("/key1")),
        "key seen before": (ours, request("/key1")),
        "key not seen": (ours, unseen.__next__),
    }
    compare(cases, ROUNDS)


if __name__ == "__main__":
    main()
