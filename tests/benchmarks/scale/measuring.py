"""Asking an app in this process, and finding out what it asks of its database."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from sqlalchemy import event
from starlette.types import Message

from final.core.database.engine import utcnow
from final.core.tokens import new_jti
from tests.benchmarks.scale.questions import Question

PLANS = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN (ANALYZE, TIMING OFF) "}
Statement = tuple[str, Any]


class Asker:
    """Somebody who asks an app that runs in this process."""

    def __init__(self, app: FastAPI) -> None:
        """Take an app, and be anybody in it."""
        self.app = app
        self.headers: dict[int, list[tuple[bytes, bytes]]] = {0: []}
        tokens = app.state.resources.tokens
        for who in (1, 2, 3):
            token = tokens.sign("access", who, who, new_jti(), utcnow())
            self.headers[who] = [(b"authorization", f"Bearer {token}".encode())]

    async def ask(self, question: Question) -> float:
        """Return how long an answer takes, in ms."""
        (path, who), body = question, bytearray()
        raw_path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": raw_path,
            "raw_path": raw_path.encode(),
            "query_string": quote(query, safe="=&").encode(),
            "root_path": "",
            "headers": [(b"host", b"localhost"), *self.headers[who]],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        statuses: list[int] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            else:
                body.extend(message.get("body", b""))

        started = time.perf_counter()
        await self.app(scope, receive, send)
        taken = time.perf_counter() - started
        if statuses[0] not in (200, 302, 503):
            raise SystemExit(f"{path} is answered {statuses[0]}: {body.decode()}")
        return taken * 1000

    @contextmanager
    def statements(self) -> Iterator[list[Statement]]:
        """Note what the app asks of its database."""
        engine = self.app.state.resources.database.engine.sync_engine
        noted: list[Statement] = []

        def note(_c: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
            noted.append((statement, values))

        event.listen(engine, "before_cursor_execute", note)
        yield noted
        event.remove(engine, "before_cursor_execute", note)

    async def explain(self, question: Question) -> list[str]:
        """Return the plan of each statement behind an answer, and the statement itself."""
        with self.statements() as statements:
            await self.ask(question)
        engine = self.app.state.resources.database.engine
        lines = []
        async with engine.connect() as connection:
            for statement, values in statements:
                plan = PLANS[engine.dialect.name] + statement
                rows = (await connection.exec_driver_sql(plan, values)).all()
                lines += [" ".join(statement.split()), *(f"    {row[-1]}" for row in rows)]
        return lines
