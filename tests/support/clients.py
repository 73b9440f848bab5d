"""People at servers that run elsewhere, over real sockets."""

import json
from typing import Any

import httpx2 as httpx
from websockets.sync.client import ClientConnection, connect

from tests.support.posts import POST, POSTS
from tests.support.server import PASSWORD


def sign_up(client: httpx.Client, name: str = "ada") -> dict[str, str]:
    """Open an account; return the headers of its requests."""
    form = {"username": name, "password": PASSWORD}
    answer = client.post("/auth/register", json=form | {"email": f"{name}@example.com"})
    assert answer.status_code == 201, answer.text
    token = client.post("/auth/token", data=form).json()
    return {"Authorization": f"Bearer {token['access_token']}"}


def listen(client: httpx.Client) -> ClientConnection:
    """Subscribe to the announcements of one server."""
    return connect(f"ws://{client.base_url.host}:{client.base_url.port}/ws")


def post(client: httpx.Client, headers: dict[str, str], title: str) -> None:
    """Write a post."""
    answer = client.post(POSTS, json=POST | {"title": title}, headers=headers)
    assert answer.status_code == 201


def hear(listener: ClientConnection, seconds: float = 20) -> list[str]:
    """Return the title that is announced next, or nothing if none is in time."""
    try:
        message: Any = json.loads(listener.recv(timeout=seconds))
    except TimeoutError:
        return []
    return [message["post"]["title"]]
