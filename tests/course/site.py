"""The steps as a small site to show in class: a page each, the lesson beside its diff."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from tests.course.diffs import Step, compare, read_level
from tests.course.levels import LEVELS, files_of, number_of
from tests.course.roadmap import ITEMS, Item
from tests.course.rows import FileStep, colour, render

TEMPLATES = Path(__file__).with_name("templates")
CODE = re.compile(r"<code>([\w/]+\.py)</code>(: <code>([\w.]+)</code>)?")
LINK = re.compile(r'<a href="(?!http|#)([^"]*)">(.*?)</a>', re.S)


def colour_listing(text: str, language: str, _: str) -> str:
    """Colour a listing of a README."""
    lines = colour(f"listing.{'sh' if language == 'bash' else language}", text)
    return "\n".join(render(parts, []) for parts in lines)


MARKDOWN = MarkdownIt("commonmark", {"highlight": colour_listing}).enable("table")


def documents() -> list[Path]:
    """Return what the levels have to read beside their READMEs, such as a glossary."""
    files = [file for level in LEVELS for file in sorted(level.glob("*.md"))]
    return [file for file in files if not file.name.startswith("README")]


def page_name(file: Path) -> str:
    """Return the name of the page that shows a README or a document, if there is one."""
    if file.parent in LEVELS and file.name == "README.md":
        return f"{file.parent.name}.html"
    return f"{file.parent.name}-{file.stem.lower()}.html" if file in documents() else ""


def read_document(file: Path) -> Markup:
    """Return a document as HTML, its headings with the anchors that READMEs link to."""

    def add_anchor(found: re.Match[str]) -> str:
        anchor = re.sub(r"[^\w-]", "", unescape(found[1]).lower().replace(" ", "-"))
        return f'<h2 id="{anchor}">{found[1]}</h2>'

    html = re.sub("<h2>(.*?)</h2>", add_anchor, MARKDOWN.render(file.read_text("utf-8")))
    return Markup(LINK.sub(r"\2", html))


@dataclass(frozen=True)
class Page:
    """The page of a level: what it adds to the one before, or what it begins with."""

    level: Path
    before: Path | None

    @property
    def number(self) -> int:
        """The number of the level."""
        return number_of(self.level)

    @property
    def name(self) -> str:
        """The name of the page's file."""
        return f"{self.level.name}.html"

    @property
    def title(self) -> str:
        """The title of the lesson."""
        return self.readme.partition("\n")[0].lstrip("# ")

    @property
    def items(self) -> list[Item]:
        """The roadmap items of the level."""
        return [item for item in ITEMS.values() if item.level == str(self.number)]

    @property
    def counts(self) -> Step:
        """How much of the level before is kept."""
        return compare(read_level(self.before) if self.before else {}, read_level(self.level))

    @cached_property
    def readme(self) -> str:
        """The lesson."""
        return (self.level / "README.md").read_text("utf-8")

    @cached_property
    def files(self) -> list[FileStep]:
        """The files that the step changes, in the order in which the lesson speaks of them."""
        paths = {p for folder in (self.before, self.level) if folder for p in files_of(folder)}
        steps = (FileStep(p, self.read(self.before, p), self.read(self.level, p)) for p in paths)
        changed = [file for file in steps if file.added or file.removed]
        return sorted(changed, key=lambda file: (self.position(file.path), file.path))

    def position(self, path: str) -> int:
        """Tell where the lesson first speaks of a file."""
        return self.readme.find(f"`{path}`") % (len(self.readme) + 1)

    @staticmethod
    def read(level: Path | None, path: str) -> str | None:
        """Return the text of a file, if the level has it and it is no README."""
        file = level / path if level else None
        is_shown = file and file.is_file() and file.suffix != ".md"
        return file.read_text("utf-8") if file and is_shown else None

    @property
    def lesson(self) -> Markup:
        """The README as HTML, in which the names of files and functions lead to the diff."""
        html = CODE.sub(self.link_code, MARKDOWN.render(self.readme))
        return Markup(LINK.sub(self.link_page, html))

    @property
    def anchors(self) -> set[str]:
        """The places in the diff that the lesson can point at."""
        names = {f"{file.path}:{place.name}" for file in self.files for place in file.places}
        return names | {file.path for file in self.files}

    def link_code(self, found: re.Match[str]) -> str:
        """Make the name of a file, or of something in it, a link to where the diff has it."""
        path, _, name = found.groups()
        anchors = [anchor for anchor in (f"{path}:{name}", path) if anchor in self.anchors]
        return f'<a href="#{anchors[0]}">{found[0]}</a>' if anchors else found[0]

    def link_page(self, found: re.Match[str]) -> str:
        """Lead to the page of another document; what the site does not have is no link."""
        path, _, anchor = found[1].partition("#")
        name = page_name((self.level / path).resolve())
        return f'<a href="{name}#{anchor}">{found[2]}</a>' if name else found[2]

    def places(self, item: Item) -> Iterator[tuple[str, str]]:
        """Yield the places that an item points at, each with its anchor in the diff, if any."""
        for part in item.look_at.split("; "):
            path, _, names = part.partition(": ")
            for name in names.split(", "):
                anchors = [anchor for anchor in (f"{path}:{name}", path) if anchor in self.anchors]
                yield f"{path}: {name}" if name else path, anchors[0] if anchors else ""


def write_site(folder: Path) -> list[Path]:
    """Write a page for each level and one that lists them, and return their files."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["markdown"] = lambda text: Markup(MARKDOWN.renderInline(text))
    pages = [Page(*step) for step in zip(LEVELS, [None, *LEVELS[:-1]], strict=True)]
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("style.css", "script.js"):
        shutil.copy(TEMPLATES / name, folder / name)
    (folder / "index.html").write_text(
        environment.get_template("index.html").render(pages=pages), "utf-8"
    )
    for number, page in enumerate(pages):
        near = {"previous": pages[number - 1] if number else None}
        near["next"] = pages[number + 1] if number + 1 < len(pages) else None
        html = environment.get_template("step.html").render(page=page, pages=pages, **near)
        (folder / page.name).write_text(html, "utf-8")
    for file in documents():
        html = environment.get_template("document.html").render(text=read_document(file))
        (folder / page_name(file)).write_text(html, "utf-8")
    return [folder / "index.html", *(folder / page.name for page in pages)]
