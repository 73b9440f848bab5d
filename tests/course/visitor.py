"""The client that the suites use: it knows what to expect, and says it in a sentence."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NoReturn
from uuid import uuid4

import httpx2

from tests.course.exchanges import EXCHANGES, RUNNING, SURPRISES, describe, describe_body, stop
from tests.course.explain import ROUTE, Sent, kind_of, loose_place, problem_of_token
from tests.course.failures import AppError, HangError
from tests.course.roadmap import fits, roadmap_of

Json = dict[str, Any]

# Starts the app under test: called twice in a test, it restarts it on the same data.
Start = Callable[[], AbstractContextManager["Visitor"]]

# An id that no link will reach.
UNKNOWN_ID = 2**31 - 1

# A list of links that is longer than this has no end.
MOST_PAGES = 100

# The answers to a request that saves something; 201 is the better one.
CREATED = (200, 201)

# The routes that each app documents, such as `GET /links/{}`; asked for once, as it takes a while.
ROUTES: dict[str, set[str]] = {}

# Whether each app asks for a token before it saves a link.
CLOSED: dict[str, bool] = {}

# The items to blame for a token that is wrong, and for one that is not accepted.
TOKEN_ITEM, USE_ITEM = "3.3", "3.4"


def new_link(**changes: Any) -> Json:
    """Return the body of a link with a title that nobody else uses."""
    link = {"title": f"Title {uuid4().hex}", "url": "https://example.com/page"}
    return link | changes


def new_user(**changes: Any) -> Json:
    """Return the body of a sign-up with a name that nobody else uses."""
    name = f"user{uuid4().hex[:12]}"
    user = {"username": name, "email": f"{name}@example.com", "password": "correct horse"}
    return user | changes


def routes_of(document: Json) -> Iterator[str]:
    """Read the routes from an OpenAPI document."""
    for path, methods in document["paths"].items():
        for method in methods:
            yield f"{method.upper()} {re.sub('{[^}]*}', '{}', path.rstrip('/') or '/')}"


class Visitor:
    """Somebody who uses the app under test: anonymous at first, known with a token.

    A request that says which status it expects fails the test, with a sentence, on another one.
    """

    roadmap = roadmap_of("")

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
        answer = f"{response.status_code} {response.text[:500]}"
        about = response.extensions
        EXCHANGES.append(Sent(request, answer, about.get("place"), about.get("loose", ())))
        if response.status_code in (404, 405):
            self.check_route(method, path, response.status_code)
        expected = (expect,) if isinstance(expect, int) else expect
        if response.is_success and not any(status < 300 for status in expected):
            SURPRISES.append(request)
        if expected and response.status_code not in expected:
            self.refuse(response, method, path, expected, item)
        return response

    def refuse(
        self,
        response: httpx2.Response,
        method: str,
        path: str,
        expected: tuple[int, ...],
        item: str | None,
    ) -> None:
        """Fail for a wrong status, unless it is one that another item has to put right."""
        adder = self.roadmap.adder(method, path)
        wants_success = any(200 <= status < 300 for status in expected)
        if response.is_success and wants_success and adder and adder.number != RUNNING.item:
            return
        wanted, sent = " or ".join(str(status) for status in expected), EXCHANGES[-1]
        lines = [sent.request, f"  expected {wanted}", f"  got      {sent.answer}"]
        if response.status_code == 401 and self.token and self.roadmap is Visitor.roadmap:
            problem = problem_of_token(self.token)
            item = TOKEN_ITEM if problem else item or USE_ITEM
            lines += [f"  {problem}"] if problem else []
        stop("\n".join(lines), item, expected=wanted, place=sent.place)

    def send(self, request: str, method: str, path: str, options: Json) -> httpx2.Response:
        """Send a request; fail, in place of a long traceback, when there is no answer at all."""
        try:
            return self.http.request(method, path, **options)
        except AppError as error:
            failure = error
        except httpx2.HTTPError as error:
            failure = HangError(str(error))
        except Exception as error:
            failure = describe(error)
        EXCHANGES.append(Sent(request, failure.message))
        item = self.owner(method, path)
        place = failure.places[0] if failure.places else None
        return stop(f"{request}\n  {failure}", item, expected="an answer", place=place)

    def owner(self, method: str, path: str) -> str | None:
        """Return the number of the item that a route belongs to."""
        return self.roadmap.owner(method, path, RUNNING.level, RUNNING.item)

    def check_route(self, method: str, path: str, status: int) -> None:
        """Fail, naming the item of the roadmap, when the app lacks the route altogether."""
        item = self.roadmap.adder(method, path)
        if item and not any(self.has_route(r) for r in item.routes if fits(r, method, path)):
            message = (
                f"{method} {path} answered {status}: item {item.number} is not there yet\n"
                f"  ({item.text})."
            )
            place = loose_place(EXCHANGES[-1].loose, method, path)
            if place:
                message += (
                    "\n  The code has such a route, but on a router that is not part of the app: "
                    "app.include_router(...) is missing."
                )
            stop(message, item.number, expected=ROUTE, place=place)

    def has_route(self, route: str) -> bool:
        """Tell whether the app documents a route such as `GET /links/{}`."""
        if self.app_name not in ROUTES:
            document = self.get("/openapi.json", expect=200, item="1.1").json()
            EXCHANGES.pop()
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
        """Return somebody who may save links: a new user, where that takes one."""
        if self.app_name not in CLOSED:
            CLOSED[self.app_name] = self.is_refused()
        return self.sign_up() if CLOSED[self.app_name] else self

    def is_refused(self) -> bool:
        """Tell whether the app takes no link from somebody whom it does not know."""
        try:
            answer = self.http.post("/links", json=new_link(), follow_redirects=True)
        except Exception:
            return False
        return answer.status_code in (401, 403)

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
        for _ in range(MOST_PAGES):
            params = {"skip": len(links), "limit": 100}
            page = self.get("/links", params=params, expect=200, item="1.4").json()
            if not isinstance(page, list):
                self.complain(f"a JSON array of links, not {kind_of(page)}")
            if not page or page == links[-len(page) :]:
                return links
            links += page
        return self.complain(f"the list to end: page {MOST_PAGES} was not the last")

    def complain(self, expected: str) -> NoReturn:
        """Fail because of what the last answer says about the links."""
        sent = EXCHANGES[-1]
        message = f"{sent.request}\n  expected {expected}\n  got      {sent.answer}"
        stop(message, "1.4", expected=expected, place=sent.place)
