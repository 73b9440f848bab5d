"""Redis was never there, is killed, hangs, comes back: every route answers as ever."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from final.core.config import Settings
from tests.support.authorization import ACTORS, TABLE, belongings, body, new_post
from tests.support.clients import hear, listen, post, sign_up
from tests.support.posts import POST, POSTS
from tests.support.processes import running
from tests.support.redis_server import Redis
from tests.support.server import Person, Server, make_settings, wait_for

STATES = ["in order", "never there", "killed", "stopped", "back"]
LISTENERS = 8  # enough for both workers to have some


@pytest.fixture
def shared() -> Iterator[Redis]:
    """Yield a Redis in order."""
    with closing(Redis()) as shared:
        yield shared


@pytest.fixture
def state(request: pytest.FixtureRequest) -> str:
    """Return what is going to happen to Redis."""
    return str(getattr(request, "param", "in order"))


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> Path:
    """Return an empty, migrated database."""
    copy = tmp_path / "test.db"
    copy.write_bytes(sqlite_template.read_bytes())
    return copy


@pytest.fixture
def settings(shared: Redis, state: str, file: Path, tmp_path: Path) -> Settings:
    """Return settings of an app that counts, keeps and announces through Redis."""
    if state == "never there":
        shared.kill()
    return make_settings(
        f"sqlite:///{file}",
        redis_url=shared.url,
        write_rate_limit="1000/hour",
        media_dir=tmp_path / "media",
        mail_outbox=tmp_path / "outbox",
    )


def until_back(server: Server) -> None:
    """Wait until the app asks Redis again."""
    circuit = server.resources.redis.circuit
    wait_for(lambda: circuit.recovery is None)


def bring_about(state: str, shared: Redis, server: Server) -> None:
    """Let happen to Redis what the state says."""
    if state == "stopped":
        shared.stop()
    if state in ("killed", "back"):
        shared.kill()
    if state == "back":
        wait_for(lambda: server.resources.redis.circuit.recovery is not None)
        shared.restart()
        until_back(server)


class World:
    """People and their belongings, made again as they were before each request."""

    def __init__(self, server: Server, people: dict[str, Person | None], file: Path) -> None:
        """Remember the whole database."""
        assert people["owner"] is not None
        self.server, self.people, self.owner = server, people, people["owner"]
        self.names = belongings(server, self.owner)
        self.file, self.memory = file, sqlite3.connect(":memory:")
        self.copy(to=self.memory)

    def close(self) -> None:
        """Forget the database."""
        self.memory.close()

    def copy(self, to: sqlite3.Connection | None = None) -> None:
        """Save the database, or restore it."""
        with closing(sqlite3.connect(self.file)) as disk:
            if to is None:
                self.memory.backup(disk)
            else:
                disk.backup(to)

    def status(self, route: str, actor: str) -> int:
        """Send the request of a row of the table."""
        self.copy()
        method, path = route.split()
        url = path.format(**self.names, **new_post(self.server, self.owner, path))
        who = self.people[actor]
        answer = self.server.call(method, url, who, **body(route, actor, who))
        is_counted = "X-RateLimit-Limit" in answer.headers
        assert is_counted == (method != "GET" and url not in ("/auth/token", "/api/auth/login"))
        return answer.status_code


def actor_of(route: str) -> str:
    """Choose who may do it: the owner, or else an administrator."""
    return "admin" if TABLE[route].split()[3] == "403" else "owner"


# In order, they do so in `test_authorization.py`; once Redis is known to be away or back, one way
# of getting there is like another.
@pytest.mark.parametrize("state", ["killed", "stopped"], indirect=True)
def test_every_route_answers_as_ever(
    server: Server, actors: dict[str, Person | None], shared: Redis, state: str, file: Path
) -> None:
    with closing(World(server, actors, file)) as world:
        bring_about(state, shared, server)
        answers = {route: world.status(route, actor_of(route)) for route in TABLE}
    column = {route: ACTORS.index(actor_of(route)) for route in TABLE}
    assert answers == {route: int(row.split()[column[route]]) for route, row in TABLE.items()}
    assert server.resources.redis.circuit.recovery is not None


@pytest.mark.parametrize("state", STATES, indirect=True)
def test_websockets_work_as_ever(server: Server, shared: Redis, state: str) -> None:
    ada = server.join("ada")
    bring_about(state, shared, server)
    with server.client.websocket_connect("/ws") as listener:
        assert server.call("POST", POSTS, ada, json=POST).status_code == 201
        assert listener.receive_json()["post"]["title"] == POST["title"]
    link = {"title": "x", "original_url": "https://example.com/"}
    messages: list[dict[str, Any]] = [
        {"type": "start", "total": 1},
        {"type": "item", "data": link},
        {"type": "finish"},
    ]
    with server.client.websocket_connect("/ws/batch-upload/", headers=ada.headers) as upload:
        for message in messages:
            upload.send_json(message)
        answers = [upload.receive_json() for _ in range(4)]
    assert [answer["type"] for answer in answers][::3] == ["started", "finished"]
    assert answers[1]["status"] == "ok"


class Workers:
    """Two workers of one server, and somebody with an account."""

    def __init__(self, client: httpx.Client) -> None:
        """Sign up."""
        self.client, self.headers = client, sign_up(client)

    def remaining(self) -> list[int]:
        """Write now and then over connections of their own; return what is said to be left."""
        answers = [
            self.client.post("/health", headers=self.headers | {"Connection": "close"})
            for _ in range(12)
        ]
        assert {answer.status_code for answer in answers} == {405}
        return [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]

    def total(self) -> int:
        """Ask for the list over connections of their own; all answers are to be the same."""
        headers = {"Connection": "close"}
        (total,) = {self.client.get(POSTS, headers=headers).json()["total"] for _ in range(12)}
        return int(total)

    def heard(self, title: str) -> list[list[str]]:
        """Announce a post to listeners at both workers; return what each hears."""
        with ExitStack() as stack:
            listeners = [stack.enter_context(listen(self.client)) for _ in range(LISTENERS)]
            post(self.client, self.headers, title)
            with ThreadPoolExecutor(LISTENERS) as pool:
                return list(pool.map(hear, listeners, [2] * LISTENERS))


@contextmanager
def two_workers(environment: dict[str, str], url: str) -> Iterator[Workers]:
    """Run a server of two workers that write no more than so often."""
    changes = {"REDIS_URL": url, "WRITE_RATE_LIMIT": "1000/day"}
    with running(environment | changes, "--workers", "2") as client:
        yield Workers(client)


def are_counted_together(remaining: list[int]) -> bool:
    """Tell whether each write is one less, whoever took it."""
    return remaining == list(range(remaining[0], remaining[0] - len(remaining), -1))


@pytest.mark.stores("sqlite")
def test_two_workers_share_share_nothing_and_share_again(
    environment: dict[str, str], shared: Redis
) -> None:
    with two_workers(environment, shared.url) as workers:
        assert are_counted_together(workers.remaining())
        for accident in (shared.kill, shared.stop):
            before = workers.total()
            accident()
            post(workers.client, workers.headers, "While it is away")
            assert workers.total() == before + 1
            assert workers.remaining()[0] > 900
            shared.close()
            shared.restart()
            wait_for(lambda: are_counted_together(workers.remaining()))
            wait_for(lambda: workers.heard("Again") == [["Again"]] * LISTENERS)
            before = workers.total()
            post(workers.client, workers.headers, "Last")
            assert workers.total() == before + 1
