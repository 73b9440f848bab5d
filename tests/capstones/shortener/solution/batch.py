"""`WS /ws/batch-upload/`: many links over one connection."""

from typing import Any

from fastapi import APIRouter, HTTPException, WebSocket, WebSocketDisconnect
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from .database import engine
from .schemas import LinkRequest
from .security import find_user
from .service import short_url, shorten

router = APIRouter()
Json = dict[str, Any]


async def add_item(user_id: int, data: object) -> Json:
    """Shorten one URL in a session of its own, and tell what came of it."""
    try:
        async with AsyncSession(engine, expire_on_commit=False) as session:
            link = await shorten(session, user_id, LinkRequest.model_validate(data))
    except HTTPException as refusal:
        return {"status": "error", "code": refusal.status_code, "detail": refusal.detail}
    except ValidationError as error:
        return {"status": "error", "code": 422, "detail": error.errors()[0]["msg"]}
    shown = link.model_dump(include={"id", "short_code", "alias"})
    return {"status": "ok", "short_url": short_url(link), **shown}


async def answer(websocket: WebSocket, user_id: int) -> None:
    """Answer messages until the client has finished."""
    processed, total = 0, 0
    while True:
        message = await websocket.receive_json()
        match message.get("type"):
            case "start":
                total = message["total"]
                await websocket.send_json({"type": "started", "total": total})
            case "item":
                processed += 1
                result = await add_item(user_id, message.get("data"))
                await websocket.send_json({"type": "item_result", "index": processed, **result})
            case "finish":
                counts = {"processed": processed, "total": total}
                await websocket.send_json({"type": "finished", **counts})
                return
            case other:
                detail = f"Unknown message type: {other}"
                await websocket.send_json({"type": "error", "detail": detail})


@router.websocket("/ws/batch-upload/")
async def upload_batch(websocket: WebSocket, token: str = "") -> None:
    """Shorten URLs, one message each, for whoever bears a token."""
    # A close code reaches the client of a connection that was accepted, and no other.
    await websocket.accept()
    header = websocket.headers.get("Authorization", "").removeprefix("Bearer ")
    async with AsyncSession(engine) as session:
        user = await find_user(session, token or header)
    if user is None or user.id is None:
        await websocket.close(1008)
        return
    try:
        await answer(websocket, user.id)
        await websocket.close()
    except WebSocketDisconnect:
        pass  # the client has gone; what was answered is stored
