"""What a level adds to the one before, for whoever teaches it.

python -m tests.stages               a table: how much of each level stands unchanged in the next
python -m tests.stages 2 3           the lesson of level 3 as a diff, without blank lines
python -m tests.stages 2 3 main.py   the same for one file
python -m tests.stages 2 3 --patch   a patch that turns a copy of level 2 into level 3
python -m tests.stages --html DIR    a page for each step, to show in class
python -m tests.stages handout 3 DIR what students of level 3 begin with
python -m tests.stages carry 1       bring your change of level 1 into all later levels
python -m tests.stages insert 5 NAME make room for one more level, which begins as a copy of level 4
"""

import os
import re
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from tests.course.carry import CarryError, carry, gone_words, mentions
from tests.course.carry_solutions import carry_solutions
from tests.course.diffs import make_patch, write_diff, write_table
from tests.course.insert import insert
from tests.course.levels import LEVELS, ROOT, git, number_of

COLOURS = {"+": "green", "-": "red", "@": "cyan", "=": "bright_white"}


class Commands(TyperGroup):
    """The commands; two numbers without one stand for `diff`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # typer's own class of contexts
        """Put in the name of the command that numbers call."""
        return super().parse_args(ctx, ["diff", *args] if args[:1] and args[0].isdigit() else args)


HELP = __doc__.replace("\n\n", "\n\n\b\n")  # typer leaves the lines after a \b as they are

cli = typer.Typer(cls=Commands, help=HELP, rich_markup_mode=None, add_completion=False)


def find_level(number: int) -> Path:
    """Return the folder of a level, or say which there are."""
    folders = {number_of(level): level for level in LEVELS}
    if number not in folders:
        raise typer.BadParameter(f"there is no level {number}, only {', '.join(map(str, folders))}")
    return folders[number]


@cli.callback(invoke_without_command=True)
def show_table(
    context: typer.Context,
    html: Annotated[Path | None, typer.Option(help="Write the steps as a site there.")] = None,
) -> None:
    """Show the table, or write the site, unless a command follows."""
    if html:
        from tests.course.site import write_site  # it needs what only instructors install

        typer.echo(f"Open {write_site(html)[0]}")
    elif context.invoked_subcommand is None:
        typer.echo("\n".join(write_table()))


@cli.command()
def diff(
    first: int,
    second: int,
    file: Annotated[str, typer.Argument(help="One file of the level.")] = "",
    patch: Annotated[bool, typer.Option("--patch", help="For git apply, byte for byte.")] = False,
) -> None:
    """Show what differs between two levels: `diff` itself need not be typed."""
    before, after = find_level(first), find_level(second)
    if file and not any((level / file).exists() for level in (before, after)):
        raise typer.BadParameter(f"neither level has a file {file}")
    if patch:
        sys.stdout.buffer.write(make_patch(before, after, file))
        return
    in_colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for line in write_diff(before, after, file):
        colour = COLOURS.get(line[:1]) if in_colour else None
        typer.echo(typer.style(line, fg=colour))


@cli.command("handout")
def write_handout(
    number: Annotated[int, typer.Argument(help="The level that students are to build.")],
    folder: Annotated[Path, typer.Argument(help="A folder to make.")],
    classroom: Annotated[
        bool, typer.Option("--classroom", help="Add the workflow of GitHub Classroom.")
    ] = False,
) -> None:
    """Write what students begin with: the level before, and the suites and READMEs up to theirs."""
    from tests.course.handout import hand_out  # it needs what only instructors install

    if folder.exists() and any(folder.iterdir()):
        raise typer.BadParameter(f"{folder} is not empty")
    hand_out(find_level(number), folder, classroom=classroom)
    typer.echo(f"Look at {folder / 'README.md'}")


@cli.command("insert")
def insert_level(
    number: Annotated[int, typer.Argument(help="The number that the new level is to have.")],
    lesson: Annotated[str, typer.Argument(help="The second part of its folder's name.")],
) -> None:
    """Make room for a new level: those from its number on move up, everywhere they are named."""
    find_level(number - 1)
    if not re.fullmatch(r"[a-z]\w*", lesson):
        raise typer.BadParameter(f"{lesson} cannot be a part of a module's name")
    if git(ROOT, "status", "--porcelain"):
        raise typer.BadParameter("commit your changes first, to see what this changes")
    level = insert(ROOT, number, lesson).name
    typer.echo(f"Look at `git diff` and commit it. Then build the lesson in {level}, carry it on,")
    typer.echo(f"and write its README, its suite tests/test_{level}.py, its items in")
    typer.echo("tests/course/roadmap.toml and its row in README.md.")


@cli.command("carry")
def carry_on(
    number: Annotated[int, typer.Argument(help="The level that you have changed.")],
    since: Annotated[str, typer.Option(help="The commit before your change.")] = "HEAD",
) -> None:
    """Bring your change of a level into all later ones, as a three-way merge."""
    levels = LEVELS[LEVELS.index(find_level(number)) :]
    try:
        outcomes = list(carry(levels, since))
        if not any(outcome.conflict for outcome in outcomes):
            outcomes += carry_solutions(levels, since)
    except CarryError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None
    for outcome in outcomes:
        typer.echo(f"{outcome.text:15} {outcome.level.name}/{outcome.path}")
    if any(outcome.text == "left alone" for outcome in outcomes):
        typer.echo("Left alone is what does not merge and you have changed since the last commit.")
    old_words = list(mentions(ROOT, gone_words(levels[0], since), levels))
    if old_words:
        typer.echo("\n".join(["\nStill in the words of before:", *old_words]))
    conflicts = [outcome for outcome in outcomes if outcome.conflict]
    for outcome in conflicts:
        typer.echo(f"\nCONFLICT in {outcome.level.name}/{outcome.path}\n{outcome.conflict}")
        if outcome.level != levels[-1]:
            typer.echo(f"Resolve it, then: python -m tests.stages carry {number_of(outcome.level)}")
    raise typer.Exit(1 if conflicts else 0)


if __name__ == "__main__":
    cli()
