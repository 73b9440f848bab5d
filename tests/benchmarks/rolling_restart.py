"""Replace two replicas behind the proxy one after the other while people use them.

    python -m tests.benchmarks.rolling_restart [--rounds 5]

Each replica is gunicorn as the image runs it, stopped by SIGTERM and started anew; the proxy is
Caddy with the file of the installation. A round replaces both, again and again until there were
enough requests meanwhile. Printed is how many a round had, and how many of them failed.
"""

import argparse
import secrets
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue

import httpx2 as httpx

from tests.support.ports import free_port
from tests.support.processes import environment_for, wait_until_ready
from tests.support.programs import Command
from tests.support.proxy import CADDY, HOSTS, proxy
from tests.support.server import PASSWORD

CLIENTS = 6
REQUESTS = 5_000


class Replica:
    """A replica that can be replaced."""

    def __init__(self, environment: dict[str, str], host: str, port: int) -> None:
        """Start it."""
        self.environment, self.address = environment, f"{host}:{port}"
        self.start()

    def start(self) -> None:
        """Run gunicorn until it is ready."""
        options = ["--config", "final/gunicorn.conf.py", "--bind", self.address, "final.main:app"]
        self.process = Command([sys.executable, "-m", "gunicorn", *options], self.environment)
        with httpx.Client(base_url=f"http://{self.address}", timeout=30) as client:
            wait_until_ready(client, self.process)

    def stop(self) -> None:
        """Stop it as Docker does, and wait until it is gone."""
        self.process.terminate()
        self.process.wait(60)

    def replace(self) -> None:
        """Stop it, then start the next version."""
        self.stop()
        self.start()


@contextmanager
def installation(folder: Path) -> Iterator[tuple[int, list[Replica]]]:
    """Run the replicas and the proxy; yield its port and them."""
    port = free_port()
    environment = environment_for(
        f"sqlite:///{folder / 'linkhub.db'}",
        JWT_SECRET_KEY=secrets.token_hex(32),
        DRAIN_SECONDS="3",
        WEB_CONCURRENCY="1",
        TMPDIR=str(folder),
    )
    with ExitStack() as stack:
        replicas = [Replica(environment, host, port) for host in HOSTS]
        for replica in replicas:
            stack.callback(replica.stop)
        yield stack.enter_context(proxy(folder, port)), replicas


def sign_up(client: httpx.Client) -> None:
    """Give a client an account of its own."""
    form = {"username": f"user{secrets.token_hex(4)}", "password": PASSWORD}
    client.post("/auth/register", json=form | {"email": f"{form['username']}@example.com"})
    token = client.post("/auth/token", data=form).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"


def use(port: int, done: threading.Event, outcomes: SimpleQueue[str]) -> None:
    """Read, write and follow links until told to stop; note what became of it."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        sign_up(client)
        while not done.is_set():
            url = f"https://example.com/{secrets.token_hex(8)}"
            for request in (
                ("POST", "/links", {"title": "Title", "url": url}),
                ("GET", "/links", None),
                ("GET", "/api/v1/posts", None),
                ("GET", "/users/me", None),
            ):
                outcomes.put(outcome_of(client, *request))


def outcome_of(client: httpx.Client, method: str, path: str, body: object) -> str:
    """Send a request; say `ok`, or what went wrong."""
    try:
        status = client.request(method, path, json=body).status_code
    except httpx.TransportError as error:
        return f"{method} {type(error).__name__}"
    return "ok" if status < 400 else f"{method} {status}"


def roll(
    port: int, replicas: list[Replica], clients: int = CLIENTS, at_least: int = REQUESTS
) -> Counter[str]:
    """Replace all replicas under load; return what became of the requests."""
    done, outcomes = threading.Event(), SimpleQueue[str]()
    with ThreadPoolExecutor(clients) as pool:
        jobs = [pool.submit(use, port, done, outcomes) for _ in range(clients)]
        try:
            while outcomes.qsize() < at_least:
                for replica in replicas:
                    replica.replace()
        finally:
            done.set()
    for job in jobs:
        job.result()
    return Counter(outcomes.get() for _ in range(outcomes.qsize()))


def main() -> None:
    """Run as many rounds as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    if not CADDY:
        raise SystemExit("caddy is not installed")
    with tempfile.TemporaryDirectory() as folder, installation(Path(folder)) as running:
        for number in range(1, rounds + 1):
            outcomes = roll(*running)
            failed = {what: count for what, count in outcomes.items() if what != "ok"}
            print(f"round {number}: {outcomes.total()} requests, failed: {failed or 0}", flush=True)


if __name__ == "__main__":
    main()
