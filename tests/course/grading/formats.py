"""The verdicts in the formats of others: spreadsheets, CI, Gradescope, GitHub Classroom."""

import base64
import csv
import io
import json
import re
from typing import Any
from xml.etree import ElementTree as ET

from tests.course.grading.judging import Verdict
from tests.course.grading.points import Points
from tests.course.results import ItemResult

NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_csv(verdicts: list[Verdict], points: Points) -> str:
    """Return a row for each submission, a column of points for each item."""
    numbers = sorted(
        {item["number"] for verdict in verdicts for item in verdict["items"]},
        key=lambda number: [int(part) for part in number.split(".")],
    )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = ["submission", "status", "points", "of", "like level", "most like", "likeness"]
    writer.writerow([*head, *numbers, "message"])
    for verdict in verdicts:
        earned = {item["number"]: points.of(item) for item in verdict["items"]}
        like = verdict["most_like"] or {"submission": "", "percent": ""}
        facts = [verdict["submission"], verdict["status"], verdict["points"], verdict["max_points"]]
        row = [*facts, verdict["like_level"], like["submission"], like["percent"]]
        row += [earned.get(number, "") for number in numbers] + [verdict["message"]]
        writer.writerow([harmless(cell) for cell in row])
    return out.getvalue()


def harmless(cell: object) -> object:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell


def text_of(item: ItemResult) -> str:
    """Say what is wrong with an item: the hint, whom it waits for, what was seen."""
    lines = []
    if item["blamed"]:
        lines.append(f"Waits for {', '.join(item['blamed'])}.")
    lines += dict.fromkeys(failure["message"] for failure in item["failures"])
    if item["status"] == "open":
        lines.append(f"Hint: {item['hint']}")
    return "\n\n".join(lines)


def as_junit(verdicts: list[Verdict]) -> str:
    """Return a test suite for each submission, a test case for each item."""
    root = ET.Element("testsuites", name="course")
    for verdict in verdicts:
        items = verdict["items"]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=clean(verdict["submission"]),
            tests=str(len(items)),
            failures=str(sum(item["status"] == "open" for item in items)),
            errors="0",
            skipped=str(sum(item["status"] in ("waiting", "untested") for item in items)),
        )
        for item in items:
            name = f"{item['number']} {item['title']}"
            case = ET.SubElement(suite, "testcase", name=name, classname=suite.attrib["name"])
            add_outcome(case, item, verdict["message"])
    ET.indent(root)
    return ET.tostring(root, "unicode", xml_declaration=True) + "\n"


def add_outcome(case: ET.Element, item: ItemResult, message: str) -> None:
    """Say in a test case how its item ended."""
    if item["status"] == "open":
        first = item["failures"][0]["message"].splitlines()[0] if item["failures"] else ""
        ET.SubElement(case, "failure", message=clean(first)).text = clean(text_of(item))
    elif item["status"] != "done":
        reason = message or f"waits for {', '.join(item['blamed'])}"
        ET.SubElement(case, "skipped", message=clean(reason))


def clean(text: str) -> str:
    """Leave out what XML has no room for."""
    return NOT_IN_XML.sub("", text)


def as_gradescope(verdict: Verdict, points: Points) -> str:
    """Return the `results.json` of one submission."""
    tests = [
        {
            "number": item["number"],
            "name": item["title"],
            "score": points.of(item),
            "max_score": points.most(item),
            "status": "passed" if item["status"] == "done" else "failed",
            "output": text_of(item),
            "visibility": "visible",
        }
        for item in verdict["items"]
    ]
    report = {
        "score": verdict["points"],
        "output": verdict["message"],
        # Unless it is said to be text, it is taken for HTML, and `<module>` is gone.
        "output_format": "text",
        "visibility": "visible",
        "tests": tests,
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def as_github(verdict: Verdict, points: Points) -> str:
    """Return the line for `GITHUB_OUTPUT` that the Classroom reporter sums up."""
    status = {"passed": "pass", "failed": "fail", "error": "error"}[verdict["status"]]
    tests: list[dict[str, Any]] = [
        {
            "name": f"{item['number']} {item['title']}",
            "status": "pass" if item["status"] == "done" else "fail",
            "score": points.of(item),
            "message": text_of(item) or None,
            "test_code": f"item {item['number']}",
            "filename": "",
            "line_no": 0,
            "execution_time": "",
        }
        for item in verdict["items"]
    ]
    result = {
        "version": 1,
        "status": status,
        "max_score": verdict["max_points"],
        "tests": tests,
    }
    return f"result={base64.b64encode(json.dumps(result).encode()).decode()}\n"
