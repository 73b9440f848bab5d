"""What students begin a level with: a repository without its solution, or a later one."""

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.course.levels import LEVELS, ROOT, files_of, number_of
from tests.course.roadmap import ITEMS, Item

APP = "my_linkhub"
EMPTY_APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"
LINK = re.compile(r"\[([^\]]+)\]\((?!http|#)([^)#\s]+)[^)\s]*\)")
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates") / "handout"),
    keep_trailing_newline=True,
    trim_blocks=True,
    undefined=StrictUndefined,
)


def suite_of(level: Path) -> Path:
    """Return the test suite of a level."""
    return ROOT / "tests" / f"test_{level.name}.py"


def imports_of(file: Path, *, anywhere: bool = True) -> set[str]:
    """Return the modules that a file imports, in its functions too or only when it is loaded."""
    tree = ast.parse(file.read_text("utf-8"))
    names = set()
    for node in ast.walk(tree) if anywhere else tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def needs_final(file: Path) -> bool:
    """Tell whether a file can only be loaded where `final` is."""
    return any(name.partition(".")[0] == "final" for name in imports_of(file, anywhere=False))


def files_of_modules(names: set[str]) -> Iterator[Path]:
    """Yield the files of those modules that are part of the tests."""
    for name in names:
        path = ROOT / name.replace(".", "/")
        if name.partition(".")[0] == "tests":
            yield from (f for f in (path.with_suffix(".py"), path / "__init__.py") if f.is_file())


def with_imports(files: list[Path]) -> set[Path]:
    """Return files of the tests with all that they import, other than what needs `final`."""
    found: set[Path] = set()
    rest = list(files)
    while rest:
        file = rest.pop()
        if file not in found and not needs_final(file):
            found.add(file)
            rest += files_of_modules(imports_of(file))
    return found


def tests_for(levels: list[Path]) -> set[Path]:
    """Return the files of the tests that students need: the suites, and what runs them.

    What only instructors' commands use stays behind; the rest of the machinery goes along, also
    where no import shows that it is needed, as it is started as a program of its own.
    """
    folder = ROOT / "tests"
    entries = [folder / "conftest.py", folder / "learn.py", *map(suite_of, levels)]
    needed = with_imports([file for file in entries if file.is_file()])
    commands = [folder / name for name in ("stages.py", "grade.py")]
    kept_back = with_imports([file for file in commands if file.is_file()]) - needed
    machinery = {file for file in (folder / "course").glob("*.py") if not needs_final(file)}
    modules = needed | (machinery - kept_back)
    packages = {parent / "__init__.py" for file in modules for parent in file.parents}
    data = {*(folder / "course").glob("*.toml"), *folder.glob("*.json"), *exercises_of(levels)}
    return modules | data | {file for file in packages if file.is_file() and ROOT in file.parents}


def exercises_of(levels: list[Path]) -> Iterator[Path]:
    """Yield the checks of the exercises of these levels, without the solutions beside them."""
    for level in levels:
        yield from (ROOT / "tests" / "course" / "exercises").glob(f"{number_of(level)}.*.py")


def copy_into(folder: Path, file: Path) -> None:
    """Copy a file of this repository to the same place in another."""
    target = folder / file.relative_to(ROOT)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, target)


def write(file: Path, text: str) -> None:
    """Write a file, its folder included."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def hand_out(level: Path, folder: Path, *, classroom: bool = False) -> None:
    """Write the repository that students of a level begin with."""
    earlier, levels = (LEVELS[: LEVELS.index(level) + n] for n in (0, 1))
    for file in tests_for(levels):
        copy_into(folder, file)
    for each in earlier:
        for path in files_of(each):
            copy_into(folder, each / path)
    for readme in level.glob("*.md"):
        copy_into(folder, readme)
    write_app(folder / APP, earlier)
    write_settings(folder)
    write(folder / "README.md", render("README.md", level=level, levels=levels))
    if classroom:
        items = [(item, tests_of(item, levels)) for item in items_up_to(level)]
        text = render("classroom.yml", items=items, level=level)
        write(folder / ".github" / "workflows" / "classroom.yml", text)
    for readme in folder.rglob("*.md"):
        readme.write_text(without_dead_links(readme), "utf-8")


def render(name: str, **values: object) -> str:
    """Fill a template."""
    return TEMPLATES.get_template(name).render(app=APP, number_of=number_of, **values)


def write_app(folder: Path, earlier: list[Path]) -> None:
    """Write what the students' own app begins with: the level before, or next to nothing."""
    if not earlier:
        write(folder / "__init__.py", "")
        write(folder / "main.py", EMPTY_APP)
        return
    for path in files_of(earlier[-1]):
        if not path.endswith(".md"):
            write(folder / path, (earlier[-1] / path).read_text("utf-8"))


def write_settings(folder: Path) -> None:
    """Write the requirements but those of `final`, and settings by which pytest finds the app."""
    groups = (ROOT / "requirements.txt").read_text("utf-8").split("\n\n")
    kept = [group for group in groups if not group.startswith("# final")]
    write(folder / "requirements.txt", "\n\n".join(kept).rstrip() + "\n")
    section = re.search(
        r"^\[tool\.pytest.*?(?=^\[)", (ROOT / "pyproject.toml").read_text(), re.M | re.S
    )
    assert section
    settings = re.sub('addopts = "(?:"")?', rf"\g<0>--app {APP}.main:app ", section[0])
    write(folder / "pyproject.toml", settings.rstrip() + "\n")
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    lines = [line for line in ignored if APP not in line and "final" not in line]
    write(folder / ".gitignore", "\n".join(lines) + "\n")


def items_up_to(level: Path) -> list[Item]:
    """Return the roadmap items of a level and of those before."""
    return [item for item in ITEMS.values() if int(item.level) <= number_of(level)]


def tests_of(item: Item, levels: list[Path]) -> list[str]:
    """Return the classes that test an item, as pytest names them."""
    return [
        f"tests/{suite.name}::{node.name}"
        for suite in map(suite_of, levels)
        for node in ast.parse(suite.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
        and f"roadmap('{item.number}')" in " ".join(map(ast.unparse, node.decorator_list))
    ]


def without_dead_links(readme: Path) -> str:
    """Return a README in which what is not handed out is no link."""

    def check(found: re.Match[str]) -> str:
        return found[0] if (readme.parent / found[2]).exists() else found[1]

    return LINK.sub(check, readme.read_text("utf-8"))
