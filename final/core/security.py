"""Passwords and tokens: hashing off the event loop, signing and reading JWTs."""

import asyncio
import os
import secrets
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar
from uuid import uuid4

import jwt
from passlib.context import CryptContext
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from final.core.config import Settings
from final.core.fields import MAX_INT

T = TypeVar("T")
TokenType = Literal["access", "refresh"]

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


class Claims(BaseModel):
    """What a token says: who, in which session, for what, until when."""

    model_config = ConfigDict(strict=True)

    sub: str = Field(pattern=r"^[1-9][0-9]{0,9}$")
    sid: int = Field(ge=1, le=MAX_INT)
    jti: str
    type: TokenType

    @property
    def user_id(self) -> int:
        """Return the subject as the number it is in the database."""
        return int(self.sub)


class Tokens:
    """Sign and read the tokens of this installation."""

    def __init__(self, settings: Settings) -> None:
        """Take the key, making one where development has none."""
        self.key = signing_key(settings)
        self.algorithm = settings.jwt_algorithm
        self.access_lifetime = timedelta(minutes=settings.access_token_expire_minutes)
        self.refresh_lifetime = timedelta(days=settings.refresh_token_expire_days)

    def sign(self, kind: TokenType, user_id: int, session_id: int, jti: str, now: datetime) -> str:
        """Issue a token that starts now."""
        lifetime = self.access_lifetime if kind == "access" else self.refresh_lifetime
        claims = {
            "sub": str(user_id),
            "sid": session_id,
            "jti": jti,
            "type": kind,
            "iat": now,
            "exp": now + lifetime,
        }
        return jwt.encode(claims, self.key, self.algorithm)

    def read(self, token: str, kind: TokenType) -> Claims | None:
        """Return the claims of a genuine, unexpired token of this kind, or nothing."""
        required = ["exp", "iat", "sub", "sid", "jti", "type"]
        try:
            payload: dict[str, Any] = jwt.decode(
                token, self.key, algorithms=[self.algorithm], options={"require": required}
            )
            claims = Claims.model_validate(payload)
        except (jwt.PyJWTError, ValidationError, ValueError, OverflowError):
            return None
        return claims if claims.type == kind and claims.user_id <= MAX_INT else None


def new_jti() -> str:
    """Return an identifier that no other token has."""
    return uuid4().hex


def signing_key(settings: Settings) -> str:
    """Return the configured key, or the one this machine made for development."""
    if settings.jwt_secret_key:
        return settings.jwt_secret_key.get_secret_value()
    return read_or_create_key(settings.jwt_key_file)


def read_or_create_key(path: Path) -> str:
    """Share one random key among workers and restarts, in a file only its owner can read."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{uuid4().hex}")
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_hex(64))
        try:
            os.link(draft, path)  # atomic: of two workers that start together, one wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
