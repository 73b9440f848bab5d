"""Asking pages whether they are still there, one page of a host after the other."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import urlsplit

from drawbridge import Client, Policy

from final.core.database.engine import Database
from final.core.observability.logs import get_logger
from final.links.checking.service import Target, note_statuses, read_targets
from final.links.page_titles.fetcher import FAULTS, POLICY

logger = get_logger(__name__)

AT_ONCE = 8
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
    """Checks lists, each by itself, and all of them one page of a host at a time."""

    def __init__(self, database: Database, policy: Policy = POLICY) -> None:
        """Check nothing yet."""
        self.database = database
        self.policy = policy
        self.turn = asyncio.Semaphore(AT_ONCE)
        self.hosts: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.busy: set[int] = set()

    async def check_list(self, user_id: int) -> None:
        """Check the links of a list that nobody has checked lately, unless that is going on."""
        if user_id in self.busy:
            return
        self.busy.add(user_id)
        try:
            last = 0
            while targets := await read_targets(self.database, user_id, last):
                await self.check(targets)
                last = targets[-1].id
        finally:
            self.busy.discard(user_id)
            if not self.busy:
                self.hosts.clear()

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
                Client(self.policy) as client,
                client.stream(method, url) as response,
            ):
                wait = response.headers.get("retry-after", "")
                return response.status_code, int(wait) if wait.isdecimal() else 0
        except (*FAULTS, TimeoutError) as error:
            logger.info("link not reached", error=type(error).__name__)
            return None, 0
