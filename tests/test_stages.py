"""What instructors rely on: each level is the one before and its lesson, and nothing else."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

import pytest

from tests.stages import LEVELS, ROOT, Step, read_level, steps

# Words that belong to a level: the code of every level before it does without them.
LESSONS = {
    2: r"sqlmodel|sqlalchemy|Depends|session|async_engine|created_at|link_id",
    3: r"jwt|passlib|bcrypt|OAuth2|token|password|username|email|auth",
    4: r"Relationship|foreign_key|user_id|\.delete|FORBIDDEN",
    5: r"skip|limit|offset|search|tags=|summary|responses=|examples|\bversion",
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


class TestSteps:
    @pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
    def test_no_file_goes_away(self, step: Step) -> None:
        assert step.gone_files == 0

    def test_the_database_replaces_at_most_eight_lines(self) -> None:
        assert STEPS["level2_database"].removed <= 8

    @pytest.mark.parametrize("name", list(STEPS)[1:])
    def test_a_level_stands_in_the_next(self, name: str) -> None:
        assert STEPS[name].survival >= 93

    @pytest.mark.parametrize("level", LESSONS)
    def test_no_level_runs_ahead(self, level: int) -> None:
        for folder in LEVELS[: level - 1]:
            code = "\n".join(line for lines in read_level(folder).values() for line in lines)
            assert re.findall(LESSONS[level], code) == [], f"{folder.name} runs ahead"

    @pytest.mark.parametrize("level", LESSONS)
    def test_the_words_of_a_lesson_are_in_its_level(self, level: int) -> None:
        code = "\n".join(line for lines in read_level(LEVELS[level - 1]).values() for line in lines)
        missing = [word for word in LESSONS[level].split("|") if not re.search(word, code)]
        assert missing == []


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


class TestCommand:
    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tests.stages", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    def test_prints_a_table(self) -> None:
        lines = self.run().stdout.splitlines()
        assert [line.split()[0] for line in lines[1:]] == list(STEPS)

    def test_prints_a_diff(self) -> None:
        output = self.run("3", "4").stdout
        assert "+async def delete_link(" in output
        assert "README" not in output
        assert not re.search(r"^[-+]\s*$", output, re.M)

    @pytest.mark.parametrize("arguments", [["1"], ["1", "9"], ["one", "two"], ["0", "1"]])
    def test_explains_itself(self, arguments: list[str]) -> None:
        run = self.run(*arguments)
        assert run.returncode == 1
        assert "python -m tests.stages 2 3" in run.stderr
