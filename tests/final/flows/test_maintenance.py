"""What goes on while the database is at rest, or away."""

from typing import Any

import pytest
from starlette.websockets import WebSocketDisconnect

from final.core.config import Settings
from tests.support.server import Server, make_settings


@pytest.mark.stores("sqlite")
class TestReadOnly:
    @pytest.fixture
    def settings(self, database_url: str) -> Settings:
        """Return settings of an app that may write nothing."""
        return make_settings(database_url, read_only=True)

    def test_reading_goes_on(self, server: Server) -> None:
        for path in ("/", "/links", "/books", "/api/v1/posts", "/health/ready"):
            assert server.get(path).status_code == 200

    def test_writing_is_told_to_come_back(self, server: Server) -> None:
        for path in ("/auth/token", "/links", "/api/v1/posts"):
            answer = server.client.post(path, json={})
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
            assert "read-only" in answer.json()["detail"]

    def test_listening_goes_on_and_uploading_does_not(self, server: Server) -> None:
        with server.client.websocket_connect("/ws"):
            pass
        with (
            pytest.raises(WebSocketDisconnect) as closed,
            server.client.websocket_connect("/ws/batch-upload/") as upload,
        ):
            upload.receive_json()
        assert closed.value.code == 1013


def test_sixteen_right_log_ins_at_once_are_sixteen_log_ins(server: Server) -> None:
    server.register("ada")
    form = {"username": "ada", "password": "four unrelated words here"}
    requests: list[dict[str, Any]] = [{"method": "POST", "url": "/auth/token", "data": form}] * 16
    assert {answer.status_code for answer in server.at_once(*requests)} == {200}


def test_sixteen_wrong_guesses_at_once_are_as_many_as_are_allowed(server: Server) -> None:
    server.register("ada")
    form = {"username": "ada", "password": "wrong"}
    requests: list[dict[str, Any]] = [{"method": "POST", "url": "/auth/token", "data": form}] * 16
    codes = [answer.status_code for answer in server.at_once(*requests)]
    assert (codes.count(401), codes.count(429)) == (10, 6)
