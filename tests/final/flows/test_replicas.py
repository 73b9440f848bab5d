"""Two real replicas that share a database and Redis, and the real proxy in front of them."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from operator import gt
from pathlib import Path

import httpx2 as httpx
import pytest
from websockets.sync.client import connect

from tests.support.clients import hear, listen, post, sign_up
from tests.support.metrics import samples
from tests.support.ports import free_port
from tests.support.posts import POST, POSTS
from tests.support.processes import environment_for, stop, uvicorn, wait_until_ready
from tests.support.programs import Program
from tests.support.proxy import CADDY, HOSTS, proxy
from tests.support.redis_server import Redis, wait_for_listeners
from tests.support.server import SECRET, wait_for

# How many writes of one kind of caller there may be: more than any test here needs.
LIMIT = 100

needs_caddy = pytest.mark.skipif(not CADDY, reason="caddy is not installed")


class Replica:
    """A server that may be killed, and is started again."""

    def __init__(self, environment: dict[str, str], host: str, port: int) -> None:
        """Start it."""
        self.environment, self.host, self.port = environment, host, port
        self.client = httpx.Client(base_url=f"http://{host}:{port}", timeout=30)
        self.program = self.begin()

    def begin(self) -> Program:
        """Run it until it is ready."""
        program = uvicorn(self.environment, "--host", self.host, "--port", str(self.port))
        wait_until_ready(self.client, program)
        return program

    @contextmanager
    def killed(self) -> Iterator[None]:
        """Take it away for a while."""
        self.program.send_signal(signal.SIGKILL)
        self.program.wait()
        try:
            yield
        finally:
            self.program = self.begin()

    def close(self) -> None:
        """Stop it with care."""
        self.client.close()
        stop(self.program)


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    """Start the Redis that the replicas share."""
    with closing(Redis()) as redis:
        yield redis


@pytest.fixture(scope="module")
def replicas(
    redis: Redis, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Replica]]:
    """Start two replicas, each with one connection for writers."""
    file = tmp_path_factory.mktemp("replicas") / "shared.db"
    file.write_bytes(sqlite_template.read_bytes())
    port = free_port()
    environment = environment_for(
        f"sqlite:///{file}",
        REDIS_URL=redis.url,
        JWT_SECRET_KEY=SECRET,
        TRUSTED_PROXIES="127.0.0.1",
        WRITE_RATE_LIMIT=f"{LIMIT}/day",
        DATABASE_POOL_SIZE="1",
    )
    with ExitStack() as stack:
        replicas = [stack.enter_context(closing(Replica(environment, h, port))) for h in HOSTS]
        wait_for_listeners(redis.port, len(replicas))
        yield replicas


@pytest.fixture(scope="module")
def entrance(replicas: list[Replica], tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Run the proxy; return its port."""
    with proxy(tmp_path_factory.mktemp("proxy"), replicas[0].port) as port:
        yield port


@pytest.fixture
def visit(entrance: int) -> Callable[[str], httpx.Client]:
    """Return a function that makes a client which comes from an address."""

    def visit(address: str) -> httpx.Client:
        transport = httpx.HTTPTransport(local_address=address)
        url = f"http://127.0.0.1:{entrance}"
        return httpx.Client(base_url=url, transport=transport, timeout=30)

    return visit


def served(replica: Replica) -> float:
    """Return how often a replica has answered at its root."""
    text = replica.client.get("/metrics").text
    return samples(text, "http_requests_total").get(("GET", "/", "200"), 0)


class TestSharing:
    def test_listeners_of_every_replica_hear_every_post_once(
        self, replicas: list[Replica], redis: Redis
    ) -> None:
        one, other = (replica.client for replica in replicas)
        headers = sign_up(one, "ada")
        with listen(one) as here, listen(other) as there:
            for client, title in ((one, "From one"), (other, "From the other"), (one, "Again")):
                post(client, headers, title)
                assert [hear(here), hear(there)] == [[title]] * 2

    def test_without_redis_neighbours_still_hear_and_with_it_everyone_again(
        self, replicas: list[Replica], redis: Redis
    ) -> None:
        one, other = (replica.client for replica in replicas)
        headers = sign_up(one, "bob")
        with listen(one) as here, listen(other) as there:
            redis.kill()
            post(one, headers, "Alone")
            assert hear(here) == ["Alone"]
            redis.restart()
            wait_for_listeners(redis.port, 2)
            post(one, headers, "Together")
            assert hear(here) == hear(there) == ["Together"]

    def test_readers_who_leave_an_export_keep_no_connection(self, replicas: list[Replica]) -> None:
        client = replicas[0].client
        headers = sign_up(client, "eve")
        for _ in range(40):
            body = POST | {"content": "x" * 90_000}
            assert client.post(POSTS, json=body, headers=headers).status_code == 201
        for _ in range(5):
            with socket.create_connection((HOSTS[0], replicas[0].port)) as reader:
                reader.sendall(f"GET {POSTS}/export HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                assert reader.recv(15) == b"HTTP/1.1 200 OK"
        assert client.get(POSTS, params={"author": "eve"}).json()["total"] == 40


@needs_caddy
class TestProxy:
    def test_requests_are_shared_out_and_numbers_stay_inside(
        self, replicas: list[Replica], visit: Callable[[str], httpx.Client]
    ) -> None:
        begun = [served(replica) for replica in replicas]
        with visit("127.0.0.1") as visitor:
            # One that had died a moment ago is passed over for a while yet.
            wait_for(lambda: visitor.get("/") and all(map(gt, map(served, replicas), begun)))
            before = [served(replica) for replica in replicas]
            assert {visitor.get("/").status_code for _ in range(40)} == {200}
            inside = ("/metrics", "/metrics/", "/METRICS", "/./metrics", "/health/ready")
            assert {visitor.get(path).status_code for path in inside} == {404}
        counts = [served(replica) - old for replica, old in zip(replicas, before, strict=True)]
        assert sum(counts) == 40
        assert min(counts) > 0

    @pytest.mark.parametrize("address", ["127.0.0.8", "127.0.0.9"])
    def test_each_visitor_counts_under_an_address_that_cannot_be_forged(
        self, visit: Callable[[str], httpx.Client], address: str
    ) -> None:
        with visit(address) as visitor:
            answers = [
                visitor.post("/health", headers={"X-Forwarded-For": f"1.2.3.{number}"}).status_code
                for number in range(LIMIT + 1)
            ]
        assert answers == [405] * LIMIT + [429]

    def test_websockets_pass_and_hear_posts_of_both_replicas(
        self, visit: Callable[[str], httpx.Client], entrance: int
    ) -> None:
        with visit("127.0.0.1") as visitor, ExitStack() as stack:
            headers = sign_up(visitor, "fay")
            url = f"ws://127.0.0.1:{entrance}/ws"
            listeners = [stack.enter_context(connect(url)) for _ in range(4)]
            for title in ("First", "Second"):
                post(visitor, headers, title)
                assert [hear(listener) for listener in listeners] == [[title]] * 4

    def test_a_replica_that_dies_is_passed_over(
        self, replicas: list[Replica], visit: Callable[[str], httpx.Client]
    ) -> None:
        one_by_one = {"Connection": "close"}
        with visit("127.0.0.1") as visitor, replicas[1].killed():
            answers = {visitor.get("/", headers=one_by_one).status_code for _ in range(30)}
        assert answers == {200}
