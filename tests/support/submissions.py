"""What students hand in, good and bad, for the grader to judge by level 1."""

GOOD = """
from fastapi import FastAPI, status
from pydantic import BaseModel, Field, HttpUrl

app = FastAPI()
saved = []


class Link(BaseModel):
    title: str = Field(min_length=1)
    url: HttpUrl
    description: str | None = None


@app.get("/")
def hello():
    return {"message": "Welcome to LinkHub API"}


@app.post("/links", status_code=status.HTTP_201_CREATED)
def add(link: Link) -> Link:
    {in_handler}
    saved.append(link)
    return link


@app.get("/links")
def show() -> list[Link]:
    return saved
"""
HALF = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def read_root():
    return {"message": "Welcome to LinkHub API"}


@app.post("/links")
async def add():
    raise RuntimeError("\\udcff is no letter, \\uffff none of XML's, \\x07 no text, <b> no tag")
"""
OLD = """
from typing import List, Optional

from fastapi import FastAPI
from pydantic import BaseModel, HttpUrl, validator

app = FastAPI()
db = None


class Link(BaseModel):
    title: str
    url: HttpUrl
    description: Optional[str] = None

    class Config:
        schema_extra = {"example": {"title": "FastAPI", "url": "https://fastapi.tiangolo.com"}}

    @validator("title")
    def strip(cls, value):
        if not value.strip():
            raise ValueError("empty")
        return value.strip()


@app.on_event("startup")
def connect():
    global db
    db = []


@app.get("/")
def home():
    return {"message": "Welcome to LinkHub API"}


@app.post("/links", response_model=Link, status_code=201)
def create(link: Link):
    db.append(link)
    return link


@app.get("/links", response_model=List[Link])
def read():
    return db
"""
DELETE = "import shutil; shutil.rmtree({victim!r}, ignore_errors=True)"
DELETE_BY_PROGRAM = "import subprocess; subprocess.run(['rm', '-rf', {victim!r}])"
SPY = """
import os
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()


def everything():
    found = [str(dict(os.environ))]
    for path in (f"/proc/{os.getppid()}/environ", str(Path.home() / "secret.txt")):
        try:
            found.append(Path(path).read_bytes().decode("latin-1"))
        except OSError as error:
            found.append(repr(error))
    return found


@app.get("/")
def read_root():
    return {"message": everything()}
"""
CHEAT = """
import _pytest.reports

_pytest.reports.TestReport.failed = property(lambda report: False)
_pytest.reports.TestReport.passed = property(lambda report: True)
"""
CONFTEST = """
import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.outcome = "passed"
    return report
"""


def good(in_handler: str = "pass") -> str:
    """Return an app that does all that level 1 asks, and perhaps something else."""
    return GOOD.replace("{in_handler}", in_handler)


def copied() -> str:
    """Return the same app as somebody else's work."""
    return "# All my own work.\n" + good().replace("saved", "links")


def submissions(victim: str) -> dict[str, dict[str, str]]:
    """Return the files of each submission; some are after the folder of a victim."""
    return {
        "perfect": {"main.py": good()},
        "old_api": {"app/main.py": OLD},
        "half": {
            "main.py": CHEAT + HALF,
            "conftest.py": CONFTEST,
            "pytest.py": "raise SystemExit(0)",
            "sitecustomize.py": CHEAT,
            "tests/__init__.py": "raise SystemExit(0)",
            "httpx2.py": "raise SystemExit(0)",
        },
        "no_import": {"main.py": "from fastapi import FastAPI\napp = FastAPI((\n"},
        "hangs_at_import": {"main.py": good() + "\nimport time\ntime.sleep(1000)"},
        "hangs_in_handler": {"main.py": good("import time; time.sleep(1000)")},
        "deletes": {"main.py": DELETE.format(victim=victim) + good()},
        "deletes_by_program": {"main.py": DELETE_BY_PROGRAM.format(victim=victim) + good()},
        "prints": {"main.py": good() + "\nwhile True:\n    print('x' * 10_000)"},
        "exits": {"main.py": good() + "\nimport sys\nsys.exit()"},
        "exits_in_handler": {"main.py": good("import os; os._exit(0)")},
        "spies": {"main.py": SPY},
        "nothing": {"README.md": "I ran out of time."},
    }
