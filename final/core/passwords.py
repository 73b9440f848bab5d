"""Hashing passwords, off the event loop and out of the way of other requests."""

import asyncio
import os
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from passlib.context import CryptContext

T = TypeVar("T")

# A tenth of what another thread gets while both want the same core.
NICENESS = 10


class Passwords:
    """Hash and verify, one at a time, on a thread that yields to everything else.

    bcrypt is a quarter of a second of pure computing. In the event loop it would stop every
    other request; in ordinary threads eight log-ins would slow them sevenfold.
    """

    def __init__(self, rounds: int) -> None:
        """Prepare a hasher of this cost; bcrypt_sha256 has no limit of 72 bytes."""
        self.context = CryptContext(
            ["bcrypt_sha256", "bcrypt"], deprecated="auto", bcrypt_sha256__rounds=rounds
        )
        # Well-formed, of the usual cost, and the hash of nothing: for accounts that do not exist.
        self.decoy = f"$bcrypt-sha256$v=2,t=2b,r={rounds}${'.' * 22}${'.' * 31}"
        self.executor = ThreadPoolExecutor(1, "password-hash", initializer=yield_to_others)

    async def hash(self, password: str) -> str:
        """Hash a password for keeping."""
        return await self._run(lambda: self.context.hash(normalized(password)))

    async def verify(self, password: str, hashed: str | None) -> str | None:
        """Return the text whose hash this is, if a password is right: itself, or as it once was.

        No hash to compare with takes just as long, and fails.
        """
        for text in dict.fromkeys((normalized(password), password)):
            compare = partial(self.context.verify, text, hashed or self.decoy)
            if await self._run(compare) and hashed is not None:
                return text
        return None

    async def renew(self, text: str, hashed: str) -> str:
        """Return the hash to keep from now on: another where today's rules differ."""
        outdated = self.context.needs_update(hashed) or text != normalized(text)
        return await self.hash(text) if outdated else hashed

    def close(self) -> None:
        """Let the thread finish."""
        self.executor.shutdown(wait=False)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.executor, work)


def normalized(password: str) -> str:
    """Return the form in which two keyboards write one password: an accent is a key, or two."""
    return unicodedata.normalize("NFKC", password)


def yield_to_others() -> None:
    """Let everybody else go first, on Linux, where a thread has a priority of its own.

    Not the lowest of all: where the machine is busy with something else, such a thread gets no turn
    for seconds, and the whole process waits with it when it holds the interpreter's lock just then.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
