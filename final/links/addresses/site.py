"""What this installation calls its own: its address, and the words it needs for its routes."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from final.links.addresses.urls import HTTP, Address, Origin, origin
from final.links.errors import AliasReserved, AliasTooShort, OwnAddress

# Small letters and digits that nobody mistakes for one another, read aloud or on paper.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
CODE_LENGTH = 7
KEY = re.compile(r"[A-Za-z0-9_-]{1,30}")
# Shorter ones are few: only administrators give them away.
SHORTEST_ALIAS = 3


def casefold_key(key: str) -> str:
    """Return the form in which two spellings of one key are equal."""
    return key.lower()


def reserve(paths: Iterable[str]) -> frozenset[str]:
    """Return the first words of all paths: no key may be called that."""
    words = (path.strip("/").partition("/")[0] for path in paths)
    return frozenset(casefold_key(word) for word in words if word and not word.startswith("{"))


def ensure_long_enough(alias: str | None, *, is_admin: bool) -> None:
    """Raise `AliasTooShort` for an alias that only an administrator may take."""
    if alias and len(alias) < SHORTEST_ALIAS and not is_admin:
        raise AliasTooShort


@dataclass(frozen=True)
class Site:
    """The address that short URLs begin with, and the words that no alias may be."""

    base_url: str
    reserved: frozenset[str]

    def short_url(self, key: str) -> str:
        """Return the short URL of an alias or short code."""
        return f"{self.base_url}/{key}"

    def ensure_not_reserved(self, alias: str) -> None:
        """Raise `AliasReserved` for a word that a route begins with, in any case."""
        if casefold_key(alias) in self.reserved:
            raise AliasReserved

    @cached_property
    def origin(self) -> Origin:
        """The host and port of this address."""
        return origin(HTTP.validate_python(self.base_url))

    def ensure_not_own_address(self, url: Address) -> None:
        """Raise `OwnAddress` for a URL that leads back here."""
        if url.origin == self.origin:
            raise OwnAddress

    def new_short_code(self) -> str:
        """Return a random code that is no route; whether it is free, the database knows."""
        while True:
            code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
            if code not in self.reserved:
                return code
