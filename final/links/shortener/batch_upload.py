"""`WS /ws/batch-upload/`: thousands of links over one connection, each with an answer.

    {"type": "start", "total": 3}       -> {"type": "started", "total": 3}
    {"type": "item", "data": {...}}     -> {"type": "item_result", "index": 1, "status": "ok", ...}
                                           {"type": "progress", "processed": 1, "total": 3}
    {"type": "finish"}                  -> {"type": "finished", "processed": 3, "total": 3}

`data` is what `POST /shorten/` takes. Page titles are not fetched: nobody waits for thousands.
"""

import asyncio
import json
from typing import Any, Literal

from fastapi import APIRouter, WebSocket
from fastapi.security.utils import get_authorization_scheme_param
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.websockets import WebSocketDisconnect, WebSocketState

from final.core.errors import AppError, NotAuthenticated
from final.core.observability.logs import get_logger
from final.core.resources import resources_of
from final.links.addresses.site import ensure_long_enough
from final.links.resources import links_of
from final.links.schemas import ShortenRequest
from final.links.shortener.service import shorten
from final.users.dependencies import authenticate, read_credentials

logger = get_logger(__name__)
router = APIRouter()

MAX_ITEMS = 100_000
MAX_MESSAGE = 64 * 1024
# A client that says nothing, or reads nothing, for so long has gone.
PATIENCE_SECONDS = 60
# The token is looked at again so often: sign-out and deactivation end an upload under way.
RECHECK_SECONDS = 1.0

Json = dict[str, Any]


class Start(BaseModel):
    """The first message: how many items will come."""

    model_config = ConfigDict(strict=True)

    type: Literal["start"]
    total: int = Field(ge=1, le=MAX_ITEMS)


class RefusalError(Exception):
    """A message that does not fit; the connection goes on."""


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
        while not self.finished:
            try:
                await self.handle(read_message(await self.receive()))
            except RefusalError as refusal:
                await self.send({"type": "error", "detail": str(refusal)})
        await close(self.websocket, 1000)

    async def check_token(self) -> None:
        """Find out who this is, as any other route does, or raise `NotAuthenticated`."""
        now = asyncio.get_running_loop().time()
        if now - self.checked_at < RECHECK_SECONDS:
            return
        self.checked_at = now
        scheme, token = get_authorization_scheme_param(self.websocket.headers.get("Authorization"))
        token = self.websocket.query_params.get("token") or (
            token if scheme.lower() == "bearer" else ""
        )
        credentials = read_credentials(self.resources.tokens, token)
        async with self.resources.database.session() as session:
            self.user_id = (await authenticate(session, self.resources, credentials)).id

    async def receive(self) -> str:
        """Wait for a text message, but not for ever."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            message = await self.websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text: str | None = message.get("text")
        if text is None:
            raise RefusalError("Messages must be text")
        if len(text) > MAX_MESSAGE:
            raise RefusalError("The message is too large")
        return text

    async def send(self, message: Json) -> None:
        """Send a message to a client that reads it in reasonable time."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.websocket.send_text(json.dumps(message))

    async def handle(self, message: Json) -> None:
        """Do what a message says."""
        match message.get("type"):
            case "start":
                await self.start(message)
            case "item":
                await self.add_item(message)
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
        await self.send({"type": "started", "total": self.total})

    async def add_item(self, message: Json) -> None:
        """Shorten one URL in a transaction of its own and tell what came of it."""
        if self.total is None:
            raise RefusalError("The upload has not started")
        if self.processed >= self.total:
            raise RefusalError("There are more items than were announced")
        await self.check_token()
        self.processed += 1
        outcome = await self.shorten(message.get("data"))
        await self.send({"type": "item_result", "index": self.processed, **outcome})
        await self.send({"type": "progress", "processed": self.processed, "total": self.total})

    async def shorten(self, data: object) -> Json:
        """Return the result of one item; when it says ok, the link is safely stored."""
        try:
            request = ShortenRequest.model_validate(data)
            ensure_long_enough(request.alias, is_admin=False)
            async with self.resources.database.transaction() as session:
                link = await shorten(session, self.site, self.user_id, request)
        except ValidationError as error:
            return {"status": "error", "code": 422, "detail": explain(error)}
        except AppError as error:
            return {"status": "error", "code": error.status, "detail": error.message}
        except Exception as error:
            logger.exception("batch item failed", error=type(error).__name__)
            return {"status": "error", "code": 500, "detail": "Internal Server Error"}
        shown = link.model_dump(include={"id", "short_url", "short_code", "alias"})
        return {"status": "ok", **shown}

    async def finish(self) -> None:
        """End the upload."""
        if self.total is None:
            raise RefusalError("The upload has not started")
        self.finished = True
        await self.send({"type": "finished", "processed": self.processed, "total": self.total})


def read_message(text: str) -> Json:
    """Read a message, or raise `RefusalError` for what is none."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise RefusalError("The message is not valid JSON") from None
    if not isinstance(message, dict):
        raise RefusalError("The message must be a JSON object")
    return message


def name(value: object) -> str:
    """Write an unknown type as its sender did, but not at any length."""
    return (value if isinstance(value, str) else json.dumps(value))[:100]


def explain(error: ValidationError) -> str:
    """Say in one line which fields are wrong and why, without repeating them."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    facts = ((".".join(map(str, item["loc"])) or "data", item["msg"]) for item in problems)
    return "; ".join(f"{where}: {why}".replace(" Value error,", "") for where, why in facts)
