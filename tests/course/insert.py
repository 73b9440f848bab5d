"""Make room for a level: later ones move up by one, in their names and wherever they are named."""

import re
import shutil
from pathlib import Path

from tests.course.levels import files_of, find_levels, git, number_of

# Where the numbers of the roadmap's items stand; posts and capstones have roadmaps of their own.
HAS_ITEMS = re.compile(
    r"tests/(course/roadmap.*|course/(exercises/)?[\w.]+\.py|mutations/.*|\w+\.(py|md))|level\d.*|README.*"
)
EXERCISES = "tests/course/exercises"
COMMANDS = (
    r"((?:tests\.stages (?:handout|carry)|tests\.course\.contracts|--level|learn start) )(\d+)"
)


class Renumbering:
    """The numbers of levels and of their items, from one level on, raised by one."""

    def __init__(self, root: Path, first: int) -> None:
        self.root, self.first = root, first
        self.moved = [level for level in find_levels(root) if number_of(level) >= first]
        self.last = number_of(self.moved[-1]) if self.moved else 0
        roadmap = (root / "tests" / "course" / "roadmap.toml").read_text("utf-8")
        items = re.findall(r'^\[items\."((\d+)\.\d+)"\]', roadmap, re.M)
        self.items = [number for number, level in items if int(level) >= first]

    def raised(self, number: str) -> str:
        """Return the number of a level, or of an item, as it is afterwards."""
        level, dot, rest = number.partition(".")
        return f"{int(level) + (self.first <= int(level) <= self.last)}{dot}{rest}"

    def new_name(self, level: Path) -> str:
        """Return the name of the folder of a level that moves."""
        return f"level{self.raised(str(number_of(level)))}_{level.name.partition('_')[2]}"

    def rename(self) -> None:
        """Move folders, suites and exercises, the last first."""
        for level in reversed(self.moved):
            git(self.root, "mv", level.name, self.new_name(level))
            suite = "tests/test_{}.py"
            git(self.root, "mv", suite.format(level.name), suite.format(self.new_name(level)))
        files = [Path(path) for path in files_of(self.root / EXERCISES)]
        numbered = [file for file in files if re.match(r"\d+\.", file.name)]
        for file in sorted(numbered, key=lambda file: -int(file.name.partition(".")[0])):
            new_name = self.raised(file.stem) + file.suffix
            if new_name != file.name:
                git(self.root / EXERCISES, "mv", file.name, new_name)

    def rewrite(self, path: str, text: str) -> str:
        """Return the text of a file with the new names and numbers."""
        for level in reversed(self.moved):
            text = text.replace(level.name, self.new_name(level))
            number, lesson = level.name.removeprefix("level").split("_", 1)
            text = text.replace(f"[{number} {lesson}]", f"[{self.raised(number)} {lesson}]")
        text = re.sub(r"\b([Ll]evels?[ -])(\d+)\b", self.raise_second, text)
        text = re.sub(rf"{COMMANDS}\b", self.raise_second, text)
        text = re.sub(r"(tests\.stages )(\d+) (\d+)\b", self.raise_step, text)
        if HAS_ITEMS.fullmatch(path) and self.items:
            numbers = "|".join(map(re.escape, self.items))
            text = re.sub(rf"(?<![\w.])({numbers})(?!\w|\.\d)", lambda m: self.raised(m[1]), text)
        if path.startswith("tests/course/roadmap") and path.endswith(".toml"):
            text = re.sub(r"(?m)^()(\d+)(?= = )", self.raise_second, text)
        return text

    def raise_second(self, found: re.Match[str]) -> str:
        """Raise the number in the second group."""
        return found[1] + self.raised(found[2])

    def raise_step(self, found: re.Match[str]) -> str:
        """Raise both ends of a step, if the level that it leads to has moved."""
        by = self.first <= int(found[3]) <= self.last
        return f"{found[1]}{int(found[2]) + by} {int(found[3]) + by}"


def insert(root: Path, number: int, lesson: str) -> Path:
    """Move the levels from a number on, begin the new level as a copy, and return its folder."""
    renumbering = Renumbering(root, number)
    before = next(level for level in find_levels(root) if number_of(level) == number - 1)
    renumbering.rename()
    for path in files_of(root):
        if path.endswith((".md", ".py", ".toml", ".yml")):
            text = (root / path).read_text("utf-8")
            if (rewritten := renumbering.rewrite(path, text)) != text:
                (root / path).write_text(rewritten, "utf-8")
    level = root / f"level{number}_{lesson}"
    for path in files_of(before):
        (level / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(before / path, level / path)
    readme = level / "README.md"
    text = readme.read_text("utf-8").replace(before.name, level.name)
    text = text.replace(f"stages {number - 2} {number - 1}", f"stages {number - 1} {number}")
    readme.write_text(text.replace(f"# Level {number - 1}:", f"# Level {number}:"), "utf-8")
    return level
