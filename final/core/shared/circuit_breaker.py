"""Waiting for a service that may be away: briefly, once, and never while it is known to be away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from final.core.background import end
from final.core.observability.logs import get_logger

logger = get_logger(__name__)

T = TypeVar("T")
Call = Callable[[], Awaitable[T]]

PATIENCE_SECONDS = 0.5
PROBE_SECONDS = 0.5


class CircuitOpenError(Exception):
    """The service does not answer; do without it."""


class CircuitBreaker:
    """Calls to one service: the first that fails sends all others their own way at once.

    A task of its own asks whether the service is back, so that no request waits to find out. What
    is to be put right first, `catch_up` does: only when it has succeeded are calls let through.
    """

    def __init__(
        self, name: str, failures: tuple[type[Exception], ...], probe: Call[object]
    ) -> None:
        """Trust the service until it fails, with its own kinds of failure or none in time."""
        self.name = name
        self.failures: tuple[type[Exception], ...] = (*failures, TimeoutError)
        self.probe = probe
        self.catch_up: Call[object] = probe
        self.recovery: asyncio.Task[None] | None = None

    async def call(self, work: Call[T]) -> T:
        """Return what the service answers, or raise `CircuitOpenError`."""
        if self.recovery is not None:
            raise CircuitOpenError
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await work()
        except self.failures as error:
            self.open(error)
            raise CircuitOpenError from error

    def open(self, error: Exception) -> None:
        """Stop asking, and begin to wait for the service's return."""
        if self.recovery is None:
            logger.warning("service away", service=self.name, error=str(error) or repr(error))
            self.recovery = asyncio.create_task(self._recover())

    async def until_back(self) -> None:
        """Wait for the return of a service that is away."""
        if self.recovery is not None:
            await asyncio.wait([self.recovery])

    async def close(self) -> None:
        """Stop waiting."""
        if self.recovery is not None:
            await end(self.recovery)

    async def _recover(self) -> None:
        while not await self._is_back():  # noqa: ASYNC110 - nobody could set an event
            await asyncio.sleep(PROBE_SECONDS)
        self.recovery = None
        logger.warning("service back", service=self.name)

    async def _is_back(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.probe()
                await self.catch_up()  # the last step: nothing is missed between it and the return
        except self.failures:
            return False
        return True
