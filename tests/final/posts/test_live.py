"""`/ws`: each new post once, to everyone, and nobody is harmed by a listener who sleeps."""

import asyncio
import logging
from typing import Any

import pytest
from starlette.types import Message
from starlette.websockets import WebSocketDisconnect

from final.core.shared import pubsub as pubsub
from final.core.shared.pubsub import PubSub
from tests.support.posts import POSTS, write
from tests.support.server import Person, Server


def patch(server: Server, who: Person, post_id: int, **changes: Any) -> None:
    """Change a post."""
    response = server.call("PATCH", f"{POSTS}/{post_id}", who, json=changes)
    assert response.status_code == 200


def hear(socket: Any, count: int) -> list[str]:
    """Receive so many announcements; return the titles."""
    messages = [socket.receive_json() for _ in range(count)]
    assert {message["type"] for message in messages} == {"post.created"}
    return [message["post"]["title"] for message in messages]


def test_tells_what_a_reader_may_see(server: Server, ada: Person) -> None:
    with server.client.websocket_connect("/ws") as socket:
        post = write(server, ada)
        message = socket.receive_json()
    del post["content"]
    assert message == {"type": "post.created", "post": post}


@pytest.mark.parametrize("path", ["/ws", "/ws/", "/api/v1/ws"])
def test_every_subscriber_hears_each_post_once(server: Server, ada: Person, path: str) -> None:
    connect = server.client.websocket_connect
    with connect(path) as one, connect(path) as other:
        for title in ("First", "Second", "Third"):
            write(server, ada, title)
        assert hear(one, 3) == hear(other, 3) == ["First", "Second", "Third"]


def test_drafts_are_announced_when_published_and_only_then(server: Server, ada: Person) -> None:
    with server.client.websocket_connect("/ws") as socket:
        draft = write(server, ada, "Draft", published=False)["id"]
        patch(server, ada, draft, title="Finished")
        write(server, ada, "Other")
        for published in (True, False, True):
            patch(server, ada, draft, published=published)
        write(server, ada, "Last")
        assert hear(socket, 3) == ["Other", "Finished", "Last"]


def test_publishing_twice_at_once_is_one_announcement(server: Server, ada: Person) -> None:
    with server.client.websocket_connect("/ws") as socket:
        draft = write(server, ada, "Draft", published=False)["id"]
        request = {
            "method": "PATCH",
            "url": f"{POSTS}/{draft}",
            "json": {"published": True},
            "headers": ada.headers,
        }
        server.at_once(*[request] * 8)
        write(server, ada, "Last")
        assert hear(socket, 2) == ["Draft", "Last"]


def test_what_a_listener_says_is_not_heeded(server: Server, ada: Person) -> None:
    with server.client.websocket_connect("/ws") as socket:
        socket.send_text("{")
        socket.send_bytes(b"\xff\x00")
        write(server, ada)
        assert hear(socket, 1) == ["Hello there"]


def test_who_leaves_is_forgotten(server: Server, ada: Person) -> None:
    for _ in range(3):
        with server.client.websocket_connect("/ws"):
            assert len(server.resources.pubsub.subscribers) == 1
    assert server.resources.pubsub.subscribers == set()
    write(server, ada)


def test_a_sleeper_is_let_go_and_harms_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pubsub, "BACKLOG", 2)

    async def run() -> list[str]:
        exchange = PubSub(None)
        async with exchange.subscribe("x") as sleeper, exchange.subscribe("x") as listener:
            heard = []
            for number in range(5):
                await exchange.publish("x", {"n": number})
                heard.append(await listener.messages.get())
            assert sleeper.dropped.is_set()
            assert exchange.subscribers == {listener}
            return heard

    assert asyncio.run(run()) == [f'{{"n": {number}}}' for number in range(5)]


def test_who_is_let_go_is_told(
    server: Server, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server.client.websocket_connect("/ws") as socket:
        (subscriber,) = server.resources.pubsub.subscribers
        server.run(subscriber.dropped.set)
        with pytest.raises(WebSocketDisconnect) as goodbye:
            socket.receive_json()
        assert goodbye.value.code == 1013


class TestEffects:
    @pytest.mark.parametrize("task", ["announce_post", "index_post"])
    def test_one_that_fails_is_logged_and_harms_no_answer(
        self,
        server: Server,
        ada: Person,
        task: str,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        async def broken(*_: object) -> None:
            raise RuntimeError("out of order")

        monkeypatch.setattr(f"final.posts.effects.{task}", broken)
        with server.client.websocket_connect("/ws") as socket:
            write(server, ada, "Unlucky")
            heard = [] if task == "announce_post" else hear(socket, 1)
        found = server.get(f"{POSTS}?q=unlucky").json()["total"]
        assert (len(heard), found) == ((0, 1) if task == "announce_post" else (1, 0))
        assert "after-commit effect failed" in caplog.text
        assert "out of order" in caplog.text

    @pytest.mark.parametrize("path", ["/auth/register", "/api/auth/register", "/api/v1/users"])
    def test_whoever_signs_up_is_welcomed(
        self, server: Server, path: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        body = {"username": "eve", "email": "eve@example.com", "password": "four unrelated words"}
        with caplog.at_level(logging.INFO):
            user_id = server.client.post(path, json=body).json()["id"]
            server.run(server.resources.background.wait)
            assert server.client.post(path, json=body).status_code == 409
        letters = [line for line in caplog.messages if "welcome e-mail sent" in line]
        assert len(letters) == 1
        assert f"'user_id': {user_id}" in letters[0]
        assert "eve@example.com" not in caplog.text


def test_a_connection_that_takes_nothing_is_ended(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pubsub, "BACKLOG", 2)
    accepted = asyncio.Event()
    words: list[Message] = [{"type": "websocket.connect"}]

    async def receive() -> Message:
        return words.pop() if words else await asyncio.Future()

    async def send(message: Message) -> None:
        if message["type"] != "websocket.accept":
            await asyncio.Future()  # the line is full, and stays so
        accepted.set()

    async def run() -> None:
        scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b""}
        handler = asyncio.create_task(server.app(scope, receive, send))
        await accepted.wait()
        for number in range(5):
            await server.resources.pubsub.publish("posts", {"n": number})
            await asyncio.sleep(0.01)
        await asyncio.wait_for(handler, 5)

    server.run(run)
    assert server.resources.pubsub.subscribers == set()
