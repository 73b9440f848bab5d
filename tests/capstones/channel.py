"""A WebSocket to the app under test, whether it runs in this process or on a server."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.course.exchanges import EXCHANGES, describe
from tests.course.explain import Sent

PATIENCE_SECONDS = 15


class Channel:
    """One end of a WebSocket; it waits for a message, but not for ever."""

    def __init__(self, connection: Any, close_code: int | None = None) -> None:
        self.connection = connection
        # The code with which the app has closed the connection, once it has.
        self.close_code = close_code

    def send(self, message: object) -> None:
        """Send a message as JSON."""
        text = json.dumps(message)
        EXCHANGES.append(Sent(f"sent {text}", ""))
        in_process = hasattr(self.connection, "send_text")
        (self.connection.send_text if in_process else self.connection.send)(text)

    def receive(self) -> Any:
        """Return the next message; fail when none comes."""
        text = self.wait()
        if text is None:
            pytest.fail(f"the app closed the WebSocket ({self.close_code})", pytrace=False)
        return json.loads(text)

    def wait(self) -> str | None:
        """Return the next message, or nothing when the app closes the connection."""
        if self.close_code is not None:
            return None
        try:
            text = self.read()
        except TimeoutError:
            pytest.fail("no message came over the WebSocket", pytrace=False)
        except WebSocketDisconnect as closed:
            self.close_code = closed.code
        except ConnectionClosed as closed:
            self.close_code = closed.rcvd.code if closed.rcvd else 1006
        else:
            EXCHANGES.append(Sent(f"received {text}", ""))
            return text
        EXCHANGES.append(Sent(f"closed with {self.close_code}", ""))
        return None

    def read(self) -> str:
        """Read a message in another thread: the test client of Starlette knows no time-out."""
        if not hasattr(self.connection, "receive_text"):
            return str(self.connection.recv(timeout=PATIENCE_SECONDS))
        reader = ThreadPoolExecutor(1)
        try:
            return str(reader.submit(self.connection.receive_text).result(PATIENCE_SECONDS))
        finally:
            reader.shutdown(wait=False)


@contextmanager
def open_channel(http: httpx2.Client, path: str, headers: dict[str, str]) -> Iterator[Channel]:
    """Open a WebSocket; one that the app refuses to open is one that it has closed."""
    try:
        connection = connect_to(http, path, headers)
        opened = connection.__enter__()
    except WebSocketDisconnect as refused:
        yield Channel(None, refused.code)
        return
    except WebSocketDenialResponse as refused:
        yield Channel(None, refused.status_code)
        return
    except InvalidStatus as refused:
        yield Channel(None, refused.response.status_code)
        return
    except Exception as error:
        pytest.fail(f"WebSocket {path}\n  {describe(error)}", pytrace=False)
    try:
        yield Channel(opened)
    finally:
        connection.__exit__(None, None, None)


def connect_to(http: httpx2.Client, path: str, headers: dict[str, str]) -> Any:
    """Return a connection to enter."""
    if isinstance(http, TestClient):
        return http.websocket_connect(path, headers=headers)
    url = str(http.base_url).replace("http", "ws", 1).rstrip("/")
    return connect(f"{url}{path}", additional_headers=headers)
