"""The steps as a site, read as a file and seen in a real browser without a network."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from tests.course.levels import LEVELS, files_of, levels_from
from tests.course.rows import FileStep
from tests.course.site import write_site

if TYPE_CHECKING:
    from playwright.sync_api import Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OFFLINE = [
    "--no-sandbox",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]


class Html(HTMLParser):
    """What a page links to, what it has names for, and the code that it shows."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.names: set[str] = set()
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src"):
                (self.links if tag == "a" else self.loaded).append(value or "")
            elif name in ("id", "data-name"):
                self.names |= set((value or "").split())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the site."""
    return write_site(tmp_path_factory.mktemp("site"))[0].parent


@pytest.mark.parametrize("name", ["index", *(level.name for level in LEVELS)])
def test_a_page_loads_nothing_from_elsewhere_and_its_links_lead_somewhere(
    site: Path, name: str
) -> None:
    page = Html(site / f"{name}.html")
    assert set(page.loaded) <= {"data:,", "style.css", "script.js"}
    anchors = [unquote(link[1:]) for link in page.links if link.startswith("#")]
    assert [anchor for anchor in anchors if anchor not in page.names] == []
    for link in page.links:
        if not link.startswith(("#", "http")):
            file, _, anchor = link.partition("#")
            assert not anchor or anchor in Html(site / file).names, link
            assert (site / file).exists(), link


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_a_page_shows_the_whole_lesson_beside_the_code(site: Path, level: Path) -> None:
    html = (site / f"{level.name}.html").read_text("utf-8")
    text = unescape(re.sub(r"<[^>]+>", "", html))
    headings = re.findall("^## (.+)", (level / "README.md").read_text("utf-8"), re.M)
    assert [h for h in headings if h.replace("`", "") not in text] == []
    assert '<a href="#main.py:' in html


def test_words_and_not_only_lines_are_marked() -> None:
    [row] = FileStep("a.py", "x = read(one)\n", "x = read(one, two)\n").rows
    assert row.old
    assert row.new
    assert "<mark" not in row.old.html
    assert re.sub("<(?!/?mark)[^>]+>", "", row.new.html) == (
        "x = read(one<mark>,</mark><mark> </mark><mark>two</mark>)"
    )


def test_a_changed_line_stands_beside_the_one_it_was() -> None:
    old = "from fastapi import status\n"
    new = "from typing import Annotated\n\nfrom fastapi import Depends, status\n"
    rows = FileStep("a.py", old, new).rows
    assert [row.kind for row in rows] == ["insert", "insert", "change"]


def test_a_change_is_headed_by_the_function_that_it_is_in() -> None:
    body = "".join(f"    line{n} = {n}\n" for n in range(20))
    old = f"class Reader:\n    def read():\n{body.replace('    ', ' ' * 8)}"
    sections = list(FileStep("a.py", old, old.replace("= 12", "= 13")).sections())
    assert [(part.folded, part.where) for part in sections] == [
        (True, ""),
        (False, "Reader.read"),
        (True, "Reader.read"),
    ]


@pytest.mark.parametrize("level", LEVELS[1:], ids=lambda level: level.name)
def test_the_rows_of_a_file_are_both_of_its_versions(level: Path) -> None:
    before = LEVELS[LEVELS.index(level) - 1]
    for path in set(files_of(before)) & set(files_of(level)) - {"README.md"}:
        old, new = ((folder / path).read_text("utf-8") for folder in (before, level))
        rows = FileStep(path, old, new).rows
        numbers = [row.old.number for row in rows if row.old]
        assert numbers == list(range(1, len(old.splitlines()) + 1))
        numbers = [row.new.number for row in rows if row.new]
        assert numbers == list(range(1, len(new.splitlines()) + 1))


@pytest.fixture(scope="module")
def page(site: Path) -> Iterator[Page]:
    """Yield a page of the site in a browser without a network."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=program, args=OFFLINE)
        page = browser.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto((site / f"{levels_from('relationships')[0].name}.html").as_uri())
        yield page
        assert page.errors == []
        browser.close()


def test_keys_switch_the_view_and_jump(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    assert page.locator("aside").is_visible()
    page.keyboard.press("r")
    assert not page.locator("aside").is_visible()
    page.keyboard.press("u")
    assert page.locator("table.unified").first.is_visible()
    assert not page.locator("table.split").first.is_visible()
    folded = page.locator("table.unified .fold tr:not(.where)").first
    assert not folded.is_visible()
    page.keyboard.press("e")
    assert folded.is_visible()
    page.keyboard.press("n")
    assert page.locator("tr.found").count() == 1
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**/{levels_from('relationships')[1].name}.html")
    page.keyboard.press("ArrowLeft")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_fits_a_projector_and_a_phone(page: Page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two that it takes
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("table.unified").first.is_visible() or width == 1280
