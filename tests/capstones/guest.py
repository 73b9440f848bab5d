"""The client of the capstones: somebody who signs up, logs in and uses a product."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import httpx2

from tests.capstones.channel import Channel, open_channel
from tests.capstones.targets import ENVIRONMENT
from tests.course.exchanges import EXCHANGES, stop
from tests.course.explain import Sent
from tests.course.roadmap import Roadmap
from tests.course.visitor import ROUTES, Json, Visitor, routes_of

PASSWORD = "four unrelated words here"

# Starts the app under test with more settings; called twice in a test, it restarts it.
Start = Callable[..., AbstractContextManager["Guest"]]

# An id that nothing will reach.
UNKNOWN_ID = 2**31 - 1

EMPTY = "what SQLModel has committed is empty until it is read again: session.refresh(...)"


@dataclass(frozen=True)
class Product:
    """What the guests of a product must know: its roadmap, and how to get in."""

    roadmap: Roadmap
    register_path: str
    log_in_path: str
    # The items of the roadmap to blame when nobody gets in.
    register_item: str
    log_in_item: str
    admin_item: str
    # Whether routes may have a version in front, and whether the log-in takes a form.
    versioned: bool = False
    form: bool = True


def new_account(**changes: Any) -> Json:
    """Return the body of a sign-up with a name that nobody else uses."""
    name = f"user{uuid4().hex[:12]}"
    return {"username": name, "email": f"{name}@example.com", "password": PASSWORD} | changes


class Guest(Visitor):
    """Somebody who uses a product: anonymous at first, known with a token."""

    def __init__(
        self, http: httpx2.Client, app_name: str, product: Product, account: Json | None = None
    ) -> None:
        super().__init__(http, app_name)
        self.product, self.roadmap = product, product.roadmap
        self.account = account or {}
        # The item to blame for the request under way, where it is not that of the test.
        self.blamed: str | None = None

    @property
    def id(self) -> int:
        """The number of the guest's account."""
        return int(self.account["id"])

    def with_token(self, token: str) -> Self:
        """Return the same guest with another token."""
        guest = type(self)(self.http, self.app_name, self.product, self.account)
        guest.token = token
        return guest

    def request(
        self, method: str, path: str, *, item: str | None = None, **options: Any
    ) -> httpx2.Response:
        """Send a request; an address with or without a slash at its end is the same."""
        self.blamed = item
        options.setdefault("follow_redirects", True)
        return super().request(method, self.versioned(path), item=item, **options)

    def put(self, path: str, **options: Any) -> httpx2.Response:
        """Send a PUT request."""
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> httpx2.Response:
        """Send a PATCH request."""
        return self.request("PATCH", path, **options)

    def versioned(self, path: str) -> str:
        """Put the version in front of a path where the app has it."""
        prefix = f"/api/v1/{path.split('/')[1].partition('?')[0]}"
        if self.product.versioned and any(prefix in route for route in self.routes()):
            return f"/api/v1{path}"
        return path

    def routes(self) -> set[str]:
        """Return the routes that the app documents."""
        if self.app_name not in ROUTES:
            answer = self.http.get("/openapi.json")
            if answer.status_code != 200:
                stop("GET /openapi.json does not answer: the suite looks there for your routes", "")
            ROUTES[self.app_name] = {route.rstrip("/") for route in routes_of(answer.json())}
        return ROUTES[self.app_name]

    def has_route(self, route: str) -> bool:
        """Tell whether the app documents a route such as `GET /posts/{}`, in any version."""
        method, path = route.rstrip("/").split(" ")
        return not self.routes().isdisjoint({f"{method} {path}", f"{method} /api/v1{path}"})

    def check_route(self, method: str, path: str, status: int) -> None:
        """Fail, naming the item of the roadmap, when the app lacks the route altogether."""
        super().check_route(method, self.unversioned(path), status)

    def owner(self, method: str, path: str) -> str | None:
        """Return the item to blame for a crash: that of the request, or else of the test itself."""
        return self.blamed

    def refuse(
        self,
        response: httpx2.Response,
        method: str,
        path: str,
        expected: tuple[int, ...],
        item: str | None,
    ) -> None:
        """Fail for a wrong status, unless it is one that another item has to put right."""
        super().refuse(response, method, self.unversioned(path), expected, item)

    def unversioned(self, path: str) -> str:
        """Take the version from a path."""
        return path.removeprefix("/api/v1") if self.product.versioned else path

    def make(self, path: str, usual: Json, changes: Json, item: str) -> Json:
        """Make something that tests need: if it has no number, its item is to blame."""
        body = usual | changes
        answer = self.post(path, json=body, expect=201, item=None if changes else item)
        made: Json = answer.json()
        if "id" not in made:
            last = EXCHANGES[-1]
            hint = "" if made else f"\n  {EMPTY}"
            stop(
                f"{last.request}\n  the answer has no field 'id'\n  got      {last.answer}{hint}",
                item,
            )
        return made

    def register(self, **changes: Any) -> Json:
        """Sign up and return the account with its password."""
        account = new_account(**changes)
        item = self.product.register_item
        answer = self.post(self.product.register_path, json=account, expect=201, item=item)
        shown: Json = answer.json()
        return account | shown

    def log_in(self, username: str, password: str) -> Self:
        """Return the guest with a token that the app has just made."""
        return self.with_token(self.try_log_in(username, password, 200).json()["access_token"])

    def try_log_in(self, name: str, password: str, *expect: int) -> httpx2.Response:
        """Ask for a token, with a name or, where the product has it so, an e-mail address."""
        kind = "data" if self.product.form else "json"
        field = "username" if self.product.form else "email"
        body = {kind: {field: name, "password": password}}
        item = self.product.log_in_item if 200 in expect else None
        return self.post(self.product.log_in_path, expect=expect, item=item, **body)

    def join(self, **changes: Any) -> Self:
        """Return somebody new who is logged in."""
        account = self.register(**changes)
        name = account["username" if self.product.form else "email"]
        guest = self.log_in(name, account["password"])
        guest.account = account
        return guest

    def as_admin(self) -> Self:
        """Return the administrator whom the environment names."""
        name = ENVIRONMENT["ADMIN_USERNAME" if self.product.form else "ADMIN_EMAIL"]
        answer = self.try_log_in(name, ENVIRONMENT["ADMIN_PASSWORD"], 200, 400, 401, 422)
        if answer.status_code != 200:
            names = "ADMIN_USERNAME, ADMIN_EMAIL and ADMIN_PASSWORD"
            stop(
                f"There is no administrator: {name} cannot log in ({answer.status_code}).\n"
                f"  At its start the app makes the account that {names} name.",
                self.product.admin_item,
            )
        return self.with_token(answer.json()["access_token"])

    @contextmanager
    def channel(self, path: str, **headers: str) -> Iterator[Channel]:
        """Open a WebSocket."""
        EXCHANGES.append(Sent(f"WebSocket {path}", ""))
        with open_channel(self.http, path, headers) as channel:
            yield channel


def every(guest: Guest, path: str, **params: Any) -> list[Json]:
    """List everything, page by page, by `skip` and `limit`."""
    found: list[Json] = []
    for skip in itertools.count(0, 100):
        page = guest.get(path, params={"skip": skip, "limit": 100} | params, expect=200).json()
        if page and page == found[-len(page) :]:
            break  # the app knows no `skip`: it has begun again
        found += page
        if len(page) < 100:
            break
    return found
