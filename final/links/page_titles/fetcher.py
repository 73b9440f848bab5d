"""The title of a page somewhere on the internet, fetched without being led astray.

drawbridge resolves each name once, refuses every address that is not public, connects to exactly
the address it has checked, and does so again after each redirect. What it does not know are a few
ranges that carry IPv4 addresses in other clothes; they are added here. Size, time, type and
compression are capped, and only so many pages are fetched at once.
"""

import asyncio
import re
import zlib
from collections.abc import Coroutine
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network
from typing import Any

import httpx
from bs4 import BeautifulSoup
from bs4.filter import SoupStrainer
from drawbridge import DrawbridgeError, Policy

from final.core.database.engine import Database
from final.core.observability.logs import get_logger
from final.core.text.encoding import decode_html
from final.links.page_titles.client import open_client
from final.links.shortener.service import fill_title

logger = get_logger(__name__)

FAILED = "Failed to Fetch Title"
NO_TITLE = "No Title"
MAX_BYTES = 256 * 1024
MAX_TITLE = 300
TIMEOUT_SECONDS = 5.0
AT_ONCE = 8
MAX_WAITING = 100
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
HTML_TYPES = ("text/html", "application/xhtml+xml", "")
MORE_PRIVATE_RANGES: list[IPv4Network | IPv6Network] = [
    IPv4Network("192.88.99.0/24"),  # 6to4 relays
    IPv6Network("::/96"),  # IPv4-compatible
    IPv6Network("::ffff:0:0:0/96"),  # IPv4-translated
    IPv6Network("fec0::/10"),  # site-local
    IPv6Network("3fff::/20"),  # documentation
    IPv6Network("5f00::/16"),  # segment routing
]
POLICY = Policy(
    ip_blocklist=frozenset(MORE_PRIVATE_RANGES),
    allow_ports=frozenset({80, 443, 8080, 8443}),
    timeout=TIMEOUT_SECONDS,
    max_redirects=5,
    user_agent="Mozilla/5.0 (compatible; LinkHub)",
    # Made once: to read all authorities takes 22 ms. What this is goes on to httpx, which takes
    # `True` or a context.
    verify_ssl=httpx.create_ssl_context(),  # type: ignore[arg-type]
)
HEADERS = {"Accept": "text/html", "Accept-Encoding": "gzip"}
FAULTS = (DrawbridgeError, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, zlib.error)


class PageTitles:
    """Fetches titles, so many at once; nobody else waits for a slow page."""

    def __init__(self, database: Database, policy: Policy = POLICY) -> None:
        """Fetch nothing yet."""
        self.database = database
        self.policy = policy
        self.turn = asyncio.Semaphore(AT_ONCE)
        self.tasks: set[asyncio.Task[Any]] = set()

    async def fetch(self, url: str) -> str:
        """Return the title of a page, `No Title` or `Failed to Fetch Title`, in limited time."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), self.turn:
                html, charset = await self.download(url)
                title = await asyncio.to_thread(read_title, html, charset)
        except (*FAULTS, TimeoutError) as error:
            logger.info("no page title", error=type(error).__name__)
            return FAILED
        except Exception:  # a fault of ours, for which nobody is to lose a link
            logger.exception("no page title")
            return FAILED
        return title or NO_TITLE

    async def download(self, url: str) -> tuple[bytes, str | None]:
        """Return the beginning of a page, and the encoding that its server claims."""
        async with (
            open_client(self.policy) as client,
            client.stream("GET", url, headers=HEADERS) as response,
        ):
            response.raise_for_status()
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind not in HTML_TYPES:
                return b"", None
            body = await read_beginning(response)
            coding = response.headers.get("content-encoding", "identity").strip().lower()
            return unpack(body, coding), response.charset_encoding

    async def within(self, url: str, seconds: float) -> str | None:
        """Return a title if it can be had so quickly."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return found(await self.fetch(url))
        return None

    async def fill_later(self, url: str) -> None:
        """Fetch a title in the background for the links that have none."""
        if len(self.tasks) < MAX_WAITING:
            self.start(self.fill(url))

    async def fill(self, url: str) -> None:
        """Fetch a title and store it; a failure harms nobody."""
        try:
            if title := found(await self.fetch(url)):
                async with self.database.transaction() as session:
                    await fill_title(session, url, title)
        except Exception as error:
            logger.error("page title not stored", error=type(error).__name__)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something in the background, kept alive until it is done."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def close(self) -> None:
        """Give up what is still being fetched."""
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def found(title: str) -> str | None:
    """Return a title worth keeping."""
    return None if title in (FAILED, NO_TITLE) else title


async def read_beginning(response: httpx.Response) -> bytes:
    """Return as much of a page as may be needed to find its title, compressed as it came."""
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= MAX_BYTES:
            break
    return body


def unpack(body: bytes, coding: str) -> bytes:
    """Undo the compression, but never into more than the limit: bombs stay small."""
    if coding in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(wbits=47).decompress(body, MAX_BYTES)
    if coding != "identity":
        raise ValueError("unknown content coding")
    return body[:MAX_BYTES]


def read_title(html: bytes, charset: str | None) -> str:
    """Return the text of the first title element on one line, whatever the encoding."""
    if len(html) == MAX_BYTES:  # cut off: perhaps in the middle of a character
        html = html[: html.rfind(b">") + 1]
    text = decode_html(html, charset)
    # lxml: the time that html.parser takes for a page made to be slow grows with its square.
    soup = BeautifulSoup(CONTROL.sub("", text), "lxml", parse_only=SoupStrainer("title"))
    title = soup.title.get_text() if soup.title else ""
    # Once more, for those that were written as entities.
    return " ".join(CONTROL.sub("", title).split())[:MAX_TITLE]
