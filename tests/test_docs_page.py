"""The /docs page as a person sees it: in a real browser, without the internet."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.course.levels import LEVELS, app_of, apps_from, number_of
from tests.course.roadmap import ITEMS
from tests.course.target import FINAL
from tests.course.visitor import new_link, new_user
from tests.support.commands import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OFFLINE = [
    "--no-sandbox",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield a Chromium that finds no host but this machine."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=program, args=OFFLINE)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Return a function that starts an app, if nobody has done so yet, and returns its address."""
    with ExitStack() as servers:

        @cache
        def start(app: str) -> str:
            return servers.enter_context(serve(app, tmp_path_factory.mktemp("docs")))

        yield start


class DocsPage:
    """The Swagger UI of a running app."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self.page = browser.new_page(viewport={"width": 1200, "height": 1600})
        self.page.set_default_timeout(30_000)
        self.requested: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(f"{url}/docs")
        self.page.wait_for_selector(".opblock")

    def routes(self) -> set[str]:
        """Return the operations that the page shows."""
        texts = self.page.locator(".opblock-summary").evaluate_all(
            """blocks => blocks.map(block => ["method", "path"].map(
                part => block.querySelector(`.opblock-summary-${part}`).innerText.trim()
            ).join(" "))"""
        )
        return {text.replace("\u200b", "") for text in texts}

    def strangers(self) -> list[str]:
        """Return what the page asked of others than its own server."""
        return [address for address in self.requested if not address.startswith(self.url)]

    def try_out(self, route: str, body: dict[str, str] | None = None, **fields: object) -> str:
        """Execute an operation with "Try it out" and return the status that the page shows."""
        method, path = route.split(" ")
        block = self.page.locator(f".opblock-{method.lower()}", has=self.at(path))
        block.locator(".opblock-summary-control").click()
        block.get_by_role("button", name="Try it out").click()
        if body:
            block.locator("textarea.body-param__text").fill(json.dumps(body))
        for name, value in fields.items():
            block.locator(f"tr[data-param-name={name}] input").fill(str(value))
        block.get_by_role("button", name="Execute").click()
        status: str = block.locator(".live-responses-table .response-col_status").last.inner_text()
        return status.split()[0]

    def at(self, path: str) -> Locator:
        """Return what finds the block of a path."""
        return self.page.locator(f'.opblock-summary-path[data-path="{path}"]')

    def authorize(self, username: str, password: str) -> None:
        """Log in through the page's own form."""
        self.page.locator(".btn.authorize").first.click()
        dialog = self.page.locator(".dialog-ux")
        dialog.locator("input[name=username], #oauth_username").fill(username)
        dialog.locator("input[type=password], #oauth_password").first.fill(password)
        dialog.locator("button.authorize").click()
        dialog.get_by_text("Logout").wait_for()
        dialog.get_by_role("button", name="Close").click()


def routes_up_to(level: Path) -> set[str]:
    """Return the routes of the roadmap items of a level and of all earlier ones."""
    items = [item for item in ITEMS.values() if int(item.level) <= number_of(level)]
    return {route for item in items for route in item.routes}


@pytest.fixture
def visit(browser: Browser, address: Callable[[str], str]) -> Iterator[Callable[[str], DocsPage]]:
    """Return a function that opens the page of an app."""
    with ExitStack() as pages:

        def visit(app: str) -> DocsPage:
            docs = DocsPage(browser, address(app))
            pages.callback(docs.page.close)
            return docs

        yield visit


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_shows_every_route_without_internet(visit: Callable[[str], DocsPage], level: Path) -> None:
    docs = visit(app_of(level))
    routes = {re.sub(r"\{\w+\}", "{}", route) for route in docs.routes()}
    assert routes >= routes_up_to(level)
    assert docs.strangers() == []
    assert docs.errors == []


def test_final_shows_every_route_that_it_documents(visit: Callable[[str], DocsPage]) -> None:
    docs = visit(FINAL)
    paths = docs.page.request.get(f"{docs.url}/openapi.json").json()["paths"]
    documented = {f"{method.upper()} {path}" for path in paths for method in paths[path]}
    assert docs.routes() == documented
    assert docs.strangers() == []
    assert docs.errors == []


@pytest.mark.parametrize("app", [*apps_from("auth"), FINAL])
def test_a_visitor_signs_up_authorizes_and_saves_a_link(
    visit: Callable[[str], DocsPage], app: str
) -> None:
    user = new_user()
    docs = visit(app)
    assert docs.try_out("POST /auth/register", user) == "201"
    docs.authorize(user["username"], user["password"])
    assert docs.try_out("POST /links", new_link()) == "201"
    newest = max(link["id"] for link in docs.page.request.get(f"{docs.url}/links").json())
    assert docs.try_out("GET /links/{link_id}", link_id=newest) == "200"
    if app in [*apps_from("relationships"), FINAL]:
        assert docs.try_out("DELETE /links/{link_id}", link_id=newest) == "204"


def test_a_visitor_sees_the_qr_code_of_a_link(visit: Callable[[str], DocsPage]) -> None:
    docs = visit(FINAL)
    user = new_user()
    docs.try_out("POST /auth/register", user)
    docs.authorize(user["username"], user["password"])
    link = {"title": "x", "original_url": "https://example.com/", "alias": "seen"}
    assert docs.try_out("POST /shorten/", link) == "201"
    assert docs.try_out("GET /links/qrcode/", key="seen") == "200"
    picture = docs.page.locator(".live-responses-table img")
    assert (picture.get_attribute("src") or "").startswith("blob:")
    picture.evaluate("image => image.decode()")  # fails for one that is not shown
    assert picture.evaluate("image => image.naturalWidth") > 100
    policy = docs.page.request.get(f"{docs.url}/docs").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "img-src 'self' data: blob:" in policy


def test_a_visitor_without_a_token_is_told_so(visit: Callable[[str], DocsPage]) -> None:
    assert visit(app_of(LEVELS[-1])).try_out("POST /links", new_link()) == "401"
