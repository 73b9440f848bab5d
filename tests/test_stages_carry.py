"""A change of one level reaches the later ones."""

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from tests.course.carry import CarryError, carry, gone_words, mentions
from tests.course.carry_solutions import carry_solution
from tests.course.diffs import copy_files
from tests.course.exercises import solution_of
from tests.course.insert import insert
from tests.course.levels import LEVELS, ROOT, files_of, find_levels, git, number_of


@pytest.fixture
def levels(tmp_path: Path) -> list[Path]:
    """Return a copy of the levels, committed."""
    for level in LEVELS:
        (tmp_path / level.name).mkdir()
        copy_files(level, tmp_path / level.name)
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return find_levels(tmp_path)


def commit(folder: Path) -> None:
    """Commit everything."""
    git(folder, "add", "--all")
    author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    git(folder, *author, "commit", "-q", "-m", "A step")


def edit(level: Path, path: str, old: str, new: str) -> None:
    """Change a text of a level."""
    text = (level / path).read_text("utf-8")
    assert old in text
    (level / path).write_text(text.replace(old, new), "utf-8")


def add_field(level: Path) -> None:
    """Give a link one more field, below its title."""
    edit(
        level,
        "schemas.py",
        "    title: Title\n",
        "    title: Title\n    language: str | None = None\n",
    )


def test_a_field_reaches_every_level_that_has_not_changed_the_place(levels: list[Path]) -> None:
    add_field(levels[0])
    outcomes = {outcome.level: outcome for outcome in carry(levels)}
    merged = [level for level in levels[1:] if not outcomes[level].conflict]
    assert len(merged) >= 3
    for level in merged:
        assert "    language: str | None = None\n" in (level / "schemas.py").read_text("utf-8")


def test_a_conflict_is_shown_as_git_does_and_does_not_come_back(levels: list[Path]) -> None:
    first, second, third, *_ = levels
    edit(second, "schemas.py", "    title: Title\n", "    title: Title | None\n")
    commit(second.parent)
    add_field(first)
    [outcome] = carry([first, second, third])
    assert outcome.level == second
    assert outcome.conflict.startswith(f"<<<<<<< {second.name}/schemas.py\n")
    with pytest.raises(CarryError, match=f"Resolve the conflicts in {second.name}/schemas.py"):
        list(carry([first, second, third]))
    git(second, "checkout", "-q", "schemas.py")
    edit(second, "schemas.py", "| None\n", "| None\n    language: str | None = None\n")
    resolved = (second / "schemas.py").read_bytes()
    assert [o.text for o in carry([first, second, third])] == ["left alone", "CONFLICT"]
    assert (second / "schemas.py").read_bytes() == resolved


def test_carrying_twice_changes_nothing(levels: list[Path]) -> None:
    edit(levels[0], "main.py", "Welcome to LinkHub API", "Welcome")
    assert {outcome.text for outcome in carry(levels)} == {"merged"}
    before = [(level / "main.py").read_bytes() for level in levels]
    assert {outcome.text for outcome in carry(levels)} == {"has it already"}
    assert [(level / "main.py").read_bytes() for level in levels] == before


def test_carrying_on_from_a_later_level_brings_nothing_a_second_time(levels: list[Path]) -> None:
    end = "        max_length=2000,\n    )\n"
    field = (
        "    language: str | None = Field(\n        default=None,\n        max_length=20,\n    )\n"
    )
    edit(levels[0], "schemas.py", end, end + field)
    assert {outcome.text for outcome in carry(levels)} == {"merged"}
    edit(
        levels[1],
        "models.py",
        "    title: str\n",
        "    title: str\n    language: str | None = None\n",
    )
    edit(levels[-1], "schemas.py", '"""A link as a client sends it."""', '"""A link to be."""')
    outcomes = [(outcome.path, outcome.text) for outcome in carry(levels[1:])]
    assert set(outcomes) == {("models.py", "merged"), ("schemas.py", "has it already")}
    for level in levels[1:]:
        assert (level / "schemas.py").read_text("utf-8").count("language") == 1
    assert '"""A link to be."""' in (levels[-1] / "schemas.py").read_text("utf-8")


def test_a_solution_is_written_anew_where_it_applies_no_longer(
    levels: list[Path], tmp_path: Path
) -> None:
    patch = Path(shutil.copy(solution_of("1.1"), tmp_path))
    assert list(carry_solution(patch, levels[0], "HEAD")) == []
    end = "        max_length=2000,\n    )\n"
    edit(levels[0], "schemas.py", end, end + "    language: str | None = None\n")
    assert [outcome.text for outcome in carry_solution(patch, levels[0], "HEAD")] == ["merged"]
    assert list(carry_solution(patch, levels[0], "HEAD")) == []
    git(levels[0], "apply", str(patch))
    code = (levels[0] / "schemas.py").read_text("utf-8")
    for field in ("    language: str | None = None\n", "    tags: list[str] = []\n"):
        assert code.count(field) == 1
    edit(levels[0], "schemas.py", end, "    )\n")
    commit(levels[0].parent)
    assert [outcome.text for outcome in carry_solution(patch, levels[0], "HEAD")] == ["CONFLICT"]


def test_files_come_and_go_but_readmes_stay(levels: list[Path]) -> None:
    first, second, third, *_ = levels
    for level in levels:
        (level / "old.py").write_text('"""Less."""\n')
    (third / "old.py").write_text('"""Changed."""\n')
    commit(first.parent)
    (first / "old.py").unlink()
    (first / "extra.py").write_text('"""More."""\n')
    edit(first, "README.md", "# ", "# Stage ")
    outcomes = [(outcome.level, outcome.path, outcome.text) for outcome in carry(levels[:3])]
    assert outcomes == [
        (second, "extra.py", "added"),
        (third, "extra.py", "added"),
        (second, "old.py", "removed"),
        (third, "old.py", "CONFLICT"),
    ]


def test_a_change_that_is_committed_is_carried_since_an_earlier_commit(levels: list[Path]) -> None:
    add_field(levels[0])
    commit(levels[0].parent)
    assert list(carry(levels[:2])) == []
    assert [outcome.text for outcome in carry(levels[:2], "HEAD~1")] == ["merged"]


def test_what_still_has_the_old_words_is_listed(levels: list[Path]) -> None:
    level, root = levels[1], levels[1].parent
    message = re.search('404_NOT_FOUND, "(.+)"', (level / "main.py").read_text("utf-8"))
    assert message
    edit(level, "main.py", message[1], "It is not here")
    words = gone_words(level, "HEAD")
    assert words == {message[1]}
    found = list(mentions(root, words, levels))
    assert f"{level.name}/README.md" in {line.partition(":")[0] for line in found}
    assert [line for line in found if message[1] not in line or ".py:" in line] == []


def test_code_that_is_none_is_not_carried(levels: list[Path]) -> None:
    edit(levels[0], "main.py", "app = ", "app = = ")
    before = (levels[1] / "main.py").read_bytes()
    with pytest.raises(CarryError, match=rf"{levels[0].name}/main.py, line \d+: "):
        list(carry(levels))
    assert (levels[1] / "main.py").read_bytes() == before


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Return a copy of what names the levels, committed."""
    folders = [level.name for level in LEVELS] + ["tests/course"]
    for path in files_of(ROOT):
        if path.startswith((*folders, "tests/test_")) or path == "README.md":
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, tmp_path / path)
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def test_a_level_is_inserted_and_later_ones_move_up(course: Path) -> None:
    *others, last = LEVELS
    number, lesson = number_of(last), last.name.partition("_")[2]
    new = insert(course, number, "extra")
    moved = f"level{number + 1}_{lesson}"
    names = [level.name for level in find_levels(course)]
    assert names == [*(level.name for level in others), f"level{number}_extra", moved]
    assert files_of(new) == files_of(others[-1])
    suite = (course / "tests" / f"test_{moved}.py").read_text("utf-8")
    assert f'roadmap("{number + 1}.1")' in suite
    assert f'roadmap("{number}.' not in suite


def test_the_numbers_of_what_moves_are_raised_and_no_others(course: Path) -> None:
    number = number_of(LEVELS[-1])
    old = tomllib.loads((course / "tests" / "course" / "roadmap.toml").read_text("utf-8"))
    insert(course, number, "extra")
    new = tomllib.loads((course / "tests" / "course" / "roadmap.toml").read_text("utf-8"))
    moved = {name for name in old["items"] if name.startswith(f"{number}.")}
    raised = {name.replace(f"{number}.", f"{number + 1}.", 1) for name in moved}
    assert new["items"].keys() == old["items"].keys() - moved | raised
    assert new["levels"][str(number + 1)] == old["levels"][str(number)]
    readme = (course / "README.md").read_text("utf-8")
    assert f"python -m tests.stages {number} {number + 1}" in readme
    assert f"python -m tests.stages {number - 1} {number}" not in readme
