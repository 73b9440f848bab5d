"""What is told in a batch upload while the next items are stored."""

import asyncio
import json
from typing import Any, cast

import pytest
from starlette.websockets import WebSocketDisconnect

from final.core.errors import NotAuthenticated
from final.links.shortener.outbox import Outbox

pytestmark = pytest.mark.anyio


class SlowClient:
    """A client that reads nothing before it is let."""

    def __init__(self) -> None:
        """Hold it back."""
        self.may_read = asyncio.Event()
        self.read: list[Any] = []

    async def send_text(self, text: str) -> None:
        """Take a message, as a WebSocket does."""
        await self.may_read.wait()
        self.read.append(json.loads(text)["n"])


async def test_work_goes_on_while_the_results_before_it_are_told() -> None:
    client = SlowClient()
    outbox = Outbox(cast("Any", client))
    async with outbox.emptying():
        await outbox.send({"n": 1}, {"n": 2})
        following = asyncio.create_task(outbox.send({"n": 3}))
        await asyncio.sleep(0)
        assert not client.read
        assert not following.done()  # one group may be ahead, but not two
        client.may_read.set()
        await following
    assert client.read == [1, 2, 3]


@pytest.mark.parametrize(
    ("end", "told"), [(NotAuthenticated(), [1, 2]), (WebSocketDisconnect(), [])]
)
async def test_what_is_stored_is_told_before_the_end_unless_nobody_listens(
    end: Exception, told: list[int]
) -> None:
    client = SlowClient()

    async def upload(outbox: Outbox) -> None:
        async with outbox.emptying():
            await outbox.send({"n": 1}, {"n": 2})
            asyncio.get_running_loop().call_soon(client.may_read.set)
            raise end

    with pytest.raises(type(end)):
        await upload(Outbox(cast("Any", client)))
    assert client.read == told
