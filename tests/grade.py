"""Judge what a class has handed in.

python -m tests.grade submissions/* --level 3
python -m tests.grade submissions/* --suite posts --json results.json --html pages/
"""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from tests.course.grading.formats import as_csv, as_github, as_gradescope, as_junit
from tests.course.grading.judging import Task, Verdict, judge, private_network, verdict_of
from tests.course.grading.pages import write_pages
from tests.course.grading.points import Points, load_points
from tests.course.grading.similarity import likeness, prints_of
from tests.course.grading.submissions import name_of
from tests.course.levels import LEVELS
from tests.course.roadmap import CAPSTONES

Judged = dict[Path, tuple[Verdict, frozenset[int]]]
OutFile = Annotated[Path | None, typer.Option(metavar="FILE")]
MARKS = {
    "done": "[green]x[/]",
    "open": "[red]o[/]",
    "waiting": "[dim].[/]",
    "untested": "[dim]-[/]",
}


def grade(
    submissions: Annotated[list[Path], typer.Argument(help="Folders or zip files.", exists=True)],
    level: Annotated[int, typer.Option(min=1, max=len(LEVELS), help="And all below it.")] = 1,
    suite: Annotated[str, typer.Option(help="A capstone, in place of a level.")] = "",
    app: Annotated[
        str | None, typer.Option(help="my_linkhub.main:app; the only one if not given.")
    ] = None,
    points: Annotated[
        Path | None, typer.Option(help="What items are worth (TOML).", exists=True)
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="So many at a time.")] = os.cpu_count() or 1,
    seconds: Annotated[float, typer.Option(min=5, help="Time for each.")] = 120,
    network: Annotated[bool, typer.Option(help="Let submissions reach the network.")] = False,
    json_: Annotated[Path | None, typer.Option("--json", metavar="FILE")] = None,
    csv: OutFile = None,
    junit: OutFile = None,
    gradescope: Annotated[
        Path | None, typer.Option(metavar="PATH", help="A file for one submission, else a folder.")
    ] = None,
    github: Annotated[
        bool,
        typer.Option(help="Write the step output `result=` for GitHub Classroom (one submission)."),
    ] = False,
    html: Annotated[Path | None, typer.Option(metavar="DIR")] = None,
) -> None:
    """Judge submissions, several at a time, each in a copy and in processes of its own."""
    if suite and not (CAPSTONES / f"{suite}.toml").exists():
        raise typer.BadParameter(f"there is no capstone {suite}")
    worth = load_points(points)
    task = Task(level, suite, app, seconds, network)
    if not network and not private_network():
        typer.echo("Submissions can reach the network: this system lends no other.", err=True)
    verdicts = judge_all(list(dict.fromkeys(submissions)), task, worth, jobs)
    if json_:
        json_.write_text(json.dumps(verdicts, indent=2, ensure_ascii=False) + "\n", "utf-8")
    if csv:
        csv.write_text(as_csv(verdicts, worth), "utf-8")
    if junit:
        junit.write_text(as_junit(verdicts), "utf-8")
    if gradescope:
        write_gradescope(gradescope, verdicts, worth)
    if github:
        write_github(verdicts, worth)
    if html:
        write_pages(html, verdicts, worth, suite)


def judge_all(paths: list[Path], task: Task, points: Points, jobs: int) -> list[Verdict]:
    """Judge all submissions, and show them in a table as they are done."""
    judged: Judged = {}
    console = Console()
    with (
        ThreadPoolExecutor(jobs) as pool,
        Live(console=console, auto_refresh=False, transient=console.is_terminal) as live,
    ):
        waiting = {pool.submit(judge, path, task): path for path in paths}
        for done in as_completed(waiting):
            path, (results, prints) = waiting[done], done.result()
            judged[path] = verdict_of(path, results), prints
            add_points(judged[path][0], points)
            if console.is_terminal:
                live.update(make_table([judged[p][0] for p in paths if p in judged]), refresh=True)
    compare(judged, prints_of(task.model))
    verdicts = [judged[path][0] for path in paths]
    console.print(make_table(verdicts))
    return verdicts


def add_points(verdict: Verdict, points: Points) -> None:
    """Say what a submission has earned."""
    verdict["points"] = round(sum(points.of(item) for item in verdict["items"]), 2)
    verdict["max_points"] = round(sum(points.most(item) for item in verdict["items"]), 2)


def compare(judged: Judged, level: frozenset[int]) -> None:
    """Say how similar each submission is to the level, and to which other one most."""
    for path, (verdict, prints) in judged.items():
        verdict["like_level"] = likeness(prints, level)
        others = [
            (likeness(prints, other), name_of(each))
            for each, (_, other) in judged.items()
            if each != path
        ]
        if others:
            percent, name = max(others)
            verdict["most_like"] = {"submission": name, "percent": percent}


def make_table(verdicts: list[Verdict]) -> Table:
    """Draw a row for each submission, a mark for each item."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("submission", "points", "items", "like level", "most like"):
        table.add_column(title, no_wrap=title != "items")
    for verdict in verdicts:
        table.add_row(*cells(verdict))
    return table


def cells(verdict: Verdict) -> Iterator[str]:
    """Fill the row of a submission."""
    yield verdict["submission"]
    yield f"{verdict['points']:g}/{verdict['max_points']:g}"
    marks = " ".join(MARKS[item["status"]] for item in verdict["items"])
    first = verdict["message"].splitlines()[0] if verdict["message"] else ""
    yield f"[red]{first}[/]" if verdict["status"] == "error" else marks
    yield f"{verdict['like_level']} %"
    like = verdict["most_like"]
    yield f"{like['submission']} {like['percent']} %" if like else ""


def write_gradescope(path: Path, verdicts: list[Verdict], points: Points) -> None:
    """Write the file of one submission, or a folder with one for each."""
    if len(verdicts) == 1 and not path.is_dir():
        path.write_text(as_gradescope(verdicts[0], points), "utf-8")
        return
    path.mkdir(parents=True, exist_ok=True)
    for verdict in verdicts:
        file = path / f"{verdict['submission']}.json"
        file.write_text(as_gradescope(verdict, points), "utf-8")


def write_github(verdicts: list[Verdict], points: Points) -> None:
    """Add the step output where the runner wants it, or print it."""
    if len(verdicts) != 1:
        raise typer.BadParameter("--github is about one submission")
    line = as_github(verdicts[0], points)
    if file := os.environ.get("GITHUB_OUTPUT"):
        with Path(file).open("a", encoding="utf-8") as output:
            output.write(line)
    else:
        typer.echo(line, nl=False)


if __name__ == "__main__":
    typer.run(grade)
