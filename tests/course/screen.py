"""What `learn` shows: plain words and bars, for narrow terminals and for screen readers."""

import re
import textwrap
from collections.abc import Iterator

from rich.text import Text

from tests.course.checklist import contract, details, shorten
from tests.course.results import ItemResult, Results, next_item
from tests.course.roadmap import Item, roadmap_of
from tests.course.runs import HIGHEST

BAR = 10
KEYS = "h hint   a all   d docs   1-5 level   q quit"
STEPS = ("idea", "where", "how")
# The same for an app that does not start.
START = {
    "idea": "Python runs your file line by line, and stops at the first that it cannot run.",
    "where": "In the line named above; what it asks for may be missing or misspelt.",
    "how": "Start it yourself with uvicorn: the last line that it prints says why.",
}
# Colours that can be read on black as well as on white.
COLOURS = {
    r"^Just .*": "bold green",
    r"^Lost.*": "bold red",
    r"^Next.*": "bold",
    r"^  in .*": "bold",
    r"^hint, \w+:": "magenta",
    r"^(Level|Stage) \d+ \[#+": "green",
}


def bars(results: Results, level: int) -> Iterator[str]:
    """Write how much of each level is done."""
    roadmap = roadmap_of(results["suite"])
    for number, title in roadmap.levels.items():
        items = [item for item in roadmap.items.values() if item.level == number]
        done = sum(i["status"] == "done" for i in results["items"] if i["level"] == number)
        bar = ("#" * (BAR * done // len(items))).ljust(BAR, ".")
        here = "  <- you are here" if number == str(level) else ""
        yield f"{roadmap.part} {number} [{bar}] {done}/{len(items)} {title}{here}"


def changes(before: Results | None, after: Results) -> Iterator[str]:
    """Write what has just turned green, and what has been lost."""
    old = done_in(before) if before else None
    if old is None or not after["items"]:
        return
    new, tested = done_in(after), {item["number"] for item in after["items"]}
    for word, numbers in (("Just done", new - old), ("Lost", (old - new) & tested)):
        titles = roadmap_of(after["suite"]).items
        yield from (f"{word}: {number} {titles[number].text}" for number in sorted(numbers))


def done_in(results: Results) -> set[str]:
    """List the items that are done."""
    return {item["number"] for item in results["items"] if item["status"] == "done"}


def body(results: Results, hints: int, rows: int, width: int = 200) -> list[str]:
    """Write the one thing to do next; of its contract, as much as there are rows for."""
    if results["status"] == "error":
        lines = [*results["message"].splitlines(), *hints_to_start(hints)]
        return [part for line in lines for part in fold(line, width)]
    notes = [*results["message"].splitlines(), ""] if results["message"] else []
    result = next_item(results)
    if result is None:
        return [*notes, praise(results)]
    item = roadmap_of(results["suite"]).items[result["number"]]
    steps = [f"hint, {step}: {getattr(item, step)}" for step in STEPS[:hints]]
    promises = contract(item) if result["status"] == "open" else iter(())
    head, middle, tail = (
        [part for line in lines for part in fold(line, width)]
        for lines in ([*notes, *heading(result, item)], promises, [*what(result), *steps])
    )
    room = rows - len(head) - len(tail) - 1
    return [*head, *middle[: max(room, 0)], "", *tail]


def hints_to_start(hints: int) -> Iterator[str]:
    """Write hints for an app that does not start."""
    yield from (f"hint, {step}: {START[step]}" for step in STEPS[:hints])


def what(result: ItemResult) -> Iterator[str]:
    """Write what the first failure is."""
    return details(result["failures"][0])


def praise(results: Results) -> str:
    """Say that a level is done, and where to go."""
    if results["suite"]:
        return f"{roadmap_of(results['suite']).title} is done."
    level = max(int(item["level"]) for item in results["items"])
    last = "That was the last one." if level == HIGHEST else f"On to level {level + 1}."
    return f"Level {level} is done. {last}"


def heading(result: ItemResult, item: Item) -> Iterator[str]:
    """Write what is next."""
    if result["status"] == "open":
        yield f"Next: {item.number} {item.text}"
        return
    core = result["core"]
    yield f"{item.number} is done (core {core['passed']}/{core['total']}). A careful app goes on:"


def screen(
    results: Results, before: Results | None, level: int, hints: int, size: tuple[int, int]
) -> list[str]:
    """Write the whole screen, line by line."""
    width, height = size
    top = [*bars(results, level), *changes(before, results), ""]
    # The line of keys comes below, and the cursor.
    rows = height - len(top) - 2
    return [shorten(line, width) for line in [*top, *body(results, hints, rows, width)]]


def fold(line: str, width: int) -> list[str]:
    """Wrap a line; but a request and its answer may be long, and their beginnings will do."""
    if re.match(r"  got |  in |[A-Z]+ /", line):
        return [shorten(line, width)]
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(line, width, subsequent_indent=indent) or [""]


def style(line: str) -> Text:
    """Give a line the colours of its kind; the words say the same without."""
    text = Text(line)
    for pattern, colour in COLOURS.items():
        text.highlight_regex(pattern, colour)
    return text
