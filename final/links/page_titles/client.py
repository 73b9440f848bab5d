"""A client for addresses that somebody else has chosen."""

import httpx
from drawbridge import Client, Policy


class ServerNameInText(httpx.AsyncBaseTransport):
    """Names the server of a TLS connection in text.

    drawbridge has the name in bytes, and anyio from 4.15 on does not take those: without this, no
    https page would be fetched. The version of drawbridge is pinned.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        """Take what connects."""
        self.inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        if name := request.extensions.get("sni_hostname"):
            request.extensions["sni_hostname"] = name.decode("ascii")
        return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close its connections."""
        await self.inner.aclose()


def open_client(policy: Policy) -> Client:
    """Make a client that connects only to where a policy lets it."""
    client = Client(policy)
    guard = client._transport
    guard._inner = ServerNameInText(guard._inner)  # type: ignore[assignment]
    return client
