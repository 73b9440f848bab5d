"""What instructors rely on: each level is the one before and its lesson, and nothing else."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import quantiles

import pytest
from typer.testing import CliRunner, Result

from tests.course.diffs import Step, copy_files, make_patch, read_level, steps
from tests.course.in_process import import_afresh
from tests.course.levels import LEVELS, ROOT, files_of, git, levels_from
from tests.course.roadmap import ITEMS
from tests.stages import cli

# Words that belong to a level: the code of every level before it does without them.
LESSONS = {
    "database": r"sqlmodel|sqlalchemy|Depends|session|async_engine|created_at|link_id",
    "auth": r"jwt|passlib|bcrypt|OAuth2|token|password|username|email|auth",
    "relationships": r"Relationship|selectinload|foreign_key|user_id|\.delete|FORBIDDEN",
    "polish": r"skip|limit|offset|search|tags=|summary|responses=|examples|\bversion",
}

FILES = [file for level in LEVELS for file in sorted(level.glob("*.py"))]
STEPS = dict(steps())


def name_of(path: Path) -> str:
    """Return what to call a file in the list of tests."""
    return path.relative_to(ROOT).as_posix()


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions of a file."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function has, decorators left out."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def code_of(level: Path) -> str:
    """Return the code of a level in one text."""
    return "\n".join(line for lines in read_level(level).values() for line in lines)


class TestSteps:
    @pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
    def test_no_file_goes_away(self, step: Step) -> None:
        assert step.gone_files == 0

    def test_the_database_replaces_at_most_eight_lines(self) -> None:
        assert STEPS[levels_from("database")[0].name].removed <= 8

    @pytest.mark.parametrize("name", list(STEPS)[1:])
    def test_a_level_stands_in_the_next(self, name: str) -> None:
        assert STEPS[name].survival >= 93

    @pytest.mark.parametrize("lesson", LESSONS)
    def test_no_level_runs_ahead(self, lesson: str) -> None:
        for folder in LEVELS[: LEVELS.index(levels_from(lesson)[0])]:
            assert re.findall(LESSONS[lesson], code_of(folder)) == [], f"{folder.name} runs ahead"

    @pytest.mark.parametrize("lesson", LESSONS)
    def test_the_words_of_a_lesson_are_in_its_level(self, lesson: str) -> None:
        code = code_of(levels_from(lesson)[0])
        missing = [word for word in LESSONS[lesson].split("|") if not re.search(word, code)]
        assert missing == []


@dataclass(frozen=True)
class Shape:
    """What a level offers and stores: its routes, the fields of its schemas and of its tables."""

    routes: set[str]
    fields: set[str]
    tables: dict[str, set[str]]

    def lacking(self) -> set[str]:
        """Return the fields of schemas that the table of the same name has no place for."""
        return {
            f"{schema}.{field}"
            for schema, field in (name.split(".") for name in self.fields)
            for table, columns in self.tables.items()
            if re.fullmatch(f"{table}(base|create|public|update)", schema.lower())
            and not columns & {field, f"{field}_hash"}
        }


@cache
def shape_of(level: Path) -> Shape:
    """Return what a level's own documentation and tables say."""
    app, metadata = import_afresh(f"{level.name}.main:app")
    document = app.openapi()
    schemas = document["components"]["schemas"]
    return Shape(
        {f"{method} {path}" for path, item in document["paths"].items() for method in item},
        {
            f"{name}.{field}"
            for name, schema in schemas.items()
            if not name.startswith("Body_")  # a form; its name comes from the function's
            for field in schema["properties"]
        },
        {table.name: {column.name for column in table.columns} for table in metadata.sorted_tables},
    )


class TestLadder:
    @pytest.mark.parametrize("step", [*pairwise(LEVELS)], ids=lambda step: step[1].name)
    def test_a_level_has_the_routes_and_fields_of_the_one_before(
        self, step: tuple[Path, Path]
    ) -> None:
        before, after = map(shape_of, step)
        assert before.routes - after.routes == set()
        assert before.fields - after.fields == set()
        lost = {
            f"{table}.{column}"
            for table, columns in before.tables.items()
            for column in columns - after.tables.get(table, set())
        }
        assert lost == set()

    @pytest.mark.parametrize("level", LEVELS, ids=name_of)
    def test_what_a_schema_has_the_table_has_too(self, level: Path) -> None:
        assert shape_of(level).lacking() == set()

    def test_a_field_without_a_column_is_found(self) -> None:
        shape = shape_of(levels_from("relationships")[0])
        tables = {
            name: columns - {"title", "password_hash"} for name, columns in shape.tables.items()
        }
        assert replace(shape, tables=tables).lacking() == {
            "LinkCreate.title",
            "LinkPublic.title",
            "UserCreate.password",
        }


class TestCode:
    @pytest.mark.parametrize("file", FILES, ids=name_of)
    def test_a_file_is_short(self, file: Path) -> None:
        assert len(file.read_text("utf-8").splitlines()) <= 150

    @pytest.mark.parametrize("file", FILES, ids=name_of)
    def test_everything_has_a_docstring(self, file: Path) -> None:
        tree = ast.parse(file.read_text("utf-8"))
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        nodes = [node for node in ast.walk(tree) if isinstance(node, documented)]
        assert [node for node in nodes if not ast.get_docstring(node)] == []

    @pytest.mark.parametrize("file", FILES, ids=name_of)
    def test_no_comment_tells_the_history(self, file: Path) -> None:
        comments = re.findall(r"#.*", file.read_text("utf-8"))
        assert [
            c for c in comments if re.search(r"\b(new|now|changed|level|TODO)\b", c, re.I)
        ] == []

    def test_functions_are_short(self) -> None:
        lengths = [length(function) for file in FILES for function in functions(file)]
        assert max(lengths) <= 20
        assert quantiles(lengths, n=10)[-1] <= 12

    @pytest.mark.parametrize("file", FILES, ids=name_of)
    def test_routes_are_async(self, file: Path) -> None:
        routes = [
            f for f in functions(file) if any("app." in d or "router." in d for d in marks(f))
        ]
        assert [f.name for f in routes if not isinstance(f, ast.AsyncFunctionDef)] == []


def marks(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Return a function's decorators as text."""
    return [ast.unparse(decorator) for decorator in function.decorator_list]


def run_stages(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli, arguments)


class TestCommand:
    def test_prints_a_table(self) -> None:
        command = [sys.executable, "-m", "tests.stages"]
        lines = subprocess.check_output(command, cwd=ROOT, text=True).splitlines()
        assert [line.split()[0] for line in lines[1:]] == list(STEPS)

    def test_prints_a_diff(self) -> None:
        output = run_stages("3", "4").stdout
        assert "+async def delete_link(" in output
        assert "README" not in output
        assert not re.search(r"^[-+]\s*$", output, re.M)

    def test_prints_the_diff_of_one_file(self) -> None:
        output = run_stages("3", "4", "models.py").stdout
        assert re.findall("^=== .*", output, re.M) == ["=== models.py"]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["1"], "Missing argument"),
            (["1", "999"], "there is no level 999, only 1, 2"),
            (["0", "1"], "there is no level 0"),
            (["1", "2", "nothing.py"], "neither level has a file nothing.py"),
            (["one", "two"], "No such command 'one'"),
        ],
        ids=" ".join,
    )
    def test_says_what_it_does_not_understand(self, arguments: list[str], message: str) -> None:
        run = run_stages(*arguments)
        assert run.exit_code == 2
        assert message in run.stderr


class TestPatch:
    @pytest.mark.parametrize("step", [*pairwise(LEVELS)], ids=lambda step: step[1].name)
    def test_turns_a_copy_of_a_level_into_the_next(
        self, step: tuple[Path, Path], tmp_path: Path
    ) -> None:
        before, after = step
        copy_files(before, tmp_path)
        apply_patch(make_patch(before, after), tmp_path)
        assert contents(tmp_path) == {path: (after / path).read_bytes() for path in files_of(after)}

    def test_takes_one_file_along_and_no_other(self, tmp_path: Path) -> None:
        before, after, *_ = levels_from("auth")
        copy_files(before, tmp_path)
        expected = contents(tmp_path) | {"main.py": (after / "main.py").read_bytes()}
        apply_patch(make_patch(before, after, "main.py"), tmp_path)
        assert contents(tmp_path) == expected

    def test_knows_of_line_ends_bytes_and_empty_files(self, tmp_path: Path) -> None:
        before, after, copy = (tmp_path / name for name in ("before", "after", "copy"))
        for folder in (before, after, copy):
            folder.mkdir()
            git(folder, "init", "-q")
        (before / "gone.txt").write_text("no line end")
        (after / "empty.py").touch()
        (after / "picture.png").write_bytes(bytes(range(256)))
        (after / "windows.txt").write_bytes(b"a\r\nb")
        copy_files(before, copy)
        apply_patch(make_patch(before, after), copy)
        assert contents(copy) == contents(after)


def apply_patch(patch: bytes, folder: Path) -> None:
    """Apply a patch as a learner does."""
    subprocess.run(["git", "apply", "-"], cwd=folder, input=patch, check=True)


def contents(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder, by path."""
    files = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


class TestPlan:
    PLAN = ROOT / "tests" / "INSTRUCTORS.md"

    def test_speaks_of_every_level_and_links_to_what_is_there(self) -> None:
        targets = re.findall(r"\]\((?!http)([^)#]+)", self.PLAN.read_text("utf-8"))
        assert [target for target in targets if not (self.PLAN.parent / target).exists()] == []
        readmes = {f"../{level.name}/README.md" for level in LEVELS}
        assert readmes <= set(targets)

    def test_names_items_that_there_are(self) -> None:
        numbers = set(re.findall(r"\b\d\.\d(?=:|, hardening)", self.PLAN.read_text("utf-8")))
        assert numbers <= ITEMS.keys()
        assert len(numbers) > len(LEVELS)

    def test_has_commands_that_there_are(self) -> None:
        commands = re.findall(r"`python -m tests\.stages ([a-z]+)", self.PLAN.read_text("utf-8"))
        assert {"handout", "carry", "insert"} == set(commands)
        for name in set(commands):
            assert CliRunner().invoke(cli, [name, "--help"]).exit_code == 0
