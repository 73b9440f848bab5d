"""What follows a transaction: registered in one way, done once it is committed, else never.

Whatever becomes of the request afterwards, its effects happen: they belong to the commit. So no
list shows what was deleted only because a file could not be removed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import ParamSpec

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.observability.logs import get_logger

P = ParamSpec("P")
logger = get_logger(__name__)

EFFECTS = "effects"
# The event loop itself would let go of a task that nobody waits for any longer.
running: set[asyncio.Task[None]] = set()


def on_commit(
    session: AsyncSession, effect: Callable[P, Awaitable[object]], *args: P.args, **kwargs: P.kwargs
) -> None:
    """Have something done as soon as the session has committed, and not at all if it has not.

    Effects come one after the other, as they were registered. One that fails is logged and disturbs
    neither the others nor the answer. What an effect needs from the database it reads in a session
    of its own.
    """
    effects_of(session).add(partial(effect, *args, **kwargs))


def effects_of(session: AsyncSession) -> "Effects":
    """Return what is kept of a session's effects, from the first of them on."""
    if EFFECTS not in session.info:
        session.info[EFFECTS] = Effects(session.sync_session)
    effects: Effects = session.info[EFFECTS]
    return effects


def has_effects(session: AsyncSession) -> bool:
    """Tell whether anything waits for a commit, even if there is nothing to be committed."""
    return EFFECTS in session.info


async def settle(session: AsyncSession) -> None:
    """Wait for the effects of what was committed: whoever gets the answer meets them."""
    effects: Effects | None = session.info.get(EFFECTS)
    if effects is not None:
        for task in effects.tasks:
            await asyncio.shield(task)


class Effects:
    """The effects of one session: those that wait for its commit, and those under way."""

    def __init__(self, session: Session) -> None:
        """Listen to what becomes of the session's transactions."""
        self.session = session
        self.pending: list[tuple[partial[Awaitable[object]], list[SessionTransaction]]] = []
        self.tasks: list[asyncio.Task[None]] = []
        event.listen(session, "after_commit", self.start)
        event.listen(session, "after_soft_rollback", self.drop)

    def add(self, effect: partial[Awaitable[object]]) -> None:
        """Keep an effect, together with the savepoints that it depends on."""
        savepoint, savepoints = self.session.get_nested_transaction(), []
        while savepoint is not None and savepoint.nested:
            savepoints.append(savepoint)
            savepoint = savepoint.parent
        self.pending.append((effect, savepoints))

    def start(self, session: Session) -> None:
        """Start what was waiting, unless it was only a savepoint that ended."""
        if session.in_nested_transaction() or not self.pending:
            return
        effects, self.pending = [effect for effect, _ in self.pending], []
        task = asyncio.get_running_loop().create_task(run_all(effects))
        self.tasks.append(task)
        running.add(task)
        task.add_done_callback(running.discard)

    def drop(self, _session: Session, rolled_back: SessionTransaction) -> None:
        """Forget what belongs to a transaction, or to a savepoint, that was rolled back."""
        self.pending = [
            (effect, savepoints)
            for effect, savepoints in self.pending
            if rolled_back.nested and rolled_back not in savepoints
        ]


async def run_all(effects: list[partial[Awaitable[object]]]) -> None:
    """Run effects one after the other; a failure is logged."""
    for effect in effects:
        try:
            await effect()
        except Exception:
            logger.exception("after-commit effect failed", effect=effect.func.__qualname__)
