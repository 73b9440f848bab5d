"""Who is asking, as far as an address can tell."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from starlette.requests import HTTPConnection

Proxies: TypeAlias = Sequence[IPv4Network | IPv6Network]


def client_address(connection: HTTPConnection, trusted_proxies: Proxies) -> str:
    """Return the address an attempt is counted under; headers count only from trusted proxies.

    uvicorn itself believes whoever connects from 127.0.0.1. So where no proxy is configured, all
    requests that claim to be forwarded count as one client, whatever they claim.
    """
    host: str = connection.client.host if connection.client else "local"
    claimed = connection.headers.getlist("x-forwarded-for")  # a proxy may add a line of its own
    if not claimed:
        return neighbourhood(host)
    if not trusted_proxies:
        return "forwarded"
    hops = ",".join(claimed).split(",")
    while hops and is_trusted(host, trusted_proxies):
        host = without_port(hops.pop().strip()) or host
    return neighbourhood(host)


def without_port(host: str) -> str:
    """Cut the port off an address, as some proxies write it, and the brackets of IPv6."""
    match = re.fullmatch(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+", host)
    return (match[1] or match[2]) if match else host


def read_address(host: str) -> IPv4Address | IPv6Address | None:
    """Read an address in any spelling; IPv4 in the clothes of IPv6 is IPv4."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def neighbourhood(host: str) -> str:
    """Return what one client cannot leave: its address, or the /64 that IPv6 gives everybody."""
    address = read_address(host)
    if address is None:
        return host
    return str(address) if address.version == 4 else str(IPv6Network((int(address), 64), False))


def is_trusted(host: str, trusted_proxies: Proxies) -> bool:
    """Tell whether an address belongs to one of our own proxies."""
    address = read_address(host)
    return address is not None and any(address in network for network in trusted_proxies)
