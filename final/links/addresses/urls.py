"""Addresses that may be saved: http and https, without anything that browsers read differently."""

import hashlib
import re
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, AnyHttpUrl, Field, TypeAdapter, ValidationError

MAX_LENGTH = 2083
# pydantic would drop or turn these silently: a copy that looks the same leads somewhere else.
TREACHEROUS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")
# Without both slashes it is something else to a browser than to everybody else.
WELL_FORMED = re.compile(r"https?://[^/?#]", re.IGNORECASE)
LOOPBACK = re.compile(r"localhost|.*\.localhost|localhost\.localdomain|ip6-localhost")
HTTP = TypeAdapter(AnyHttpUrl)


def web_address(value: str) -> str:
    """Check a URL and return it as it is stored: as it was sent, escaped where it was not ASCII."""
    value = value.strip(" \t\r\n")
    if len(value) > MAX_LENGTH:
        raise ValueError(f"must have at most {MAX_LENGTH} characters")
    if TREACHEROUS.search(value):
        raise ValueError("must not contain blanks, control characters or backslashes")
    if not WELL_FORMED.match(value):
        raise ValueError("must be an http or https URL")
    try:
        url = HTTP.validate_python(value)
    except ValidationError:
        raise ValueError("must be an http or https URL") from None
    if url.username is not None or url.password is not None or "@" in urlsplit(value).netloc:
        raise ValueError("must not contain a user name or password")
    return value if value.isascii() else str(url)


WebAddress = Annotated[
    str,
    AfterValidator(web_address),
    Field(
        description=f"http or https, up to {MAX_LENGTH} characters.",
        examples=["https://fastapi.tiangolo.com/"],
        json_schema_extra={"format": "uri", "minLength": 1},
    ),
]


def url_hash(url: str) -> str:
    """Return what is equal for two spellings of one address, and short enough for an index."""
    with suppress(ValidationError):  # nothing that could have been stored is found nowhere
        url = str(HTTP.validate_python(url))
    return hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()


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


def origin(url: str) -> tuple[str, int]:
    """Return the host and port of an address; http and https are the same house."""
    parts = HTTP.validate_python(url)
    host = (parts.host or "").rstrip(".")
    return "localhost" if is_loopback(host) else host, 80 if parts.port == 443 else parts.port or 80
