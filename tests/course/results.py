"""The results of a run, as `tests/results.schema.json` says: all else is made from them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NotRequired, TypedDict

import pytest

from tests.course.places import Place
from tests.course.roadmap import Item, Roadmap, is_result, roadmap_of

Status = Literal["done", "open", "waiting", "untested"]


class Finding(TypedDict):
    """What a failed test has found."""

    test: str
    hardening: bool
    message: str
    sent: str
    expected: str
    got: str
    place: Place | None
    # The item to blame, if it is not the one that the test checks.
    blamed: NotRequired[str]


class Count(TypedDict):
    """How many tests of a kind have passed."""

    passed: int
    total: int


class ItemResult(TypedDict):
    """How far an item of the roadmap is."""

    number: str
    level: str
    title: str
    status: Status
    core: Count
    hardening: Count
    # The items that keep tests of this one from passing.
    blamed: list[str]
    hint: str
    failures: list[Finding]


class Results(TypedDict):
    """What a run says about an app."""

    app: str
    suite: str
    status: Literal["passed", "failed", "error"]
    message: str
    items: list[ItemResult]


class Outcome(TypedDict):
    """How a test of a roadmap has ended."""

    suite: str
    number: str
    hardening: bool
    outcome: str
    finding: Finding | None


def outcomes_of(stats: dict[str, list[Any]]) -> list[Outcome]:
    """Collect the outcomes of all tests that name an item, from what pytest has counted."""
    reports = [report for group in stats.values() for report in group if is_result(report)]
    return [outcome for report in reports for outcome in outcome_of(report)]


def outcome_of(report: pytest.TestReport) -> Iterator[Outcome]:
    """Read the outcome of a test from its report, if it names an item."""
    properties = dict(report.user_properties)
    if properties.get("roadmap"):
        yield {
            "suite": str(properties["suite"]),
            "number": str(properties["roadmap"]),
            "hardening": bool(properties["hardening"]),
            "outcome": report.outcome,
            "finding": properties.get("finding"),  # type: ignore[typeddict-item]
        }


def exercises_of(stats: dict[str, list[Any]]) -> list[tuple[str, Finding | None]]:
    """Collect the tests that name no item, as those of exercises: what each is, what it found."""
    reports = [report for group in stats.values() for report in group if is_result(report)]
    found = [(dict(r.user_properties), r) for r in reports if r.outcome != "skipped"]
    return [
        (str(properties["sentence"]), properties.get("finding"))
        for properties, _ in found
        if "sentence" in properties
    ]


def make_results(app: str, suite: str, outcomes: Iterable[Outcome]) -> Results:
    """Say of each item how far it is; of those levels only that took part."""
    roadmap, by_item = roadmap_of(suite), defaultdict(list)
    for outcome in outcomes:
        by_item[outcome["number"]].append(outcome)
    levels = {roadmap.items[number].level for number in by_item}
    hand_on(roadmap, by_item, max(levels, key=int))
    findings: dict[str, list[Finding]] = defaultdict(list)
    for number, group in by_item.items():
        for finding in (outcome["finding"] for outcome in group):
            if finding:
                findings[finding.get("blamed") or number].append(finding)
    levels |= {roadmap.items[number].level for number in findings}
    items = [
        make_item_result(item, by_item[item.number], findings[item.number])
        for item in roadmap.items.values()
        if item.level in levels
    ]
    done = all(item["status"] in ("done", "untested") for item in items)
    return {
        "app": app,
        "suite": suite,
        "status": "passed" if done else "failed",
        "message": "",
        "items": items,
    }


def hand_on(roadmap: Roadmap, by_item: dict[str, list[Outcome]], level: str) -> None:
    """Blame an item that keeps others from being seen.

    An item that has no route of its own, or that a later level builds upon, is looked at through
    routes of others: it cannot be judged as long as the item that they belong to is open itself.
    """
    broken = {number for number, group in by_item.items() if any(map(is_breakdown, group))}
    for number, group in by_item.items():
        item = roadmap.items[number]
        for outcome in filter(is_own_failure, group):
            assert outcome["finding"]
            method, path = [*outcome["finding"]["sent"].split(" "), "", ""][:2]
            owner = roadmap.owner(method, path, level, number)
            later = owner and int(roadmap.items[owner].level) > int(item.level)
            if owner in broken - {number} and (later or not item.routes + item.changes):
                outcome["finding"]["blamed"] = owner


def is_own_failure(outcome: Outcome) -> bool:
    """Tell whether a test of the contract has failed for which no other item is to blame."""
    finding = outcome["finding"]
    return finding is not None and not outcome["hardening"] and "blamed" not in finding


def is_breakdown(outcome: Outcome) -> bool:
    """Tell whether something did not work that should; what should be refused is another matter."""
    finding = outcome["finding"]
    return is_own_failure(outcome) and finding is not None and finding["expected"][:1] != "4"


def make_item_result(item: Item, outcomes: list[Outcome], findings: list[Finding]) -> ItemResult:
    """Say how far an item is."""
    blamed = {
        finding["blamed"]
        for outcome in outcomes
        if (finding := outcome["finding"]) and "blamed" in finding and not finding["hardening"]
    }
    core, hardening = (
        count(outcome for outcome in outcomes if outcome["hardening"] is kind)
        for kind in (False, True)
    )
    return {
        "number": item.number,
        "level": item.level,
        "title": item.text,
        "status": status_of(core, findings, blamed - {item.number}),
        "core": core,
        "hardening": hardening,
        "blamed": sorted(blamed - {item.number}),
        "hint": item.idea,
        "failures": sorted(findings, key=lambda f: (f["hardening"], "blamed" in f)),
    }


def count(outcomes: Iterable[Outcome]) -> Count:
    """Count the tests that ran, and those that passed."""
    ended = [outcome["outcome"] for outcome in outcomes if outcome["outcome"] != "skipped"]
    return {"passed": ended.count("passed"), "total": len(ended)}


def status_of(core: Count, findings: list[Finding], blamed: set[str]) -> Status:
    """Say whether an item is done: the core tests alone decide."""
    if any(not finding["hardening"] for finding in findings):
        return "open"
    if blamed:
        return "waiting"
    return "done" if core["total"] else "untested"


def next_item(results: Results) -> ItemResult | None:
    """Return what to do next: the first item that is open, or else where more could be done."""
    items = results["items"]
    opened = next((item for item in items if item["status"] == "open"), None)
    return opened or next((item for item in items if item["failures"]), None)
