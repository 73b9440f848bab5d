"""Measure a counted redirect beside a bare FastAPI route that answers 302.

    python -m tests.benchmarks.redirect

Both run under uvicorn with one worker, are asked in turns by the same client, and the medians of
several rounds are compared: absolute figures depend on the machine, ratios hardly do.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
from fastapi import FastAPI, Response

ROOT = Path(__file__).parents[2]
ROUNDS, SECONDS, CONNECTIONS = 5, 2.0, 16
PORTS = {"bare": 8931, "final": 8932}

bare = FastAPI()


@bare.get("/{key}", status_code=302)
async def redirect(key: str) -> Response:
    """Answer as little as one can."""
    return Response(status_code=302, headers={"Location": f"https://example.com/{key}"})


@contextmanager
def serving(app: str, port: int, **environment: str) -> Iterator[None]:
    """Run an app."""
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--no-access-log"]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            process.terminate()


def make_link(base: str) -> None:
    """Wait for the app, sign up and make a link."""
    account = {"username": "bench", "email": "b@example.com", "password": "four unrelated words"}
    with httpx.Client(base_url=base, transport=httpx.HTTPTransport(retries=20)) as client:
        client.post("/auth/register", json=account)
        token = client.post("/auth/token", data=account).json()["access_token"]
        client.post(
            "/shorten/",
            json={"original_url": "https://example.com/", "alias": "bench", "title": "x"},
            headers={"Authorization": f"Bearer {token}"},
        )


async def ask(port: int, key: str, until: float) -> int:
    """Ask over one connection until the time is over; return how often."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET /{key} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    answered = 0
    while time.monotonic() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 302"), head
        answered += 1
    writer.close()
    return answered


async def measure(port: int, key: str) -> float:
    """Return requests per second."""
    until = time.monotonic() + SECONDS
    counts = await asyncio.gather(*(ask(port, key, until) for _ in range(CONNECTIONS)))
    return sum(counts) / SECONDS


def wait_for(port: int) -> None:
    """Wait until something listens."""
    for _ in range(100):
        try:
            httpx.get(f"http://127.0.0.1:{port}/docs")
            return
        except httpx.TransportError:
            time.sleep(0.1)


def main() -> None:
    """Measure in turns and print the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"DATABASE_URL": f"sqlite:///{folder}/bench.db", "BCRYPT_ROUNDS": "4"}
        with (
            serving("tests.benchmarks.redirect:bare", PORTS["bare"]),
            serving("final.main:app", PORTS["final"], **settings),
        ):
            for port in PORTS.values():
                wait_for(port)
            make_link(f"http://127.0.0.1:{PORTS['final']}")
            rates: dict[str, list[float]] = {name: [] for name in PORTS}
            for _ in range(ROUNDS):
                for name, port in PORTS.items():
                    rates[name].append(asyncio.run(measure(port, "bench")))
    for name, values in rates.items():
        print(f"{name:6}{statistics.median(values):8.0f} requests/s")
    ratios = [ours / theirs for ours, theirs in zip(rates["final"], rates["bare"], strict=True)]
    print(f"counted redirect: {statistics.median(ratios):.2f} x bare FastAPI 302")


if __name__ == "__main__":
    main()
