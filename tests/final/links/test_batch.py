"""Batches over a WebSocket, through a real server with a real client."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import httpx2 as httpx
import pytest
from sqlmodel import col, select
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from final.core.database.engine import Database
from final.links.models import Link
from tests.support.ports import free_port
from tests.support.processes import environment_for, stop, uvicorn, wait_until_ready
from tests.support.programs import Program
from tests.support.server import PASSWORD, SECRET, make_settings, wait_for

PATH = "/ws/batch-upload/"


@dataclass
class Service:
    """A running server."""

    process: Program
    http: httpx.Client
    port: int
    database: str

    def join(self, name: str) -> str:
        """Sign up and in; return the token."""
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        assert self.http.post("/auth/register", json=body).status_code == 201
        form = {"username": name, "password": PASSWORD}
        token: str = self.http.post("/auth/token", data=form).json()["access_token"]
        return token

    def open(self, query: str = "", path: str = PATH, **options: Any) -> ClientConnection:
        """Open a WebSocket."""
        socket: ClientConnection = connect(f"ws://127.0.0.1:{self.port}{path}{query}", **options)
        return socket

    def links(self, token: str) -> int:
        """Count the links in somebody's list."""
        answer = self.http.get("/links", headers={"Authorization": f"Bearer {token}"})
        return int(answer.headers["X-Total-Count"])


@contextmanager
def serving(database_url: str, *options: str) -> Iterator[Service]:
    """Run a server; whoever kills it has done so on purpose."""
    port = free_port()
    environment = environment_for(database_url, JWT_SECRET_KEY=SECRET)
    process = uvicorn(environment, "--port", str(port), *options)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            wait_until_ready(client, process)
            yield Service(process, client, port, database_url.partition("///")[2])
    finally:
        stop(process)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Yield one server for all tests that do not harm it."""
    with serving(f"sqlite:///{tmp_path_factory.mktemp('batch') / 'batch.db'}") as service:
        yield service


@pytest.fixture
def token(service: Service, request: pytest.FixtureRequest) -> str:
    """Sign up a user of this test alone."""
    return service.join(f"user-{abs(hash(request.node.name)) % 10**9}")


@pytest.fixture
def socket(service: Service, token: str) -> Iterator[ClientConnection]:
    """Yield an open connection."""
    with service.open(f"?token={token}") as socket:
        yield socket


def say(socket: ClientConnection, message: Any) -> Any:
    """Send a message and return the answer."""
    socket.send(message if isinstance(message, str | bytes) else json.dumps(message))
    return json.loads(socket.recv(timeout=20))


def item(url: str, **data: Any) -> dict[str, Any]:
    """Describe an item."""
    return {"type": "item", "data": {"title": "x", "original_url": url} | data}


def add(socket: ClientConnection, url: str, **data: Any) -> Any:
    """Send an item and return its result, after the progress that follows."""
    result = say(socket, item(url, **data))
    progress = json.loads(socket.recv(timeout=20))
    assert (progress["type"], progress["processed"]) == ("progress", result["index"])
    return result


def add_many(socket: ClientConnection, numbers: range) -> None:
    """Send items fifty at a time, before reading their results."""
    for start in numbers[::50]:
        for number in range(start, start + 50):
            socket.send(json.dumps(item(f"https://example.com/{number}")))
        answers = [json.loads(socket.recv(timeout=20)) for _ in range(100)]
        assert [answer.get("status") for answer in answers[::2]] == ["ok"] * 50


def add_for_ever(socket: ClientConnection) -> None:
    """Send items until somebody stops it."""
    for number in count():
        add(socket, f"https://example.com/{number}")


def test_the_conversation_is_word_for_word(socket: ClientConnection) -> None:
    assert say(socket, {"type": "start", "total": 3}) == {"type": "started", "total": 3}
    result = say(socket, item("https://example.com/1", alias="batch-1", title="Batch link 1"))
    link_id = result.pop("id")
    assert result == {
        "type": "item_result",
        "index": 1,
        "status": "ok",
        "short_url": "http://localhost:8000/batch-1",
        "short_code": None,
        "alias": "batch-1",
    }
    assert link_id > 0
    assert json.loads(socket.recv()) == {"type": "progress", "processed": 1, "total": 3}
    assert add(socket, "https://example.com/1") == {
        "type": "item_result",
        "index": 2,
        "status": "error",
        "code": 409,
        "detail": "You already have a link for this URL.",
    }
    finished = {"type": "finished", "processed": 2, "total": 3}
    assert say(socket, {"type": "finish"}) == finished


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"alias": "links"}, 422),
        ({"alias": "a"}, 422),
        ({"original_url": "javascript:alert(1)"}, 422),
        ({"original_url": None}, 422),
        ({"original_url": "http://localhost:8000/x"}, 422),
        ({"title": "\0"}, 422),
        ({"title": "\ud800"}, 422),
        ({"max_clicks": 10**30}, 422),
    ],
    ids=str,
)
def test_a_bad_item_harms_no_other(
    socket: ClientConnection, data: dict[str, Any], code: int
) -> None:
    say(socket, {"type": "start", "total": 3})
    assert add(socket, "https://example.com/before")["status"] == "ok"
    result = add(socket, **({"url": "https://example.com/bad"} | data))
    assert (result["status"], result["code"]) == ("error", code)
    assert "javascript" not in result["detail"]
    assert add(socket, "https://example.com/after")["status"] == "ok"


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        ({"type": "stop"}, "Unknown message type: stop"),
        ({"type": "x" * 1000}, "Unknown message type: " + "x" * 100),
        ({"type": 7}, "Unknown message type: 7"),
        ({"type": ["start"]}, 'Unknown message type: ["start"]'),
        ({}, "Unknown message type: null"),
        ("{", "The message is not valid JSON"),
        ("", "The message is not valid JSON"),
        ("[" * 60_000, "The message is not valid JSON"),
        ("[]", "The message must be a JSON object"),
        ("null", "The message must be a JSON object"),
        (b'{"type": "finish"}', "Messages must be text"),
        ("x" * 1_000_000, "The message is too large"),
        ({"type": "finish"}, "The upload has not started"),
        ({"type": "item", "data": {}}, "The upload has not started"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_odd_message_is_an_error_and_no_more(
    socket: ClientConnection, message: Any, detail: str
) -> None:
    assert say(socket, message) == {"type": "error", "detail": detail}
    assert say(socket, {"type": "start", "total": 1})["type"] == "started"


@pytest.mark.parametrize("total", [-1, 0, 10**9, 10**40, "3", 1.5, True, None, [], {"a": 1}])
def test_an_odd_total_is_refused(socket: ClientConnection, total: Any) -> None:
    assert say(socket, {"type": "start", "total": total})["type"] == "error"
    assert say(socket, '{"type": "start", "total": NaN}')["type"] == "error"
    assert say(socket, {"type": "start", "total": 1})["type"] == "started"


@pytest.mark.parametrize("data", [None, [], "x", 7, {}, {"title": "x"}])
def test_an_item_without_a_url_has_a_result_too(socket: ClientConnection, data: Any) -> None:
    say(socket, {"type": "start", "total": 1})
    assert say(socket, {"type": "item", "data": data})["code"] == 422


def test_there_is_one_start_and_no_more_items_than_announced(socket: ClientConnection) -> None:
    say(socket, {"type": "start", "total": 1})
    assert say(socket, {"type": "start", "total": 5})["type"] == "error"
    add(socket, "https://example.com/1")
    assert say(socket, item("https://example.com/2"))["type"] == "error"
    assert say(socket, {"type": "finish"})["processed"] == 1


class TestTokens:
    @pytest.mark.parametrize("query", ["", "?token=", "?token=x", "?token=a.b.c", "?token=%00"])
    def test_without_a_good_one_the_client_sees_1008(self, service: Service, query: str) -> None:
        with service.open(query) as socket, pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)
        assert socket.close_code == 1008

    def test_may_come_in_a_header(self, service: Service, token: str) -> None:
        for header in (f"Bearer {token}", f"bearer {token}"):
            headers = {"Authorization": header}
            with service.open(path=PATH.rstrip("/"), additional_headers=headers) as socket:
                assert say(socket, {"type": "start", "total": 1})["type"] == "started"

    def test_of_another_kind_are_refused(self, service: Service, token: str) -> None:
        headers = {"Authorization": f"Basic {token}"}
        socket = service.open(additional_headers=headers)
        with socket, pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)
        assert socket.close_code == 1008

    def test_who_signs_out_is_out_at_once(
        self, service: Service, token: str, socket: ClientConnection
    ) -> None:
        say(socket, {"type": "start", "total": 10**5})
        headers = {"Authorization": f"Bearer {token}"}
        assert service.http.post("/api/auth/logout", headers=headers).status_code == 204
        with pytest.raises(ConnectionClosed):
            add_for_ever(socket)
        assert socket.close_code == 1008


def test_3_000_items_need_no_more_memory_than_one(
    service: Service, token: str, socket: ClientConnection
) -> None:
    total = 3_000
    say(socket, {"type": "start", "total": total})
    add_many(socket, range(500))
    before = memory(service)
    add_many(socket, range(500, total))
    assert memory(service) - before < 10_000
    assert say(socket, {"type": "finish"})["processed"] == total
    assert service.links(token) == total


def memory(service: Service) -> int:
    """Return the memory of the server in KB, where the system tells."""
    status = Path(f"/proc/{service.process.pid}/status")
    if not status.exists():
        return 0
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


def test_a_client_that_never_reads_holds_up_nobody(service: Service, token: str) -> None:
    with service.open(f"?token={token}", close_timeout=0.1) as socket:
        socket.send(json.dumps({"type": "start", "total": 1000}))
        for number in range(300):
            socket.send(json.dumps(item(f"https://example.com/{number}")))
        assert service.http.get("/health").status_code == 200
        with service.open(f"?token={token}") as other:
            assert say(other, {"type": "start", "total": 1})["type"] == "started"


def test_a_client_that_leaves_in_the_middle_keeps_what_was_stored(
    service: Service, token: str
) -> None:
    with service.open(f"?token={token}") as socket:
        say(socket, {"type": "start", "total": 10})
        add(socket, "https://example.com/1")
    assert service.links(token) == 1


def test_of_a_client_that_leaves_before_the_results_the_first_items_are_stored(
    service: Service, token: str
) -> None:
    with service.open(f"?token={token}", close_timeout=0.1) as socket:
        say(socket, {"type": "start", "total": 1000})
        for number in range(300):
            socket.send(json.dumps(item(f"https://leaving.example/{number}")))
        acknowledged = json.loads(socket.recv(timeout=20))["index"]
    headers = {"Authorization": f"Bearer {token}"}
    links = service.http.get("/links?limit=100", headers=headers).json()
    stored = [int(link["url"].rpartition("/")[2]) for link in links]
    assert stored == list(range(len(stored)))
    assert len(stored) >= acknowledged


def test_pings_are_answered_while_nothing_can_be_stored(
    service: Service, socket: ClientConnection
) -> None:
    say(socket, {"type": "start", "total": 1000})
    with closing(sqlite3.connect(service.database)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        for number in range(1000):
            socket.send(json.dumps(item(f"https://example.com/{number}")))
        assert socket.ping().wait(10)
    answers = [json.loads(socket.recv(timeout=20)) for _ in range(2000)]
    assert [answer["status"] for answer in answers[::2]] == ["ok"] * 1000


class Clicker:
    """Somebody with a link that is clicked on, at a server that is going to end."""

    def __init__(self, service: Service) -> None:
        """Sign up and make the link."""
        self.service, self.token = service, service.join("ada")
        self.headers = {"Authorization": f"Bearer {self.token}"}
        body = {"original_url": "https://example.com/", "alias": "alias", "title": "x"}
        answer = service.http.post("/shorten/", json=body, headers=self.headers)
        assert answer.status_code == 201

    def click(self, times: int) -> None:
        """Click, on a connection of its own each time: any worker may get it."""
        for _ in range(times):
            answer = self.service.http.get("/alias", headers={"Connection": "close"})
            assert answer.status_code == 302

    def stored_clicks(self) -> int:
        """Read the clicks that are in the database."""
        answer = self.service.http.get("/links/alias/stats", headers=self.headers)
        return int(answer.json()["clicks"])


def links_in(database_url: str) -> list[Link]:
    """Read the links of a server that runs no more."""

    async def read() -> list[Link]:
        database = Database(make_settings(database_url))
        async with database.session() as session:
            links = list((await session.exec(select(Link).order_by(col(Link.id)))).all())
        await database.dispose()
        return links

    return anyio.run(read)


def test_kill_9_takes_nothing_acknowledged_and_at_most_the_clicks_of_a_second(
    empty_database_url: str,
) -> None:
    with serving(empty_database_url) as service:
        ada = Clicker(service)
        ada.click(20)
        with service.open(f"?token={ada.token}") as socket:
            say(socket, {"type": "start", "total": 1000})
            wait_for(lambda: ada.stored_clicks() == 20)
            ada.click(5)
            for number in range(300):
                socket.send(json.dumps(item(f"https://example.com/{number}")))
            results = [json.loads(socket.recv(timeout=20)) for _ in range(300)][::2]
            service.process.kill()
            service.process.wait()
    clicked, *added = links_in(empty_database_url)
    assert 20 <= clicked.clicks <= 25
    assert [result["id"] for result in results] == [link.id for link in added[: len(results)]]
    assert [link.url for link in added] == [f"https://example.com/{n}" for n in range(len(added))]


@pytest.mark.stores("postgresql", "postgresql+valkey")
def test_a_clean_stop_of_several_workers_loses_no_click(empty_database_url: str) -> None:
    with serving(empty_database_url, "--workers", "2") as service:
        wait_for(lambda: service.process.output.all().count("startup complete") == 2)
        Clicker(service).click(60)
    (clicked,) = links_in(empty_database_url)
    assert clicked.clicks == 60
