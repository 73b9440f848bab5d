"""A session of learning, as text: from nothing to the end of level 2.

python -m tests.course.recording    write it into the README
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.course.levels import LEVELS, ROOT
from tests.course.results import Results
from tests.course.runs import check
from tests.course.screen import body, changes
from tests.course.starting import start_level

APP = "my_linkhub.main:app"
README = ROOT / "README.md"
BLOCK = re.compile(r"(<!-- recording -->\n```text\n).*?(```\n)", re.S)
LONGEST = 78

EMPTY = "from fastapi import FastAPI\n\napp = FastAPI()\n"
ROUTE = (
    '\n\n@app.get("/")\nasync def read_root():\n    return {"message": "Welcome to LinkHub API"}\n'
)


def saves(folder: Path) -> Iterator[tuple[int, str]]:
    """Save one thing after the other; yield the level that it belongs to, and what it is."""
    main = folder / "main.py"
    main.write_text(EMPTY, "utf-8")
    yield 1, "an app without a route"
    main.write_text(EMPTY + ROUTE, "utf-8")
    yield 1, "a route"
    copy_level(1, folder)
    yield 1, "schemas, POST /links and GET /links"
    copy_level(2, folder)
    text = main.read_text("utf-8")
    main.write_text(text.replace("session.commit()", "session.flush()"), "utf-8")
    yield 2, "a database, but no commit"
    main.write_text(text, "utf-8")
    yield 2, "the commit"


def copy_level(number: int, folder: Path) -> None:
    """Do what a level teaches."""
    for file in LEVELS[number - 1].glob("*.py"):
        shutil.copy(file, folder)


def session(folder: Path) -> Iterator[str]:
    """Go through the session in a folder, which is the present one; yield what is to be read."""
    start_level(1, folder / "my_linkhub")
    yield "$ python -m tests.learn start 1 my_linkhub"
    yield f"$ python -m tests.learn {APP}"
    before: Results | None = None
    for level, what in saves(folder / "my_linkhub"):
        results = check(APP, level, "--core")
        yield f"--- saved: {what}"
        yield from changes(before, results)
        yield from brief(body(results, 0, 0))
        before = results


def brief(lines: list[str]) -> Iterator[str]:
    """Leave out what differs from run to run, and the ends of long lines."""
    for line in filter(None, lines):
        text = re.sub(r"[0-9a-f]{32}", "...", line)
        yield text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def record() -> str:
    """Return the whole session."""
    with tempfile.TemporaryDirectory() as folder:
        before = os.getcwd()
        os.chdir(folder)
        try:
            return "\n".join(session(Path(folder))) + "\n"
        finally:
            os.chdir(before)


def renew(readme: str, text: str) -> str:
    """Return the README with the session in it."""
    return BLOCK.sub(lambda found: found[1] + text + found[2], readme)


if __name__ == "__main__":
    README.write_text(renew(README.read_text("utf-8"), record()), "utf-8")
