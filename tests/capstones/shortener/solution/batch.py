"""`WS /ws/batch-upload/`: many links over one connection."""

from contextlib import suppress
from typing import Any

from fastapi import APIRouter, HTTPException, WebSocket, WebSocketDisconnect
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from .auth import find_user
from .database import engine
from .links import shorten
from .models import LinkCreate, User

router = APIRouter()


async def add_item(user: User, data: object) -> dict[str, Any]:
    """Shorten one URL in a session of its own, and tell what came of it."""
    try:
        async with AsyncSession(engine, expire_on_commit=False) as session:
            link = await shorten(LinkCreate.model_validate(data), user, session)
    except HTTPException as refusal:
        return {"status": "error", "code": refusal.status_code, "detail": refusal.detail}
    except ValidationError as error:
        return {"status": "error", "code": 422, "detail": error.errors()[0]["msg"]}
    shown = link.model_dump(include={"id", "short_code", "alias"})
    return {"status": "ok", "short_url": link.short_url, **shown}


async def answer(websocket: WebSocket, user: User) -> None:
    """Answer messages until the client has finished."""
    processed, total, kind = 0, 0, None
    while kind != "finish":
        message = await websocket.receive_json()
        kind = message.get("type")
        if kind == "start":
            total = message["total"]
            reply: dict[str, Any] = {"type": "started", "total": total}
        elif kind == "item":
            processed += 1
            result = await add_item(user, message.get("data"))
            reply = {"type": "item_result", "index": processed, **result}
        elif kind == "finish":
            reply = {"type": "finished", "processed": processed, "total": total}
        else:
            reply = {"type": "error", "detail": f"Unknown message type: {kind}"}
        await websocket.send_json(reply)


@router.websocket("/ws/batch-upload/")
async def upload_batch(websocket: WebSocket, token: str = "") -> None:
    """Shorten URLs, one message each, for whoever bears a token."""
    # A close code reaches the client of a connection that was accepted, and no other.
    await websocket.accept()
    header = websocket.headers.get("Authorization", "").removeprefix("Bearer ")
    async with AsyncSession(engine) as session:
        user = await find_user(session, token or header)
    with suppress(WebSocketDisconnect):  # what was answered is stored
        if user:
            await answer(websocket, user)
        await websocket.close(1000 if user else 1008)
