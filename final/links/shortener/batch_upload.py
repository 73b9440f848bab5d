"""`WS /ws/batch-upload/`: thousands of links over one connection, each with an answer.

    {"type": "start", "total": 3}       -> {"type": "started", "total": 3}
    {"type": "item", "data": {...}}     -> {"type": "item_result", "index": 1, "status": "ok", ...}
                                           {"type": "progress", "processed": 1, "total": 3}
    {"type": "finish"}                  -> {"type": "finished", "processed": 3, "total": 3}

`data` is what `POST /shorten/` takes. Page titles are not fetched: nobody waits for thousands.
Items that have arrived together are stored together, each with a result of its own, which is told
when it is committed, while the next ones are stored; one that has come alone is stored at once.
"""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from fastapi import APIRouter, WebSocket
from fastapi.security.utils import get_authorization_scheme_param
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from starlette.websockets import WebSocketDisconnect, WebSocketState

from final.core.errors import AppError, NotAuthenticated
from final.core.observability.logs import get_logger
from final.core.resources import resources_of
from final.links.errors import AlreadySaved
from final.links.resources import links_of
from final.links.schemas import ShortenRequest
from final.links.shortener.batch_messages import (
    MAX_ITEMS,
    Json,
    RefusalError,
    Start,
    describe,
    is_item,
    name,
    read_item,
    read_message,
)
from final.links.shortener.groups import Shortened, shorten_all
from final.links.shortener.inbox import Inbox
from final.links.shortener.outbox import Outbox
from final.users.dependencies import authenticate, read_credentials

logger = get_logger(__name__)
router = APIRouter()

# So many items at most share a transaction: enough to be quick, few enough to let others between.
GROUP = 100
# The token is looked at again so often: sign-out and deactivation end an upload under way.
RECHECK_SECONDS = 1.0
NOT_STARTED = "The upload has not started"


@router.websocket("/ws/batch-upload/")
async def upload_batch(websocket: WebSocket) -> None:
    """Shorten URLs one by one, after the protocol above."""
    # A close code only reaches the client of a connection that was accepted.
    await websocket.accept()
    try:
        await BatchUpload(websocket).run()
    except NotAuthenticated:
        await close(websocket, 1008)
    except TimeoutError:
        await close(websocket, 1001)
    except (WebSocketDisconnect, RuntimeError):
        pass  # the client has gone; what was acknowledged is stored


async def close(websocket: WebSocket, code: int) -> None:
    """Close a connection that may be closed already, without waiting for a client that is not."""
    if websocket.application_state is WebSocketState.CONNECTED:
        try:
            async with asyncio.timeout(5):
                await websocket.close(code)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            pass


class BatchUpload:
    """One upload: what was announced, and how far it has come."""

    def __init__(self, websocket: WebSocket) -> None:
        """Wait for the first message."""
        self.websocket = websocket
        self.inbox, self.outbox = Inbox(websocket), Outbox(websocket)
        self.resources = resources_of(websocket)
        self.site = links_of(websocket).site
        self.total: int | None = None
        self.processed = 0
        self.user_id = 0
        self.checked_at = float("-inf")
        self.finished = False

    async def run(self) -> None:
        """Answer messages until the client has finished."""
        await self.check_token()
        async with self.inbox.filling(), self.outbox.emptying():
            while not self.finished:
                messages = map(read_message, await self.inbox.take(GROUP))
                for are_items, group in groupby(messages, is_item):
                    if not self.finished:
                        await (self.add_items if are_items else self.handle_all)(list(group))
        await close(self.websocket, 1000)

    async def check_token(self) -> None:
        """Find out who this is, as any other route does, or raise `NotAuthenticated`."""
        now = asyncio.get_running_loop().time()
        if now - self.checked_at < RECHECK_SECONDS:
            return
        self.checked_at = now
        credentials = read_credentials(self.resources.tokens, self.find_token())
        async with self.resources.database.session() as session:
            self.user_id = (await authenticate(session, self.resources, credentials)).id

    def find_token(self) -> str:
        """Return the token of the query string, else that of the header, else an empty one."""
        scheme, token = get_authorization_scheme_param(self.websocket.headers.get("Authorization"))
        in_header = token if scheme.lower() == "bearer" else ""
        return self.websocket.query_params.get("token") or in_header

    async def handle_all(self, messages: list[Any]) -> None:
        """Do what messages say that are no items, one after the other."""
        for message in messages:
            if self.finished:
                return
            try:
                await self.handle(message)
            except RefusalError as refusal:
                await self.outbox.send({"type": "error", "detail": str(refusal)})

    async def handle(self, message: Json | RefusalError) -> None:
        """Do what a message says."""
        if isinstance(message, RefusalError):
            raise message
        match message.get("type"):
            case "start":
                await self.start(message)
            case "finish":
                await self.finish()
            case unknown:
                raise RefusalError(f"Unknown message type: {name(unknown)}")

    async def start(self, message: Json) -> None:
        """Take note of how many items will come."""
        if self.total is not None:
            raise RefusalError("The upload has started already")
        try:
            self.total = Start.model_validate(message).total
        except ValidationError:
            raise RefusalError(f"total must be a whole number from 1 to {MAX_ITEMS}") from None
        await self.outbox.send({"type": "started", "total": self.total})

    async def add_items(self, messages: list[Any]) -> None:
        """Shorten URLs that have come together, and tell what became of each."""
        room = 0 if self.total is None else self.total - self.processed
        if accepted := [message.get("data") for message in messages[:room]]:
            await self.check_token()
            await self.outbox.send(*self.report(await self.shorten(accepted)))
        problem = "There are more items than were announced" if self.total else NOT_STARTED
        for _ in messages[room:]:
            await self.outbox.send({"type": "error", "detail": problem})

    def report(self, results: list[Json]) -> Iterator[Json]:
        """Tell results in their places, each followed by how far this is."""
        for result in results:
            self.processed += 1
            yield {"type": "item_result", "index": self.processed, **result}
            yield {"type": "progress", "processed": self.processed, "total": self.total}

    async def shorten(self, items: list[object]) -> list[Json]:
        """Return the results of items; where one says ok, the link is safely stored."""
        read = [read_item(item) for item in items]
        requests = [item for item in read if isinstance(item, ShortenRequest)]
        outcomes = iter(await self.store(requests) if requests else ())
        return [
            describe(next(outcomes) if isinstance(item, ShortenRequest) else item) for item in read
        ]

    async def store(self, requests: list[ShortenRequest]) -> Sequence[Shortened | Exception]:
        """Store links in one transaction, or each in its own where somebody else interferes."""
        try:
            async with self.resources.database.transaction_of_many() as session:
                return await shorten_all(session, self.site, self.user_id, requests)
        except Exception as error:
            if len(requests) > 1 and is_interference(error):
                return [(await self.store([request]))[0] for request in requests]
            if not isinstance(error, AppError):
                logger.exception("batch item failed", error=type(error).__name__)
            return [error] * len(requests)

    async def finish(self) -> None:
        """End the upload."""
        if self.total is None:
            raise RefusalError(NOT_STARTED)
        self.finished = True
        await self.outbox.send(
            {"type": "finished", "processed": self.processed, "total": self.total}
        )


def is_interference(error: Exception) -> bool:
    """Tell whether others may have caused an error, by what they wrote at the same moment."""
    is_refusal = isinstance(error, DBAPIError) and not error.connection_invalidated
    return is_refusal or isinstance(error, AlreadySaved)
