"""The client that the suites use: it knows what to expect, and says it in a sentence."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NoReturn
from uuid import uuid4

import httpx2
import pytest

from tests.course.failures import AppError
from tests.course.places import problem_of, show
from tests.course.roadmap import ITEMS
from tests.course.sandbox import ROOT

Json = dict[str, Any]

# Starts the app under test: called twice in a test, it restarts it on the same data.
Start = Callable[[], AbstractContextManager["Visitor"]]

# An id that no link will reach.
UNKNOWN_ID = 2**31 - 1

# The answers to a request that saves something; 201 is the better one.
CREATED = (200, 201)

# The requests of the running test and their answers, for the report of a failure.
EXCHANGES: list[str] = []

# Whether the running test has changed what the app stores.
WRITES: list[str] = []

# The roadmap item for which the running test failed, where it is not the one that it checks.
BLAMED: list[str] = []

# The routes that each app documents, such as `GET /links/{}`; asked for once, as it takes a while.
ROUTES: dict[str, set[str]] = {}


def new_link(**changes: Any) -> Json:
    """Return the body of a link with a title that nobody else uses."""
    link = {"title": f"Title {uuid4().hex}", "url": "https://example.com/page"}
    return link | changes


def new_user(**changes: Any) -> Json:
    """Return the body of a sign-up with a name that nobody else uses."""
    name = f"user{uuid4().hex[:12]}"
    user = {"username": name, "email": f"{name}@example.com", "password": "correct horse"}
    return user | changes


def describe_body(options: Json) -> str:
    """Write what a request carries: JSON, a form, parameters or raw content."""
    parts = [options.get(key) for key in ("params", "json", "data", "content") if key in options]
    texts = (repr(part) if isinstance(part, bytes) else json.dumps(part) for part in parts)
    return " ".join(text if len(text) <= 500 else f"{text[:500]}..." for text in texts)


def routes_of(document: Json) -> Iterator[str]:
    """Read the routes from an OpenAPI document."""
    for path, methods in document["paths"].items():
        for method in methods:
            yield f"{method.upper()} {re.sub('{[^}]*}', '{}', path.rstrip('/') or '/')}"


def fits(route: str, method: str, path: str) -> bool:
    """Tell whether a request goes to a route such as `GET /links/{}`."""
    pattern = re.escape(route).replace(re.escape("{}"), "[^/]+").replace(re.escape(" "), " ")
    return re.fullmatch(pattern, f"{method} {path.partition('?')[0]}") is not None


def owner(method: str, path: str) -> str | None:
    """Return the number of the item that a route belongs to."""
    owners = (i for i in ITEMS.values() for route in i.routes if fits(route, method, path))
    return next((item.number for item in owners), None)


def describe(error: BaseException) -> str:
    """Say what went wrong in an app of this repository, and where."""
    problem = problem_of(error, ROOT)
    return "\n".join([problem["message"], *(f"  {show(place)}" for place in problem["places"])])


def stop(message: str, item: str | None) -> NoReturn:
    """Fail the test, in place of a long traceback, and say which roadmap item is to blame."""
    BLAMED.extend([item] if item else [])
    pytest.fail(message, pytrace=False)


class Visitor:
    """Somebody who uses the app under test: anonymous at first, known with a token.

    A request that says which status it expects fails the test, with a sentence, on another one.
    """

    def __init__(self, http: httpx2.Client, app_name: str, token: str | None = None) -> None:
        self.http = http
        self.app_name = app_name
        self.token = token

    def get(self, path: str, **options: Any) -> httpx2.Response:
        """Send a GET request."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx2.Response:
        """Send a POST request."""
        return self.request("POST", path, **options)

    def delete(self, path: str, **options: Any) -> httpx2.Response:
        """Send a DELETE request."""
        return self.request("DELETE", path, **options)

    def request(
        self,
        method: str,
        path: str,
        *,
        expect: int | tuple[int, ...] = (),
        item: str | None = None,
        **options: Any,
    ) -> httpx2.Response:
        """Send a request with the visitor's token and check the status of the answer.

        A wrong status is blamed on the roadmap item, where one is named, and not on the test's own.
        """
        options.setdefault("follow_redirects", True)  # from /links to /links/, where an app says so
        if self.token:
            options["headers"] = self.headers | options.get("headers", {})
        request = f"{method} {path} {describe_body(options)}".rstrip()
        response = self.send(request, method, path, options)
        EXCHANGES.append(f"{request}\n  {response.status_code} {response.text[:500]}")
        if method != "GET" and response.is_success:
            WRITES.append(request)
        if response.status_code in (404, 405):
            self.check_route(method, path, response.status_code)
        expected = (expect,) if isinstance(expect, int) else expect
        if expected and response.status_code not in expected:
            wanted = " or ".join(str(status) for status in expected)
            got = f"{response.status_code} {response.text[:500]}"
            stop(f"{request}\n  expected {wanted}\n  got      {got}", item)
        return response

    def send(self, request: str, method: str, path: str, options: Json) -> httpx2.Response:
        """Send a request; fail, in place of a long traceback, when there is no answer at all."""
        try:
            return self.http.request(method, path, **options)
        except AppError as failure:
            problem = str(failure)
        except httpx2.HTTPError as error:
            problem = f"it gave no answer: {error}"
        except Exception as error:
            problem = f"it crashed: {describe(error)}"
        stop(f"{request}\n  {problem}", self.owner(method, path))

    def owner(self, method: str, path: str) -> str | None:
        """Return the number of the item that a route belongs to."""
        return owner(method, path)

    def check_route(self, method: str, path: str, status: int) -> None:
        """Fail, naming the item of the roadmap, when the app lacks the route altogether."""
        routes = {route: item for item in ITEMS.values() for route in item.routes}
        for route, item in routes.items():
            if fits(route, method, path) and not self.has_route(route):
                stop(
                    f"{method} {path} answered {status}: item {item.number} is not there yet\n"
                    f"  ({item.text}).\n  hint: {item.hint}\n  look at: {item.look_at}",
                    item.number,
                )

    def has_route(self, route: str) -> bool:
        """Tell whether the app documents a route such as `GET /links/{}`."""
        if self.app_name not in ROUTES:
            document = self.http.get("/openapi.json").json()
            ROUTES[self.app_name] = set(routes_of(document))
        return route in ROUTES[self.app_name]

    @property
    def headers(self) -> dict[str, str]:
        """The headers that say who the visitor is."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def with_token(self, token: str) -> "Visitor":
        """Return the same visitor with another token."""
        return Visitor(self.http, self.app_name, token)

    def register(self, **changes: Any) -> Json:
        """Sign up a new user and return the body that was sent."""
        user = new_user(**changes)
        self.post("/auth/register", json=user, expect=CREATED, item="3.2")
        return user

    def log_in(self, username: str, password: str) -> "Visitor":
        """Return a visitor whose token the app has just made."""
        form = {"username": username, "password": password}
        answer = self.post("/auth/token", data=form, expect=200, item="3.3")
        return self.with_token(answer.json()["access_token"])

    def as_writer(self) -> "Visitor":
        """Return somebody who may save links: a new user, where the app has accounts."""
        return self.sign_up() if self.has_route("POST /auth/register") else self

    def sign_up(self) -> "Visitor":
        """Return a new user who is logged in."""
        user = self.register()
        return self.log_in(user["username"], user["password"])

    def save(self, **changes: Any) -> Json:
        """Save a link and return the answer."""
        item = "3.4" if self.token else "1.4"
        link: Json = self.post("/links", json=new_link(**changes), expect=CREATED, item=item).json()
        return link

    def all_links(self) -> list[Json]:
        """List every link, page by page where the app has pages."""
        links: list[Json] = []
        while True:
            params = {"skip": len(links), "limit": 100}
            page = self.get("/links", params=params, expect=200, item="1.4").json()
            if not page or page == links[-len(page) :]:
                return links
            links += page
