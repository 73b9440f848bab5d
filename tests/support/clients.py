"""People at servers that run elsewhere, over real sockets."""

import json
from typing import Any

import httpx2 as httpx
from websockets.sync.client import ClientConnection, connect

from tests.support.posts import POST, POSTS
from tests.support.server import PASSWORD


def sign_up(client: httpx.Client) -> dict[str, str]:
    """Open an account; return the headers of its requests."""
    body = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
    assert client.post("/auth/register", json=body).status_code == 201
    token = client.post("/auth/token", data={"username": "ada", "password": PASSWORD}).json()
    return {"Authorization": f"Bearer {token['access_token']}"}


def listen(client: httpx.Client) -> ClientConnection:
    """Subscribe to the announcements of one server."""
    return connect(f"ws://127.0.0.1:{client.base_url.port}/ws")


def post(client: httpx.Client, headers: dict[str, str], title: str) -> None:
    """Write a post."""
    answer = client.post(POSTS, json=POST | {"title": title}, headers=headers)
    assert answer.status_code == 201


def hear(listener: ClientConnection, seconds: float = 20) -> list[str]:
    """Return the titles that are announced until there is silence."""
    heard = []
    try:
        while True:
            message: Any = json.loads(listener.recv(timeout=seconds))
            heard.append(message["post"]["title"])
            seconds = 0.5
    except TimeoutError:
        return heard
