"""The route for listeners: a WebSocket that tells of new posts."""

from collections.abc import Awaitable, Callable

import anyio
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from starlette.status import WS_1013_TRY_AGAIN_LATER

from final.core.http.dependencies import ResourcesDep
from final.core.shared.pubsub import Subscriber
from final.posts.live.announcements import POSTS_TOPIC

router = APIRouter()

CLOSE_SECONDS = 1


@router.websocket("/ws")
@router.websocket("/api/v1/ws")
async def announce_posts(websocket: WebSocket, resources: ResourcesDep) -> None:
    """Send `post.created` for each newly published post; what the client says is not heeded."""
    async with resources.pubsub.subscribe(POSTS_TOPIC) as subscriber:
        await websocket.accept()
        await until_one_ends(
            lambda: forward(websocket, subscriber),
            lambda: wait_for_goodbye(websocket),
            subscriber.dropped.wait,
        )
    if subscriber.dropped.is_set():
        # The line to somebody who does not read is full: the farewell may not get through.
        with anyio.move_on_after(CLOSE_SECONDS):
            await websocket.close(WS_1013_TRY_AGAIN_LATER, "Reading too slowly")


async def forward(websocket: WebSocket, subscriber: Subscriber) -> None:
    """Send what is in line, one message after the other."""
    try:
        while True:
            await websocket.send_text(await subscriber.messages.get())
    except (WebSocketDisconnect, OSError):
        return


async def wait_for_goodbye(websocket: WebSocket) -> None:
    """Read, whatever it is, until the client leaves."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        continue


async def until_one_ends(*jobs: Callable[[], Awaitable[object]]) -> None:
    """Do several things at once; when one is done, stop the others."""
    async with anyio.create_task_group() as group:

        async def run(job: Callable[[], Awaitable[object]]) -> None:
            """Do one of them, then stop the rest."""
            await job()
            group.cancel_scope.cancel()

        for job in jobs:
            group.start_soon(run, job)
