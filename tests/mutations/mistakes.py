"""A mistake: what it replaces where, and which tests are to notice."""

import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "*.db*", "media")


class LostError(Exception):
    """The code that a mistake replaces is not there exactly once."""


@dataclass(frozen=True)
class Mistake:
    """A change of a few lines that no review is to let through."""

    says: str
    files: str  # a pattern, so that the mistake survives when its code moves
    old: str
    new: str
    tests: list[str]

    def find(self, tree: Path) -> Path:
        """Return the file that has the code."""
        places = [
            path
            for path in sorted(tree.glob(self.files))
            for _ in range(path.read_text("utf-8").count(self.old))
        ]
        if len(places) != 1:
            raise LostError(f"{self.says}: found {len(places)} times in {self.files}: {self.old}")
        return places[0]

    @contextmanager
    def planted(self, tree: Path) -> Iterator[None]:
        """Make the mistake, and mend it again."""
        file = self.find(tree)
        code = file.read_text("utf-8")
        write(file, code.replace(self.old, self.new))
        try:
            yield
        finally:
            write(file, code)


def write(file: Path, code: str) -> None:
    """Change a file so that Python compiles it again, even within the same second."""
    file.write_text(code, "utf-8")
    for compiled in file.parent.glob(f"__pycache__/{file.stem}.*"):
        compiled.unlink()


def read_mistakes(file: Path) -> list[Mistake]:
    """Read a list."""
    return [Mistake(**entry) for entry in tomllib.loads(file.read_text("utf-8"))["mistakes"]]


def copy_tree(root: Path, to: Path) -> Path:
    """Copy a checkout: nobody's own files get a mistake."""
    tree = shutil.copytree(root, to, ignore=NOT_COPIED)
    for name in (".ci", ".github", ".dockerignore", ".env.example"):  # tests read these
        source = root / name
        if source.is_dir():
            shutil.copytree(source, tree / name)
        elif source.exists():
            shutil.copy(source, tree / name)
    return tree
