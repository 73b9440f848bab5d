"""The client of the suites: what it says about odd answers, and whom it blames."""

from collections.abc import Callable, Iterator

import httpx2
import jwt
import pytest

from tests.course.exchanges import EXCHANGES, RUNNING, STOPS, Running
from tests.course.explain import problem_of_token
from tests.course.places import Place
from tests.course.visitor import CLOSED, MOST_PAGES, ROUTES, Json, Visitor

Answer = Callable[[httpx2.Request], httpx2.Response]

NUMBER = jwt.encode({"sub": 1, "exp": 2**40}, "k" * 32)
TEXT = jwt.encode({"sub": "1", "exp": 2**40}, "k" * 32)


@pytest.fixture
def visit() -> Iterator[Callable[..., Visitor]]:
    """Return a function that makes a visitor of an app that answers as it is told."""

    def make(answer: Answer, routes: set[str] | None = None) -> Visitor:
        ROUTES["fake"] = routes or set()
        transport = httpx2.MockTransport(answer)
        return Visitor(httpx2.Client(transport=transport, base_url="http://fake"), "fake")

    yield make
    for memory in (EXCHANGES, STOPS, ROUTES, CLOSED):
        memory.clear()
    RUNNING.item, RUNNING.level = Running().item, Running().level


def answering(body: Json | list[Json], status: int = 200) -> Answer:
    """Return an app that always answers the same."""
    return lambda _: httpx2.Response(status, json=body)


def complaint(act: Callable[[], object]) -> str:
    """Return why a test would fail."""
    with pytest.raises(pytest.fail.Exception) as caught:
        act()
    return str(caught.value)


class TestAllLinks:
    def test_an_object_is_no_list(self, visit: Callable[..., Visitor]) -> None:
        said = complaint(visit(answering({"links": []})).all_links)
        assert "expected a JSON array of links, not an object" in said

    def test_the_same_page_for_ever_is_read_once(self, visit: Callable[..., Visitor]) -> None:
        assert visit(answering([{"id": 1}])).all_links() == [{"id": 1}]

    def test_a_list_without_an_end_is_given_up(self, visit: Callable[..., Visitor]) -> None:
        pages = iter(range(10 * MOST_PAGES))
        endless = visit(lambda _: httpx2.Response(200, json=[{"id": next(pages)}]))
        assert "expected the list to end" in complaint(endless.all_links)


class TestBlame:
    def test_a_status_of_another_item_holds_nothing_up(self, visit: Callable[..., Visitor]) -> None:
        RUNNING.item = "3.4"
        visit(answering({}, 202)).post("/links", json={}, expect=201)

    def test_a_status_of_the_item_itself_is_wrong(self, visit: Callable[..., Visitor]) -> None:
        RUNNING.item = "1.4"
        said = complaint(lambda: visit(answering({}, 202)).post("/links", json={}, expect=201))
        assert "expected 201\n  got      202" in said

    def test_a_token_with_a_number_is_blamed_on_what_makes_it(
        self, visit: Callable[..., Visitor]
    ) -> None:
        user = visit(answering({"detail": "no"}, 401)).with_token(NUMBER)
        assert "`sub` in its own token is of type int" in complaint(user.save)
        assert STOPS[0].item == "3.3"

    def test_a_good_token_that_is_refused_is_blamed_on_what_reads_it(
        self, visit: Callable[..., Visitor]
    ) -> None:
        complaint(visit(answering({"detail": "no"}, 401)).with_token(TEXT).save)
        assert STOPS[0].item == "3.4"
        assert problem_of_token(TEXT) == ""

    def test_a_crash_names_the_item_that_has_touched_the_route_last(
        self, visit: Callable[..., Visitor]
    ) -> None:
        def crash(request: httpx2.Request) -> httpx2.Response:
            raise ZeroDivisionError("by zero")

        RUNNING.item, RUNNING.level = "2.1", "2"
        assert "the app crashed: ZeroDivisionError: by zero" in complaint(visit(crash).save)
        assert STOPS[0].item == "2.4"

    def test_a_router_that_is_not_included_is_named(self, visit: Callable[..., Visitor]) -> None:
        place: Place = {"file": "auth.py", "line": 9, "code": "def register():"}
        loose = [{"methods": ["POST"], "path": "/auth/register", "place": place}]
        app = visit(lambda _: httpx2.Response(404, extensions={"loose": loose}))
        assert "app.include_router(...) is missing" in complaint(app.register)
        assert (STOPS[0].item, STOPS[0].place) == ("3.2", place)


class TestWriter:
    def test_needs_no_account_before_links_are_protected(
        self, visit: Callable[..., Visitor]
    ) -> None:
        begun = visit(answering({"id": 1}, 201), {"POST /auth/register"})
        assert begun.as_writer() is begun

    def test_signs_up_where_links_are_protected(self, visit: Callable[..., Visitor]) -> None:
        def protected(request: httpx2.Request) -> httpx2.Response:
            if request.url.path == "/links":
                return httpx2.Response(401)
            return httpx2.Response(201, json={"access_token": TEXT})

        RUNNING.item = "1.4"
        assert visit(protected).as_writer().token == TEXT
