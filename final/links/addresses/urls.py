"""Addresses that may be saved: http and https, without anything that browsers read differently."""

import hashlib
import re
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, Field, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

MAX_LENGTH = 2083
# pydantic would drop or turn these silently: a copy that looks the same leads somewhere else.
TREACHEROUS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")
# Without both slashes it is something else to a browser than to everybody else.
WELL_FORMED = re.compile(r"https?://[^/?#]", re.IGNORECASE)
LOOPBACK = re.compile(r"localhost|.*\.localhost|localhost\.localdomain|ip6-localhost")
HTTP = TypeAdapter(AnyHttpUrl)

Origin: TypeAlias = tuple[str, int]


class Address(str):
    """A URL that may be saved, as it is stored: as it was sent, escaped where it was not ASCII.

    It is parsed and hashed once, where it comes in. Two spellings of one address have the same
    `hash`, which is short enough for an index.
    """

    hash: str
    origin: Origin

    @classmethod
    def read(cls, value: str) -> "Address":
        """Check a URL that somebody has sent."""
        value = value.strip(" \t\r\n")
        url = parse(value)
        address = cls(value if value.isascii() else str(url))
        address.hash = digest(str(url))
        address.origin = origin(url)
        return address

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let schemas have it as a field."""
        return no_info_after_validator_function(cls.read, handler(str))


WebAddress = Annotated[
    Address,
    Field(
        description=f"http or https, up to {MAX_LENGTH} characters.",
        examples=["https://fastapi.tiangolo.com/"],
        json_schema_extra={"format": "uri", "minLength": 1},
    ),
]


def check_text(value: str) -> None:
    """Raise `ValueError` for what browsers and libraries would not read alike."""
    if len(value) > MAX_LENGTH:
        raise ValueError(f"must have at most {MAX_LENGTH} characters")
    if TREACHEROUS.search(value):
        raise ValueError("must not contain blanks, control characters or backslashes")
    if not WELL_FORMED.match(value):
        raise ValueError("must be an http or https URL")


def parse(value: str) -> AnyHttpUrl:
    """Read a URL that may be saved, or raise `ValueError`."""
    check_text(value)
    try:
        url = HTTP.validate_python(value)
    except ValidationError:
        raise ValueError("must be an http or https URL") from None
    if url.username is not None or url.password is not None or "@" in urlsplit(value).netloc:
        raise ValueError("must not contain a user name or password")
    return url


def url_hash(url: str) -> str:
    """Return the hash that an address has, or would have, to look for it."""
    with suppress(ValidationError):  # nothing that could have been stored is found nowhere
        url = str(HTTP.validate_python(url))
    return digest(url)


def digest(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def is_loopback(host: str) -> bool:
    """Tell whether a host is a name or an address for this machine."""
    if LOOPBACK.fullmatch(host):
        return True
    with suppress(ValueError):
        address = ip_address(host.strip("[]"))
        if isinstance(address, IPv6Address) and 1 < int(address) < 2**32:  # ::127.0.0.1
            address = IPv4Address(int(address))
        address = getattr(address, "ipv4_mapped", None) or address
        return address.is_loopback or address.is_unspecified
    return False


def origin(url: AnyHttpUrl) -> Origin:
    """Return the host and port of an address; http and https are the same house."""
    host = (url.host or "").rstrip(".")
    return "localhost" if is_loopback(host) else host, 80 if url.port == 443 else url.port or 80
