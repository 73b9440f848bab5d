"""The /docs page as a person sees it: in a real browser, without the internet."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
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


class DocsPage:
    """The Swagger UI of a running app."""

    def __init__(self, browser: Browser, url: str) -> None:
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
        blocks = self.page.locator(".opblock-summary")
        parts = (".opblock-summary-method", ".opblock-summary-path")
        return {
            " ".join(block.locator(part).inner_text().replace("\u200b", "") for part in parts)
            for block in blocks.all()
        }

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


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_shows_every_route_without_internet(browser: Browser, tmp_path: Path, level: Path) -> None:
    with serve(app_of(level), tmp_path) as url:
        docs = DocsPage(browser, url)
        routes = {re.sub(r"\{\w+\}", "{}", route) for route in docs.routes()}
        assert routes >= routes_up_to(level)
        assert [address for address in docs.requested if not address.startswith(url)] == []
        assert docs.errors == []


def test_final_shows_every_route_that_it_documents(browser: Browser, tmp_path: Path) -> None:
    with serve(FINAL, tmp_path) as url:
        docs = DocsPage(browser, url)
        paths = docs.page.request.get(f"{url}/openapi.json").json()["paths"]
        documented = {f"{method.upper()} {path}" for path in paths for method in paths[path]}
        assert docs.routes() == documented
        assert [address for address in docs.requested if not address.startswith(url)] == []
        assert docs.errors == []


@pytest.mark.parametrize("app", [*apps_from("auth"), FINAL])
def test_a_visitor_signs_up_authorizes_and_saves_a_link(
    browser: Browser, tmp_path: Path, app: str
) -> None:
    user = new_user()
    with serve(app, tmp_path) as url:
        docs = DocsPage(browser, url)
        assert docs.try_out("POST /auth/register", user) == "201"
        docs.authorize(user["username"], user["password"])
        assert docs.try_out("POST /links", new_link()) == "201"
        assert docs.try_out("GET /links/{link_id}", link_id=1) == "200"
        if app in [*apps_from("relationships"), FINAL]:
            assert docs.try_out("DELETE /links/{link_id}", link_id=1) == "204"
        docs.page.screenshot(path=tmp_path / "docs.png", full_page=True)


def test_a_visitor_without_a_token_is_told_so(browser: Browser, tmp_path: Path) -> None:
    with serve(app_of(LEVELS[-1]), tmp_path) as url:
        assert DocsPage(browser, url).try_out("POST /links", new_link()) == "401"
