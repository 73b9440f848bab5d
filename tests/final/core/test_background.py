"""Work beside a block: it ends with the block, and does not fail unnoticed."""

import asyncio

import pytest

from final.core.background import alongside

pytestmark = pytest.mark.anyio


async def test_it_ends_with_the_block_even_if_a_cancellation_is_swallowed() -> None:
    ended = asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()

    async with asyncio.timeout(10):
        async with alongside(stubborn()):
            await asyncio.sleep(0)
    assert ended.is_set()


async def test_what_goes_wrong_is_raised_at_the_end() -> None:
    async def fail() -> None:
        raise ValueError("no luck")

    with pytest.raises(ValueError, match="no luck"):
        async with alongside(fail()):
            await asyncio.sleep(0)
