"""Where in the code under test something happened: a sentence, a file and a line."""

import inspect
import linecache
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, TracebackType
from typing import Any, TypedDict


class Refused(BaseException):
    """The tests stop the app from something; no `except Exception` of the app hides it."""


class Place(TypedDict):
    """A line of the code under test."""

    file: str
    line: int
    code: str


class Problem(TypedDict):
    """What went wrong, in a sentence, and the lines that led to it, the last one first."""

    message: str
    places: list[Place]


def place_in(folder: Path, file: str, line: int | None) -> Place | None:
    """Return a place, its path relative to the folder; None, if the file is not in there."""
    path = Path(file)
    if "site-packages" in path.parts or not path.is_relative_to(folder) or not line:
        return None
    code = linecache.getline(file, line).strip()
    return {"file": path.relative_to(folder).as_posix(), "line": line, "code": code}


def show(place: Place) -> str:
    """Write a place as an editor understands it, with the code that stands there."""
    return f"{place['file']}, line {place['line']}: {place['code']}".rstrip(": ")


def unwrap(error: BaseException) -> BaseException:
    """Take an exception out of the groups that middleware and task groups put around it."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and those that it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def places_of(tracks: TracebackType | None, folder: Path) -> list[Place]:
    """List the lines of the folder in a traceback, the innermost first."""
    found = [
        place_in(folder, frame.filename, frame.lineno) for frame in traceback.extract_tb(tracks)
    ]
    return [place for place in reversed(found) if place]


def words_of(error: BaseException) -> str:
    """Say what an exception says, in one or two lines."""
    if isinstance(error, SystemExit):
        return f"sys.exit({error.code if error.code is not None else ''}) ended the program"
    if isinstance(error, Refused):
        return str(error)
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()][:2]
    words = " ".join(lines)[:300]
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def problem_of(error: BaseException, folder: Path) -> Problem:
    """Describe an exception with the lines of the folder that it went through."""
    error = unwrap(error)
    places: list[Place] = []
    if isinstance(error, SyntaxError) and error.filename:
        place = place_in(folder, error.filename, error.lineno)
        places += [place] if place else []
    for cause in chain(error):
        places += [place for place in places_of(cause.__traceback__, folder) if place not in places]
        if places:
            break
    return {"message": words_of(error), "places": places}


def place_of_function(function: Callable[..., Any] | None, folder: Path) -> Place | None:
    """Return where a function begins: its `def`, not its decorators."""
    code = getattr(inspect.unwrap(function) if function else None, "__code__", None)
    if not isinstance(code, CodeType):
        return None
    lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]
    starts = (n for n, text in enumerate(lines) if text.lstrip().startswith(("def ", "async def")))
    return place_in(folder, code.co_filename, code.co_firstlineno + next(starts, 0))


def places_in_stacks(text: str, folder: Path) -> list[Place]:
    """Read the lines of the folder from what faulthandler has written."""
    found = []
    for entry in text.splitlines():
        parts = entry.strip().removeprefix('File "').split('", line ')
        if len(parts) == 2:
            found.append(place_in(folder, parts[0], int(parts[1].split(" ")[0])))
    return [place for place in found if place]
