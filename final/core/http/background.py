"""Work that waits until the answer is out, and cannot spoil it."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, ParamSpec

from fastapi import BackgroundTasks, Depends

from final.core.observability.logs import get_logger

P = ParamSpec("P")
logger = get_logger(__name__)


class Background:
    """The tasks of one request; they run after its commit and its answer, one after the other."""

    def __init__(self, tasks: BackgroundTasks) -> None:
        """Take FastAPI's list of tasks."""
        self.tasks = tasks

    def add(self, work: Callable[P, Awaitable[None]], *args: P.args, **kwargs: P.kwargs) -> None:
        """Remember work; what it needs from the database it reads in a session of its own."""
        self.tasks.add_task(run_logged, work.__name__, partial(work, *args, **kwargs))


async def run_logged(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work; a failure is logged and keeps no other task from running."""
    try:
        await work()
    except Exception:
        logger.exception("background task failed", task=name)


BackgroundDep = Annotated[Background, Depends()]
