"""Logs: one JSON object a line, numbered by request, without a secret."""

import io
import json
import logging
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from final.core.config import Settings
from final.core.observability.logs import HANDLER, make_formatter
from final.main import create_app
from tests.support.server import PASSWORD, Server, make_settings


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    """Return settings that log everything as JSON."""
    return make_settings(sqlite_url, log_level="INFO", log_format="json")


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """Build an app with a route that breaks."""
    app = create_app(settings)

    @app.get("/broken")
    async def break_down() -> None:
        raise RuntimeError("first line\nsecond line")

    return app


@pytest.fixture
def output(client: TestClient) -> io.StringIO:
    """Return what the running app writes."""
    (handler,) = (handler for handler in logging.getLogger().handlers if handler.name == HANDLER)
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    handler.setStream(stream)
    return stream


def lines(output: io.StringIO, event: str | None = None) -> list[dict[str, Any]]:
    """Read the lines about an event, or all."""
    parsed = [json.loads(line) for line in output.getvalue().splitlines()]
    return [line for line in parsed if event in (None, line["event"])]


def test_each_request_is_one_line(server: Server, output: io.StringIO) -> None:
    request_id = server.client.head("/users/", headers={"X-Request-ID": "abc"})
    (line,) = lines(output, "request")
    assert line.items() >= {"method": "HEAD", "path": "/users/", "status": 200}.items()
    assert line["correlation_id"] == request_id.headers["X-Request-ID"] == "abc"
    assert {"timestamp", "level", "logger", "duration_ms", "client"} <= line.keys()


def test_a_request_id_is_on_every_line_about_the_request(
    server: Server, output: io.StringIO
) -> None:
    for number in range(3):
        form = {"username": "nobody", "password": "wrong"}
        headers = {"X-Request-ID": f"request-{number}"}
        answer = server.client.post("/auth/token", data=form, headers=headers)
        assert answer.headers["X-Request-ID"] == f"request-{number}"
    for number in range(3):
        about = [each for each in lines(output) if each["correlation_id"] == f"request-{number}"]
        assert {line["event"] for line in about} == {"login failed", "request"}


def test_what_matters_is_told(server: Server, output: io.StringIO) -> None:
    ada = server.join("ada")
    server.log_in("ada")
    server.log_in("ada", "wrong")
    for _ in range(2):
        body = {"refresh_token": ada.tokens["refresh_token"]}
        server.client.post("/api/auth/refresh", json=body)
    server.client.get("/broken")
    events = {line["event"] for line in lines(output)}
    wanted = {"user registered", "login ok", "login failed", "refresh token reused"}
    assert wanted | {"unhandled error"} <= events


def test_a_traceback_stays_on_its_line(server: Server, output: io.StringIO) -> None:
    server.client.get("/broken")
    (line,) = lines(output, "unhandled error")
    assert "second line" in line["exception"]
    assert line["correlation_id"]


def test_no_secret_is_told(server: Server, output: io.StringIO) -> None:
    ada = server.join("ada")
    server.log_in("ada", "wrong-password")
    server.log_in("typed-the-password-here")
    server.get(f"/users?token={ada.tokens['access_token']}", ada)
    secrets = [PASSWORD, "wrong-password", "typed-the-password-here", *ada.tokens.values()]
    assert not [
        secret for secret in secrets if isinstance(secret, str) and secret in output.getvalue()
    ]


def test_nobody_writes_lines_of_their_own(server: Server, output: io.StringIO) -> None:
    server.client.get('/x%0a{"event": "forged"}%1b[31m')
    server.client.get("/", headers={"X-Request-ID": 'a", "event": "forged'})
    assert {line["event"] for line in lines(output)} & {"forged"} == set()


def test_libraries_speak_the_same_language(server: Server, output: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("from %s", "uvicorn")
    logging.getLogger("sqlalchemy.engine").warning("from sqlalchemy")
    assert [line["event"] for line in lines(output)] == ["from uvicorn", "from sqlalchemy"]


def test_the_line_of_a_websocket_keeps_its_token_to_itself(
    server: Server, output: io.StringIO
) -> None:
    line = '%s - "WebSocket %s" [accepted]'
    logging.getLogger("uvicorn.error").info(line, "127.0.0.1:1", "/ws/batch-upload/?token=secret")
    (found,) = lines(output)
    assert found["event"] == '127.0.0.1:1 - "WebSocket /ws/batch-upload/" [accepted]'


def test_a_developer_may_have_readable_lines(settings: Settings) -> None:
    readable = make_formatter(settings.model_copy(update={"log_format": "console"}))
    record = logging.LogRecord("uvicorn", logging.INFO, "", 0, "listening", None, None)
    assert "listening" in readable.format(record)
    assert not readable.format(record).startswith("{")
