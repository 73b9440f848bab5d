"""The results of a run as text: the checklist, and the one thing to do next."""

from collections.abc import Iterable, Iterator

from tests.course.places import show
from tests.course.results import Finding, ItemResult, Results, next_item
from tests.course.roadmap import Item, roadmap_of

MARKS = {"done": "x", "open": " ", "waiting": "-", "untested": "-"}
WIDTH = 160


def checklist(results: Results) -> Iterator[str]:
    """Write the items, level by level; an open one with what is wrong, in a line."""
    roadmap = roadmap_of(results["suite"])
    for level, title in roadmap.levels.items():
        items = [item for item in results["items"] if item["level"] == level]
        if items:
            done = sum(item["status"] == "done" for item in items)
            yield f"{roadmap.part} {level}: {title} ({done}/{len(items)})"
        for item in items:
            yield f"  [{MARKS[item['status']]}] {item['number']} {item['title']}: {counts(item)}"
            if item["status"] == "open":
                yield f"        {one_line(item['failures'][0])}"
            elif item["status"] == "waiting":
                yield f"        held up by {' and '.join(item['blamed'])}"


def counts(item: ItemResult) -> str:
    """Write how many tests of an item have passed."""
    core, hardening = item["core"], item["hardening"]
    parts = [f"core {core['passed']}/{core['total']}"]
    if hardening["total"]:
        parts.append(f"hardening {hardening['passed']}/{hardening['total']}")
    return ", ".join(parts)


def one_line(finding: Finding) -> str:
    """Write a finding in a line."""
    first, *rest = (" ".join(line.split()) for line in finding["message"].splitlines())
    if rest and not rest[0].startswith("("):
        first = ", ".join([shorten(first, 70), *rest[:2]])
    return shorten(first, WIDTH)


def shorten(text: str, width: int) -> str:
    """Cut a text that is longer than a line."""
    return text if len(text) <= width else f"{text[: width - 3]}..."


def what_next(results: Results) -> Iterator[str]:
    """Write the one thing to do next: its contract, what happened, where, and the first hint."""
    result = next_item(results)
    if result is None:
        return
    item = roadmap_of(results["suite"]).items[result["number"]]
    if result["status"] == "open":
        yield f"Next: {item.number} {item.text}"
        yield from contract(item)
    else:
        yield f"Done. What {item.number} does not ask for, but a careful app does:"
    yield ""
    yield from details(result["failures"][0])
    yield ""
    yield f"hint: {item.idea}"
    yield f"look at: {item.look_at}"


def contract(item: Item) -> Iterator[str]:
    """Write what an item promises."""
    for exchange in item.contract:
        yield f"  {exchange.send}"
        yield f"    -> {exchange.back}"


def details(finding: Finding) -> Iterator[str]:
    """Write all that is known about a failure."""
    yield f"Not yet: {finding['test']}"
    yield from (shorten(line, 400) for line in finding["message"].splitlines()[:12])
    if (place := finding["place"]) and show(place) not in finding["message"]:
        yield f"  in {show(place)}"


def everything(results: Results) -> Iterator[str]:
    """Write every failure of every item, those that go beyond the contract as well."""
    for item in results["items"]:
        for finding in item["failures"]:
            kind = ", beyond the contract" if finding["hardening"] else ""
            yield f"{item['number']} {item['title']}{kind}"
            yield from details(finding)
            yield ""


def exercise(tests: Iterable[tuple[str, Finding | None]]) -> Iterator[str]:
    """Write what an exercise asks for, and what it lacks first."""
    tests = list(tests)
    for sentence, finding in tests:
        yield f"  [{' ' if finding else 'x'}] {sentence}"
    if first := next((finding for _, finding in tests if finding), None):
        yield ""
        yield from details(first)
