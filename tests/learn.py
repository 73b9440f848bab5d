"""The tutor: how far an app of one's own is, and what to do next.

python -m tests.learn my_linkhub.main:app                 watch it, and look at each save
python -m tests.learn start 2 my_linkhub                  make the start of a level
python -m tests.learn reset my_linkhub/main.py            get one file of the start back
python -m tests.learn check my_linkhub.main:app           look once
python -m tests.learn level 2 my_linkhub.main:app         look once, at a level
python -m tests.learn hint my_linkhub.main:app [1-3]      how to go about what is next
python -m tests.learn all my_linkhub.main:app             every failure
python -m tests.learn docs 2                              the lesson of a level
python -m tests.learn exercise 2.1 my_linkhub.main:app    check an exercise
python -m tests.learn solution 2.1                        show how it can be done

For a capstone: --suite posts (or booktracker, shortener, userhub), with watch, check, hint, all.
A server that runs already: its address in place of the app's name, to look once.
"""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from tests.course import exercises
from tests.course.checklist import checklist, everything
from tests.course.failures import StartError
from tests.course.levels import LESSONS
from tests.course.results import Results, next_item
from tests.course.roadmap import roadmap_of
from tests.course.runs import (
    CAPSTONES,
    HIGHEST,
    Run,
    check,
    kind_of,
    level_reached,
    run_exercise,
    stage_reached,
    suite_of,
)
from tests.course.sandbox import find_source
from tests.course.screen import STEPS, hints_to_start, screen, style
from tests.course.starting import LearnError, reset_file, start_level
from tests.course.target import check_name, check_server
from tests.course.watching import lesson_of, watch_app

console = Console(highlight=False)


def number_of(text: str) -> int:
    """Read the number of a level."""
    if not text.isdigit() or not 1 <= int(text) <= HIGHEST:
        raise LearnError(f"{text} is no level: the levels are 1 to {HIGHEST}.")
    return int(text)


def check_app(app: str) -> None:
    """Raise StartError unless it is the name of an app, or the address of a server."""
    if kind_of(app) == "--url":
        check_server(app)
    else:
        check_name(app)


def look(app: str, level: int | None = None, capstone: str = "") -> tuple[Results, int]:
    """Look at an app once: at a capstone, at a level, or at the one that it has come to."""
    check_app(app)
    if capstone:
        results = Run(app, suite_of(0, capstone)).results()
        return results, stage_reached(results) if results["items"] else 1
    if level is None:
        first = check(app, HIGHEST, "--core")
        if first["status"] == "error":
            return first, 1
        level = level_reached(first)
    return check(app, level), level


def show(results: Results, level: int, hints: int = 0) -> int:
    """Show how far an app is; return 0 only if nothing is left to do."""
    for line in screen(results, None, level, hints, (console.width, 1000)):
        console.print(style(line))
    return 0 if results["status"] == "passed" else 1


def start(level: str, folder: str) -> int:
    """Make the start of a level."""
    start_level(number_of(level), Path(folder))
    app = f"{'.'.join(Path(folder).parts)}.main:app"
    readme = f"{LESSONS[int(level) - 1].name}/README.md"
    console.print(f"{folder} is the start of level {level}. Read {readme}, then run:")
    console.print(f"python -m tests.learn {app}")
    return 0


def reset(file: str) -> int:
    """Give one file back."""
    level = reset_file(Path(file))
    console.print(f"{file} is as in {level.name} again; yours is now {file}.before-reset.")
    return 0


def hint(app: str, step: str = "3", *, suite: str = "") -> int:
    """Show the hints for what is next, up to a step."""
    results, _ = look(app, capstone=suite)
    result, hints = next_item(results), int(step) if step.isdigit() else len(STEPS)
    if result is None:
        lines = [*results["message"].splitlines(), *hints_to_start(hints)]
        is_broken = results["status"] == "error"
        console.print(
            "\n".join(lines) if is_broken else "There is nothing left to do.", markup=False
        )
        return 1
    console.print(f"Next: {result['number']} {result['title']}", markup=False)
    item = roadmap_of(results["suite"]).items[result["number"]]
    for name in STEPS[:hints]:
        console.print(f"{name}: {getattr(item, name)}", markup=False)
    return 0


def show_all(app: str, *, suite: str = "") -> int:
    """Show every failure."""
    results, _ = look(app, capstone=suite)
    lines = [*results["message"].splitlines(), *everything(results), *checklist(results)]
    console.print("\n".join(lines), markup=False)
    return 0 if results["status"] == "passed" else 1


def docs(level: str) -> int:
    """Show the lesson of a level."""
    console.print(Markdown(lesson_of(number_of(level))))
    return 0


def exercise(number: str, app: str) -> int:
    """Check an exercise."""
    if number not in exercises.NUMBERS:
        raise LearnError(f"There is no exercise {number}: they are {' '.join(exercises.NUMBERS)}.")
    check_app(app)
    return run_exercise(app, exercises.check_of(number))


def solution(number: str) -> int:
    """Show how an exercise can be done."""
    if number not in exercises.NUMBERS:
        raise LearnError(f"There is no exercise {number}: they are {' '.join(exercises.NUMBERS)}.")
    patch = exercises.solution_of(number)
    if not patch.exists():
        raise LearnError("The solutions are with whoever teaches the class: ask there.")
    console.print(patch.read_text("utf-8"), markup=False)
    return 0


def check_once(app: str, *, suite: str = "") -> int:
    """Look once."""
    return show(*look(app, capstone=suite))


def watch(app: str, *, suite: str = "") -> int:
    """Watch an app; a server, whose files may be anywhere, is looked at once."""
    check_app(app)
    if kind_of(app) == "--url":
        return check_once(app, suite=suite)
    source = find_source(app)
    if source is None:
        raise LearnError(
            f"There is no {app.partition(':')[0]} here.\n"
            "Begin with: python -m tests.learn start 1 my_linkhub"
        )
    watch_app(app, source.folder, console, suite)
    return 0


COMMANDS: dict[str, Callable[..., int]] = {
    "start": start,
    "reset": reset,
    "check": check_once,
    "level": lambda level, app: show(*look(app, number_of(level))),
    "hint": hint,
    "all": show_all,
    "docs": docs,
    "exercise": exercise,
    "solution": solution,
}


def takes(command: Callable[..., int], words: list[str], options: dict[str, str]) -> bool:
    """Tell whether a command can do with as many words, and with the options."""
    try:
        inspect.signature(command).bind(*words, **options)
    except TypeError:
        return False
    return True


def split_off_suite(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """Take the name of a capstone out of a command line."""
    if "--suite" not in arguments[1:-1]:
        return arguments, {}
    at = arguments.index("--suite")
    name = arguments[at + 1]
    if name not in CAPSTONES:
        raise LearnError(f"There is no capstone {name}: they are {' '.join(CAPSTONES)}.")
    return arguments[:at] + arguments[at + 2 :], {"suite": name}


def main(arguments: list[str]) -> int:
    """Do what the command line says."""
    try:
        (name, *rest), options = split_off_suite(arguments or [""])
        command = COMMANDS.get(name)
        if command and takes(command, rest, options):
            return command(*rest, **options)
        if ":" in name and not rest:
            return watch(name, **options)
    except (LearnError, StartError) as error:
        print(error, file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
