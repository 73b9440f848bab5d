"""The verdicts as pages: one of the class, and one of each submission."""

from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.course.grading.judging import Verdict
from tests.course.grading.points import Points
from tests.course.roadmap import roadmap_of

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    undefined=StrictUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
MARKS = {"done": "✓", "open": "✗", "waiting": "…", "untested": "·"}


def write_pages(folder: Path, verdicts: list[Verdict], points: Points, suite: str) -> None:
    """Write all pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    roadmap = roadmap_of(suite)
    numbers = next((verdict["items"] for verdict in verdicts), [])
    values = {"verdicts": verdicts, "items": numbers, "marks": MARKS, "points": points}
    page = TEMPLATES.get_template("class.html").render(page_of=page_of, **values)
    (folder / "index.html").write_text(page, "utf-8")
    for verdict in verdicts:
        levels = [
            (f"{roadmap.part} {level}: {roadmap.levels[level]}", list(items))
            for level, items in groupby(verdict["items"], lambda item: item["level"])
        ]
        one = TEMPLATES.get_template("submission.html")
        text = one.render(verdict=verdict, levels=levels, marks=MARKS, points=points)
        (folder / page_of(verdict)).write_text(text, "utf-8")


def page_of(verdict: Verdict) -> str:
    """Return the file name of the page of a submission."""
    safe = "".join(
        letter if letter.isalnum() or letter in "-_" else "_" for letter in verdict["submission"]
    )
    return f"submission-{safe}.html"
