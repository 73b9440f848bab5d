"""Signing and reading JWTs."""

import os
import secrets
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import jwt
from cachetools import TLRUCache
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from final.core.config import Settings
from final.core.fields import MAX_INT

TokenType = Literal["access", "refresh"]

# So many tokens at most are known as genuine without being verified again.
REMEMBERED = 1000


class Claims(BaseModel):
    """What a token says: who, in which session, for what, until when."""

    model_config = ConfigDict(strict=True)

    sub: str = Field(pattern=r"^[1-9][0-9]{0,9}$")
    sid: int = Field(ge=1, le=MAX_INT)
    jti: str
    type: TokenType
    exp: int

    @property
    def user_id(self) -> int:
        """Return the subject as the number it is in the database."""
        return int(self.sub)


class Tokens:
    """Sign and read the tokens of this installation."""

    def __init__(self, settings: Settings) -> None:
        """Take the keys, making one where development has none; the newest signs."""
        self.key, *self.previous = signing_keys(settings)
        self.algorithm = settings.jwt_algorithm
        self.access_lifetime = timedelta(minutes=settings.access_token_expire_minutes)
        self.refresh_lifetime = timedelta(days=settings.refresh_token_expire_days)
        self.verified: TLRUCache[str, Claims] = TLRUCache(REMEMBERED, until_expired, time.time)

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
        claims = self.verified.get(token) or self.verify(token)
        return claims if claims and claims.type == kind else None

    def verify(self, token: str) -> Claims | None:
        """Verify a token, and remember it: it comes with each request of its owner."""
        required = ["exp", "iat", "sub", "sid", "jti", "type"]
        try:
            claims = Claims.model_validate(self.decode(token, {"require": required}))
        except (jwt.PyJWTError, ValidationError, ValueError, OverflowError):
            return None
        if claims.user_id > MAX_INT:
            return None
        self.verified[token] = claims
        return claims

    def decode(self, token: str, options: Any) -> dict[str, Any]:
        """Verify a token by the present key, or by one that was replaced not long ago."""
        for key in (self.key, *self.previous):
            with suppress(jwt.InvalidSignatureError):
                payload: dict[str, Any] = jwt.decode(
                    token, key, algorithms=[self.algorithm], options=options
                )
                return payload
        raise jwt.InvalidSignatureError


def until_expired(_token: str, claims: Claims, _now: float) -> float:
    """Return when a token is to be forgotten."""
    return claims.exp


def new_jti() -> str:
    """Return an identifier that no other token has."""
    return uuid4().hex


def signing_keys(settings: Settings) -> list[str]:
    """Return the configured keys, or those this machine made for development, the newest first."""
    if settings.jwt_secret_key:
        keys = [settings.jwt_secret_key, *settings.jwt_secret_key_previous]
        return [key.get_secret_value() for key in keys]
    return read_or_create_key(settings.jwt_key_file).split()


def read_or_create_key(path: Path) -> str:
    """Share one random key among workers and restarts, in a file only its owner can read."""
    if not path.exists():
        create_key(path)
    return path.read_text()


def create_key(path: Path) -> None:
    """Write a random key, unless another worker that starts at the same moment is quicker."""
    draft = path.with_name(f"{path.name}.{uuid4().hex}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(secrets.token_hex(64))
    try:
        os.link(draft, path)  # atomic, and fails where there is a key
    except FileExistsError:
        pass
    finally:
        draft.unlink()
