"""Waiting for a service that may be away: briefly, once, and never while it is known to be away."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from final.core.logging import get_logger

logger = get_logger(__name__)

T = TypeVar("T")
Call = Callable[[], Awaitable[T]]

PATIENCE_SECONDS = 0.5
PROBE_SECONDS = 0.5


class ServiceAway(Exception):  # noqa: N818 - it is a state, and callers have an answer to it
    """The service does not answer; do without it."""


class Circuit:
    """Calls to one service: the first that fails sends all others their own way at once.

    A task of its own asks whether the service is back, so that no request waits to find out. What
    is to be put right first, `on_return` does: only when it has succeeded are calls let through.
    """

    def __init__(self, name: str, failure: type[Exception], on_return: Call[object]) -> None:
        """Trust the service until it fails, with its own kind of failure or none in time."""
        self.name = name
        self.failures = (failure, OSError, TimeoutError)
        self.on_return = on_return
        self.recovery: asyncio.Task[None] | None = None

    async def call(self, work: Call[T]) -> T:
        """Return what the service answers, or raise `ServiceAway`."""
        if self.recovery is not None:
            raise ServiceAway
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await work()
        except self.failures as error:
            self.open(error)
            raise ServiceAway from error

    def open(self, error: Exception) -> None:
        """Stop asking, and begin to wait for the service's return."""
        if self.recovery is None:
            logger.warning("service away", service=self.name, error=str(error) or repr(error))
            self.recovery = asyncio.create_task(self._recover())

    async def close(self) -> None:
        """Stop waiting."""
        if self.recovery is not None:
            self.recovery.cancel()
            with suppress(asyncio.CancelledError):
                await self.recovery

    async def _recover(self) -> None:
        while not await self._is_back():  # noqa: ASYNC110 - nobody could set an event
            await asyncio.sleep(PROBE_SECONDS)
        self.recovery = None
        logger.warning("service back", service=self.name)

    async def _is_back(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.on_return()
        except self.failures:
            return False
        return True
