"""What a run says about an app: which items are done, whom to blame, and what to do next."""

import importlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.course import checklist
from tests.course.explain import Sent, Stop, explain
from tests.course.results import Finding, Outcome, Results, hand_on, make_results, next_item
from tests.course.roadmap import ITEMS, roadmap_of, suite_of

ROOT = Path(__file__).parents[1]


def failed(number: str, sent: str = "GET /", *, hardening: bool = False, **more: Any) -> Outcome:
    """Return the outcome of a test that has failed."""
    finding: Finding = {
        "test": "does what it should",
        "hardening": hardening,
        "message": f"{sent}\n  expected 200\n  got      500 oh",
        "sent": sent,
        "expected": "200",
        "got": "500 oh",
        "place": {"file": "my_linkhub/main.py", "line": 7, "code": "return 1 / 0"},
    }
    return outcome(number, "failed", hardening=hardening, finding=finding | more)  # type: ignore[arg-type]


def outcome(
    number: str, ended: str, *, hardening: bool = False, finding: Finding | None = None
) -> Outcome:
    """Return how a test has ended."""
    return {
        "suite": "",
        "number": number,
        "hardening": hardening,
        "outcome": ended,
        "finding": finding,
    }


def statuses(*outcomes: Outcome) -> dict[str, str]:
    """Return how far the items are that have been tested."""
    results = make_results("app", "", outcomes)
    return {i["number"]: i["status"] for i in results["items"] if i["status"] != "untested"}


class TestStatus:
    def test_the_core_alone_decides(self) -> None:
        assert statuses(outcome("1.2", "passed"), failed("1.2", hardening=True)) == {"1.2": "done"}
        assert statuses(outcome("1.2", "passed"), failed("1.2")) == {"1.2": "open"}

    def test_what_did_not_run_is_not_done(self) -> None:
        assert statuses(outcome("1.2", "skipped")) == {}

    def test_an_item_that_another_holds_up_waits(self) -> None:
        held_up = failed("3.4", "POST /auth/token", blamed="3.3")
        assert statuses(held_up) == {"3.3": "open", "3.4": "waiting"}

    def test_an_item_of_a_level_that_is_not_tested_is_shown_when_it_is_to_blame(self) -> None:
        assert statuses(failed("1.4", blamed="3.4")) == {"1.4": "waiting", "3.4": "open"}

    def test_whatever_fails_there_are_results(self) -> None:
        routes = {route for item in ITEMS.values() for route in item.routes}
        for sent in routes:
            assert "open" in statuses(*(failed(number, sent) for number in ITEMS)).values()

    def test_hardening_holds_nothing_up(self) -> None:
        beyond = failed("3.4", "POST /auth/token", hardening=True, blamed="3.3")
        assert statuses(outcome("3.4", "passed"), beyond) == {"3.4": "done"}

    def test_no_commit_is_a_matter_of_saving_not_of_engines(self) -> None:
        seen = [failed(n, "POST /links {}") for n in ("1.4", "2.1", "2.2", "2.3", "2.4")]
        assert statuses(*seen) == {
            "1.4": "waiting",
            "2.1": "waiting",
            "2.2": "waiting",
            "2.3": "waiting",
            "2.4": "open",
        }

    def test_what_is_not_refused_does_not_hide_what_should_refuse_it(self) -> None:
        seen = [failed(n, "POST /links {}", expected="422") for n in ("1.3", "1.4")]
        assert statuses(*seen) == {"1.3": "open", "1.4": "open"}

    def test_an_item_with_a_route_of_its_own_answers_for_itself(self) -> None:
        seen = [failed(number, "POST /auth/register") for number in ("3.2", "3.3")]
        assert statuses(*seen) == {"3.2": "open", "3.3": "open"}

    def test_what_a_later_stage_builds_upon_waits_for_it_also_from_ten_on(self) -> None:
        item = roadmap_of("").items["1.2"]
        items = {
            number: replace(item, number=number, routes=("GET /mine",), changes=changes)
            for number, changes in (("9.1", ()), ("10.1", ("POST /links",)))
        }
        roadmap = replace(roadmap_of(""), items=items)
        first, later = failed("9.1", "POST /links"), failed("10.1", "POST /links")
        hand_on(roadmap, {"9.1": [first], "10.1": [later]}, "10")
        assert first["finding"]
        assert first["finding"].get("blamed") == "10.1"

    def test_an_engine_is_to_blame_where_saving_works(self) -> None:
        found = statuses(failed("2.1", "POST /links {}"), outcome("2.4", "passed"))
        assert found == {"2.1": "open", "2.4": "done"}


class TestOwner:
    @pytest.mark.parametrize(
        ("level", "owner"), [("1", "1.4"), ("2", "2.4"), ("3", "3.4"), ("5", "4.2")]
    )
    def test_a_crash_belongs_to_the_last_item_that_has_touched_the_route(
        self, level: str, owner: str
    ) -> None:
        assert roadmap_of("").owner("POST", "/links", level, "1.2") == owner

    def test_of_two_it_is_the_one_that_is_tested(self) -> None:
        assert roadmap_of("").owner("GET", "/links", "5", "5.2") == "5.2"
        assert roadmap_of("").owner("GET", "/links", "5", "1.4") == "5.1"

    def test_every_route_that_changes_has_been_added(self) -> None:
        added = {route for item in ITEMS.values() for route in item.routes}
        assert {route for item in ITEMS.values() for route in item.changes} <= added


class TestChecklist:
    results = make_results(
        "app",
        "",
        [
            outcome("1.1", "passed"),
            outcome("1.2", "passed"),
            failed("1.2", hardening=True),
            failed("1.3", "POST /links " + "x" * 400),
            outcome("1.4", "passed"),
        ],
    )

    def test_shows_both_counts(self) -> None:
        lines = list(checklist.checklist(self.results))
        assert lines[0] == "Level 1: The foundation (3/4)"
        assert f"  [x] 1.2 {ITEMS['1.2'].text}: core 1/1, hardening 0/1" in lines

    def test_says_in_a_line_what_is_wrong(self) -> None:
        line = next(line for line in checklist.checklist(self.results) if "POST" in line)
        assert line.endswith("expected 200, got 500 oh")
        assert len(line) < 170

    def test_says_the_next_thing_in_full(self) -> None:
        text = "\n".join(checklist.what_next(self.results))
        assert text.startswith("Next: 1.3 ")
        for part in (ITEMS["1.3"].contract[0].send, "my_linkhub/main.py, line 7", "hint: "):
            assert part in text

    def test_goes_beyond_the_contract_when_that_is_kept(self) -> None:
        done = make_results("app", "", [outcome("1.2", "passed"), failed("1.2", hardening=True)])
        assert next(checklist.what_next(done)).startswith("Done. What 1.2 does not ask for")

    def test_has_nothing_next_when_all_is_done(self) -> None:
        done = make_results("app", "", [outcome("1.2", "passed")])
        assert next_item(done) is None
        assert list(checklist.what_next(done)) == []


def test_an_exercise_is_a_list_with_the_first_lack() -> None:
    found = failed("1.1", "PATCH /links/1")["finding"]
    lines = list(checklist.exercise([("does one thing", None), ("does another", found)]))
    assert lines[:2] == ["  [x] does one thing", "  [ ] does another"]
    assert "PATCH /links/1" in lines


def test_the_schema_describes_the_results() -> None:
    schema = json.loads((ROOT / "tests/results.schema.json").read_text("utf-8"))
    validate = importlib.import_module("jsonschema").validate
    blamed = failed("3.4", "POST /auth/token", blamed="3.3", place=None)
    error: Results = {"app": "a", "suite": "", "status": "error", "message": "no", "items": []}
    for results in (TestChecklist.results, make_results("a", "", [blamed]), error):
        validate(results, schema)


class TestExplain:
    def explain(self, request: pytest.FixtureRequest, error: Exception, *stops: Stop) -> Finding:
        request.node.add_marker(pytest.mark.roadmap("3.3"))
        sent = [Sent("GET /links", "200 []", {"file": "main.py", "line": 3, "code": "def f()"})]
        try:
            raise error
        except Exception as caught:
            return explain(request.node, caught, sent, list(stops))

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (KeyError("title"), "the answer has no field 'title'"),
            (AssertionError("ids repeat: [1, 1]\nassert False"), "ids repeat: [1, 1]"),
            (AssertionError("assert 1 not in (None, 1)"), "  expected names what is wrong"),
            (TypeError("string indices must be integers"), "not of the shape"),
        ],
        ids=["field", "sentence", "bare", "shape"],
    )
    def test_names_what_is_wrong(
        self, request: pytest.FixtureRequest, error: Exception, words: str
    ) -> None:
        found = self.explain(request, error)
        assert words in found["message"]
        assert "assert" not in found["message"]
        assert found["message"].startswith("GET /links\n")
        assert found["place"] == {"file": "main.py", "line": 3, "code": "def f()"}

    def test_tells_a_header_from_a_field(self, request: pytest.FixtureRequest) -> None:
        with pytest.raises(KeyError) as caught:
            httpx2.Response(401).headers["www-authenticate"]
        found = explain(request.node, caught.value, [Sent("GET /", "401")], [])
        assert "the answer has no header 'www-authenticate'" in found["message"]

    def test_blames_another_item_only(self, request: pytest.FixtureRequest) -> None:
        assert "blamed" not in self.explain(request, ValueError(), Stop("no", "3.3"))
        assert self.explain(request, ValueError(), Stop("no", "3.2")).get("blamed") == "3.2"


def test_a_capstone_has_a_roadmap_of_its_own() -> None:
    assert suite_of("tests/capstones/userhub/test_userhub.py::test_x") == "userhub"
    assert suite_of("tests/test_level1_basics.py::test_x") == ""
