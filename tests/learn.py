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
from tests.course.roadmap import ITEMS
from tests.course.runs import HIGHEST, check, level_reached, run_exercise
from tests.course.sandbox import find_source
from tests.course.screen import STEPS, screen, style
from tests.course.starting import LearnError, reset_file, start_level
from tests.course.target import check_name
from tests.course.watching import lesson_of, watch_app

console = Console(highlight=False)


def number_of(text: str) -> int:
    """Read the number of a level."""
    if not text.isdigit() or not 1 <= int(text) <= HIGHEST:
        raise LearnError(f"{text} is no level: the levels are 1 to {HIGHEST}.")
    return int(text)


def look(app: str, level: int | None = None) -> tuple[Results, int]:
    """Look at an app once: at a level, or at the one that it has come to."""
    check_name(app)
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


def hint(app: str, step: str = "3") -> int:
    """Show the hints for what is next, up to a step."""
    results, _ = look(app)
    item = next_item(results)
    if item is None:
        console.print(results["message"] or "There is nothing left to do.")
        return 1
    console.print(f"Next: {item['number']} {item['title']}", markup=False)
    for name in STEPS[: int(step)]:
        console.print(f"{name}: {getattr(ITEMS[item['number']], name)}", markup=False)
    return 0


def show_all(app: str) -> int:
    """Show every failure."""
    results, _ = look(app)
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
    check_name(app)
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


def watch(app: str) -> int:
    """Watch an app."""
    check_name(app)
    source = find_source(app)
    if source is None:
        raise LearnError(
            f"There is no {app.partition(':')[0]} here.\n"
            "Begin with: python -m tests.learn start 1 my_linkhub"
        )
    watch_app(app, source.folder, console)
    return 0


COMMANDS: dict[str, Callable[..., int]] = {
    "start": start,
    "reset": reset,
    "check": lambda app: show(*look(app)),
    "level": lambda level, app: show(*look(app, number_of(level))),
    "hint": hint,
    "all": show_all,
    "docs": docs,
    "exercise": exercise,
    "solution": solution,
}


def takes(command: Callable[..., int], words: list[str]) -> bool:
    """Tell whether a command can do with as many words."""
    try:
        inspect.signature(command).bind(*words)
    except TypeError:
        return False
    return True


def main(arguments: list[str]) -> int:
    """Do what the command line says."""
    name, *rest = arguments or [""]
    command = COMMANDS.get(name)
    try:
        if command and takes(command, rest):
            return command(*rest)
        if ":" in name and not rest:
            return watch(name)
    except (LearnError, StartError) as error:
        print(error, file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
