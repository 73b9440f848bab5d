"""Asking pages whether they are still there, one page of a host after the other."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from drawbridge import Policy
from sqlalchemy.exc import DBAPIError

from final.core.background import alongside
from final.core.database.engine import Database
from final.core.database.lease import leased
from final.core.errors import Unavailable
from final.core.observability.logs import get_logger
from final.links.checking.service import (
    Target,
    finish,
    note_statuses,
    read_targets,
    read_waiting,
)
from final.links.models import LinkCheck
from final.links.page_titles.client import open_client
from final.links.page_titles.fetcher import FAULTS, POLICY

logger = get_logger(__name__)

AT_ONCE = 8
POLL_SECONDS = 10.0
# Between two requests to one host, however many of its pages are in the list.
PAUSE_SECONDS = 1.0
# A server that wants to be left alone for longer is asked another time.
MAX_WAIT_SECONDS = 30
TIMEOUT_SECONDS = 10.0
# Some servers do not know HEAD, or refuse it to programs.
NOT_HEAD = (400, 403, 404, 405, 501)
LATER = (429, 503)

# What became of a page: its status, or None where nobody answered.
Status = int | None


class LinkChecker:
    """Checks the lists that wait for it: one worker of all, and one page of a host at a time."""

    def __init__(self, database: Database, policy: Policy = POLICY) -> None:
        """Check nothing yet."""
        self.database = database
        self.policy = policy
        self.turn = asyncio.Semaphore(AT_ONCE)
        self.hosts: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.asked = asyncio.Event()

    async def wake(self) -> None:
        """Look at once whether a list waits."""
        self.asked.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Check in the background; what is not done at the end, another worker goes on with."""
        async with alongside(self.check_forever()):
            yield

    async def check_forever(self) -> None:
        """Look for lists now and then: whoever was to check one may be gone."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.asked.wait(), POLL_SECONDS)
            self.asked.clear()
            try:
                await self.work()
            except TimeoutError:
                logger.warning("links are checked by another worker")
            except (DBAPIError, Unavailable) as error:
                logger.error("links not checked yet", error=str(error)[:200])

    async def work(self) -> None:
        """Check lists for as long as some wait, unless another worker does."""
        if not await read_waiting(self.database):
            return
        async with leased(self.database, "link checks") as is_ours:
            reached: dict[int, int] = {}
            while is_ours and (waiting := await read_waiting(self.database)):
                await self.check(await self.take_targets(waiting, reached))
        self.hosts.clear()

    async def take_targets(
        self, waiting: Sequence[LinkCheck], reached: dict[int, int]
    ) -> Sequence[Target]:
        """Return the next links of each list, one that several have once."""
        targets: dict[int, Target] = {}
        for check in waiting:
            some = await self.take_some(check, reached)
            targets |= {target.id: target for target in some}
        return list(targets.values())

    async def take_some(self, check: LinkCheck, reached: dict[int, int]) -> Sequence[Target]:
        """Return the next links of one list; where there are none, it is done."""
        some = await read_targets(self.database, check.user_id, reached.get(check.user_id, 0))
        if some:
            reached[check.user_id] = some[-1].id
        else:
            reached.pop(check.user_id, None)
            await finish(self.database, check)
        return some

    async def check(self, targets: Sequence[Target]) -> None:
        """Ask for some pages and note what became of them."""
        answers = await asyncio.gather(*(self.ask(target.url) for target in targets))
        known = {
            target.id: answer[0] for target, answer in zip(targets, answers, strict=True) if answer
        }
        await note_statuses(self.database, known)

    async def ask(self, url: str) -> tuple[Status] | None:
        """Return the status of a page, when it is its host's turn, if it is to be known."""
        async with self.hosts[urlsplit(url).netloc.lower()]:
            for method in ("HEAD", "GET"):
                async with self.turn:
                    status, wait = await self.request(method, url)
                await asyncio.sleep(PAUSE_SECONDS)
                if status in LATER:
                    if wait > MAX_WAIT_SECONDS:
                        return None
                    await asyncio.sleep(wait)
                elif status not in NOT_HEAD:
                    break
            return None if status == LATER[0] else (status,)

    async def request(self, method: str, url: str) -> tuple[Status, int]:
        """Ask once; return the status, and for how long the server wants to be left alone."""
        try:
            async with (
                asyncio.timeout(TIMEOUT_SECONDS),
                open_client(self.policy) as client,
                client.stream(method, url) as response,
            ):
                wait = response.headers.get("retry-after", "")
                return response.status_code, int(wait) if wait.isdecimal() else 0
        except (*FAULTS, TimeoutError) as error:
            logger.info("link not reached", error=type(error).__name__)
            return None, 0
