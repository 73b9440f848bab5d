"""What a failed test has found, in a sentence: without tracebacks, KeyErrors or bare asserts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.course.places import Place
from tests.course.results import Finding
from tests.course.roadmap import fits

# What tests stumble over when an answer is not of the shape that they expect.
SHAPE_ERRORS = (KeyError, IndexError, TypeError, AttributeError, ValueError)


# What a test expects that finds no route at all.
ROUTE = "a route"


@dataclass(frozen=True)
class Sent:
    """A request of a test and its answer."""

    request: str
    answer: str
    place: Place | None = None
    # The routes of routers that the app does not include.
    loose: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True)
class Stop:
    """Why a test ends here: the sentence, and the item to blame."""

    message: str
    item: str | None = None
    expected: str = ""
    place: Place | None = None


def sentence_of(item: pytest.Item) -> str:
    """Make a sentence of the name of a test, with the case that it is about."""
    name = item.name.partition("[")[0].removeprefix("test_").replace("_", " ")
    case: str = item.callspec.id if hasattr(item, "callspec") else ""
    # The first part of the case names the app.
    case = case.partition("-")[2] if "target" in getattr(item, "fixturenames", ()) else case
    return f"{name} ({case[:60]})" if case else name


def explain(
    item: pytest.Item, error: BaseException, sent: list[Sent], stops: list[Stop]
) -> Finding:
    """Describe the failure of a test."""
    last = sent[-1] if sent else Sent("", "")
    stop = stops[0] if stops else Stop(message_of(item, error, last))
    finding: Finding = {
        "test": sentence_of(item),
        "hardening": item.get_closest_marker("hardening") is not None,
        "message": stop.message,
        "sent": last.request,
        "expected": stop.expected or sentence_of(item),
        "got": last.answer,
        "place": stop.place or last.place,
    }
    mark = item.get_closest_marker("roadmap")
    if stop.item and mark and stop.item != mark.args[0]:
        finding["blamed"] = stop.item
    return finding


def message_of(item: pytest.Item, error: BaseException, last: Sent) -> str:
    """Say what a check has found, with the request that came before it."""
    words = words_of(error)
    lines = [last.request, f"  expected {sentence_of(item)}" if not words else ""]
    lines += [f"  {words}" if words else "", f"  got      {last.answer}" if last.answer else ""]
    return "\n".join(line for line in lines if line)


def words_of(error: BaseException) -> str:
    """Say what is wrong, as far as the exception itself says it."""
    if isinstance(error, KeyError):
        in_headers = any("_models" in entry for entry in files_of(error))
        return f"the answer has no {'header' if in_headers else 'field'} {error.args[0]!r}"
    text = str(error).partition("\n")[0].strip()
    if isinstance(error, AssertionError):
        return "" if text.startswith("assert ") else text
    if isinstance(error, SHAPE_ERRORS):
        return f"the answer is not of the shape that the contract says ({text})"
    return re.sub(r"\s+", " ", text) or type(error).__name__


def files_of(error: BaseException) -> list[str]:
    """List the files that an exception went through."""
    files, tracks = [], error.__traceback__
    while tracks:
        files.append(tracks.tb_frame.f_code.co_filename)
        tracks = tracks.tb_next
    return files


def loose_place(routes: Sequence[dict[str, Any]], method: str, path: str) -> Place | None:
    """Return the function that would answer, if its router were included."""
    fitting = (
        route
        for route in routes
        if method in route["methods"]
        and fits(f"{method} {re.sub('{[^}]*}', '{}', route['path'])}", method, path)
    )
    place: Place | None = next(fitting, {}).get("place")
    return place


def kind_of(value: object) -> str:
    """Name the JSON type of a value that is no array."""
    return {dict: "an object", str: "a string", type(None): "null"}.get(type(value), "a number")


def problem_of_token(token: str) -> str:
    """Say what is wrong with a token that the app has just made and does not take."""
    import jwt  # a tenth of a whole run to load, and mostly nobody asks

    try:
        claims = jwt.decode(token, options={"verify_signature": False, "verify_sub": False})
    except jwt.InvalidTokenError as error:
        return f"the app's own token is no JWT: {error}"
    subject = claims.get("sub")
    if subject is not None and not isinstance(subject, str):
        kind = type(subject).__name__
        return f"the `sub` in its own token is of type {kind}; PyJWT reads only text: str(user.id)"
    return ""
