"""Work that nobody waits for, and that cannot spoil an answer: letters, fetching, announcing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, ParamSpec

from sqlalchemy.exc import DBAPIError

from final.core.errors import Unavailable
from final.core.observability.logs import get_logger

P = ParamSpec("P")
logger = get_logger(__name__)

# How long a stopping app waits for what is under way.
PATIENCE_SECONDS = 3


class Background:
    """The tasks of an app; they go on when the request that began them has ended, however it did.

    What belongs to a write is begun by `on_commit(session, background.start, work, ...)`.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.tasks: set[asyncio.Task[Any]] = set()

    async def start(
        self, work: Callable[P, Awaitable[object]], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Begin work; what it needs from the database it reads in a session of its own."""
        task = asyncio.create_task(run(work, *args, **kwargs))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def wait(self, seconds: float | None = None) -> None:
        """Wait until everything that was begun is done, but not longer than so many seconds."""
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=seconds)

    async def close(self) -> None:
        """Let work end that is nearly done; cut the rest."""
        await self.wait(PATIENCE_SECONDS)
        for task in self.tasks:
            task.cancel()
        await self.wait()


async def run(work: Callable[P, Awaitable[object]], *args: P.args, **kwargs: P.kwargs) -> None:
    """Do work; a failure is logged."""
    try:
        await work(*args, **kwargs)
    except (Unavailable, DBAPIError) as error:  # no fault of ours
        logger.error("background task failed", task=work.__name__, error=str(error)[:200])
    except Exception:
        logger.exception("background task failed", task=work.__name__)


@asynccontextmanager
async def alongside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do work for as long as the block lasts; what goes wrong with it is raised at the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await end(task)
        if not task.cancelled():
            task.result()


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end.

    Once is not always enough: a library that is just done waiting may swallow the cancellation,
    as `asyncio.wait_for` of Python 3.11 does.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.01)
