"""Stage 7: what every request gets, and the lifespan."""

from contextlib import suppress
from uuid import uuid4

import pytest

from tests.capstones.guest import UNKNOWN_ID, Guest, Start
from tests.capstones.posts.writing import as_author, read, write
from tests.capstones.targets import ORIGIN


@pytest.mark.roadmap("7.1")
class TestRequestId:
    def test_an_id_that_is_sent_comes_back(self, visitor: Guest) -> None:
        headers = {"X-Request-ID": uuid4().hex}
        answer = visitor.get("/posts", headers=headers, expect=200)
        assert answer.headers.get("x-request-id") == headers["X-Request-ID"]

    def test_every_request_has_one(self, visitor: Guest) -> None:
        answers = [
            visitor.get("/posts"),
            visitor.get("/posts"),
            visitor.get(f"/posts/{UNKNOWN_ID}"),
        ]
        ids = {answer.headers.get("x-request-id") for answer in answers}
        assert len(ids - {None, ""}) == 3


@pytest.mark.roadmap("7.2")
def test_every_answer_says_how_long_it_took(visitor: Guest) -> None:
    spent = visitor.get("/posts", expect=200).headers.get("x-process-time", "nothing")
    with suppress(ValueError):
        assert 0 < float(spent) < 60
        return
    pytest.fail(f"X-Process-Time should be a number of seconds: {spent}", pytrace=False)


@pytest.mark.roadmap("7.3")
@pytest.mark.parametrize("origin", [ORIGIN, "http://evil.example"])
def test_configured_origins_may_read(visitor: Guest, origin: str) -> None:
    answer = visitor.get("/posts", headers={"Origin": origin}, expect=200)
    allowed = answer.headers.get("access-control-allow-origin") in ("*", origin)
    assert allowed is (origin == ORIGIN)


@pytest.mark.roadmap("7.4")
def test_the_app_starts_stops_and_starts_again(start: Start) -> None:
    with start() as visitor:
        post = write(as_author(visitor))
    with start() as visitor:
        assert read(visitor, post)["title"] == post["title"]
        write(as_author(visitor))
