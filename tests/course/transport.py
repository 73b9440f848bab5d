"""The way of a request to an app in a process of its own: where it fails, it says why."""

import json
import re
from urllib.parse import unquote

import httpx2

from tests.course.failures import CrashError, EndError, HangError
from tests.course.isolation import AppProcess

CRASH_HEADER, PLACE_HEADER = "x-crash", "x-place"

# After one request has hung, others are given less time: what hangs here is likely to hang there.
SECONDS_AFTER_A_HANG = 4


class Transport(httpx2.HTTPTransport):
    """Sends the requests of one client to an app, and says what has become of it."""

    def __init__(self, app: AppProcess, hung: dict[str, Exception]) -> None:
        super().__init__(
            verify=False, limits=httpx2.Limits(max_connections=100, keepalive_expiry=60)
        )
        self.app, self.hung = app, hung

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; raise an AppError where there is no proper answer."""
        kind = f"{request.method} {re.sub('[0-9]+', '{}', request.url.path)}"
        if kind in self.hung:
            raise self.hung[kind]
        if self.hung:
            # Once is chance; what hangs in one place is likely to hang in others.
            request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), 4)
        try:
            response = super().handle_request(request)
        except httpx2.TimeoutException:
            self.hung[kind] = self.describe_hang()
            raise self.hung[kind] from None
        except (httpx2.NetworkError, httpx2.RemoteProtocolError):
            raise self.died() from None
        if response.status_code >= 500:
            self.app.is_well = False
        response.extensions["loose"] = self.app.loose
        if place := response.headers.pop(PLACE_HEADER, None):
            response.extensions["place"] = json.loads(unquote(place))
        if crash := response.headers.get(CRASH_HEADER):
            problem = json.loads(unquote(crash))
            response.close()
            raise CrashError(problem["message"], problem["places"])
        return response

    def describe_hang(self) -> HangError:
        """Say that the app does not answer, and where it is."""
        self.app.is_well = False
        places = self.app.find_places()
        self.app.kill()
        return HangError(f"it had not answered after {self.app.limits.request_seconds:g} s", places)

    def died(self) -> EndError:
        """Say why the app is gone."""
        self.app.is_well = False
        for reader in self.app.readers:
            reader.join(2)
        problem = self.app.problem or {"message": self.app.ending(), "places": []}
        return EndError(problem["message"], problem["places"])


def client_for(app: AppProcess, hung: dict[str, Exception] | None = None) -> httpx2.Client:
    """Return a client whose requests raise CrashError, HangError or EndError where the app fails.

    What has hung once is not tried again: `hung` remembers it, also for other clients.
    """
    transport = Transport(app, {} if hung is None else hung)
    seconds = app.limits.request_seconds
    return httpx2.Client(base_url=app.url, transport=transport, timeout=seconds)
