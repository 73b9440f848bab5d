"""How full the app is: connections, event loop, WebSockets, memory; looked at once a second."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from prometheus_client import Gauge
from sqlalchemy import AsyncAdaptedQueuePool
from sqlalchemy.ext.asyncio import AsyncEngine

from final.core.background import alongside

SECONDS = 1.0

POOL_SIZE = Gauge(
    "database_pool_size", "Connections that may be open.", multiprocess_mode="livesum"
)
IN_USE = Gauge(
    "database_connections_in_use", "Connections that are lent.", multiprocess_mode="livesum"
)
WAITING = Gauge(
    "database_connections_waiting", "Who waits for a connection.", multiprocess_mode="livesum"
)
LAG = Gauge(
    "event_loop_lag_seconds",
    "How late the event loop of the slowest worker was.",
    multiprocess_mode="livemax",
)
WEBSOCKETS = Gauge("websockets_open", "WebSockets that are open.", multiprocess_mode="livesum")
MEMORY = Gauge(
    "worker_resident_memory_bytes", "Memory of each worker.", multiprocess_mode="liveall"
)
BUILD = Gauge("linkhub_build_info", "1.", ["version", "python"], multiprocess_mode="livemax")


class MeteredPool(AsyncAdaptedQueuePool):
    """A pool that says how many are waiting."""

    def _do_get(self) -> Any:
        with WAITING.track_inprogress():
            return super()._do_get()


@asynccontextmanager
async def sampled(engine: AsyncEngine, version: str) -> AsyncIterator[None]:
    """Look at an app until the block ends."""
    BUILD.labels(version, ".".join(map(str, sys.version_info[:3]))).set(1)
    async with alongside(sample_forever(engine.pool)):
        yield


async def sample_forever(pool: Any) -> None:
    """Look once a second; how late one gets to it is the lag."""
    while True:
        POOL_SIZE.set(pool.size())
        IN_USE.set(pool.checkedout())
        MEMORY.set(resident_bytes())
        asleep = time.monotonic()
        await asyncio.sleep(SECONDS)
        LAG.set(max(0, time.monotonic() - asleep - SECONDS))


def resident_bytes() -> int:
    """Return the memory of this process, where the system tells it."""
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0
