"""Stage 9: tests of one's own, and what programs say of the code."""

import importlib.util
from pathlib import Path

import pytest

from tests.capstones import folder as folders
from tests.capstones.targets import Final
from tests.course.target import Target


@pytest.fixture
def place(target: Target) -> Path:
    """Return the learner's folder."""
    return folders.folder_of(target)


@pytest.mark.roadmap("9.1")
class TestOwnTests:
    def test_there_are_some(self, place: Path) -> None:
        folders.need(place, "test_*.py")

    def test_they_replace_dependencies(self, place: Path) -> None:
        files = [*folders.files(place, "test_*.py"), *folders.files(place, "conftest.py")]
        used = any("dependency_overrides" in file.read_text("utf-8") for file in files)
        assert used, "no test uses app.dependency_overrides"


@pytest.mark.roadmap("9.2")
def test_they_pass(target: Target, place: Path) -> None:
    if isinstance(target, Final):
        pytest.skip("this suite is among the tests of final")
    folders.need(place, "test_*.py")
    folders.run(place, "pytest", "-q", "-p", "no:cacheprovider")


@pytest.mark.roadmap("9.3")
class TestStyle:
    @pytest.mark.parametrize("tool", ["ruff", "mypy"])
    def test_tools_are_set_up(self, place: Path, tool: str) -> None:
        own = files_of(place, f"{tool}.toml", f".{tool}.toml", f"{tool}.ini", f".{tool}.ini")
        shared = files_of(place, "pyproject.toml", "setup.cfg")
        settings = [file for file in shared if f"{tool}" in file.read_text("utf-8")]
        assert own or settings, f"{tool} is not set up: pyproject.toml has no [tool.{tool}]"

    def test_ruff_has_nothing_to_say(self, place: Path) -> None:
        if importlib.util.find_spec("ruff") is None:
            pytest.skip("needs ruff")
        folders.need(place, "*.py")
        folders.run(place, "ruff", "check", "--no-cache", ".")


def files_of(place: Path, *names: str) -> list[Path]:
    """List the files with one of these names."""
    return [file for name in names for file in folders.files(place, name)]
