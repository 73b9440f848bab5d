"""A copy of a learner's code, on which the tests run: what is in the original stays as it is."""

import os
import shutil
import sys
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATABASES = ("*.db", "*.db-*", "*.sqlite", "*.sqlite-*", "*.sqlite3", "*.sqlite3-*")
LARGEST_FILE = 5_000_000


@dataclass(frozen=True)
class Source:
    """Where the code of an app is: the folder that it is imported from, and its top package."""

    root: Path
    package: str

    @property
    def folder(self) -> Path:
        """The folder whose files make up the app."""
        inside = self.root / self.package
        return inside if inside.is_dir() else self.root


def search_path() -> list[str]:
    """List the folders from which Python would import the app."""
    places = [os.getcwd(), *os.environ.get("PYTHONPATH", "").split(os.pathsep), str(ROOT)]
    found = [os.path.abspath(place) for place in places if place]
    return list(dict.fromkeys(found))


def find_source(name: str) -> Source | None:
    """Find the code of `module:attribute` without importing it."""
    package = name.partition(":")[0].partition(".")[0]
    for root in search_path():
        # A folder that Python has looked into before may have got files since.
        sys.path_importer_cache.pop(root, None)
        spec = PathFinder.find_spec(package, [root])
        if spec:
            return Source(Path(root), package)
    return None


def is_left_out(folder: Path, name: str, *, databases: bool) -> bool:
    """Tell what is no part of the code: environments, caches, databases, what is very large."""
    path = folder / name
    if name in ("__pycache__", "node_modules") or (name.startswith(".") and name != ".env"):
        return True
    if path.is_dir():
        return (path / "pyvenv.cfg").exists()
    is_database = any(path.match(pattern) for pattern in DATABASES)
    return (
        (is_database and not databases) or not path.exists() or path.stat().st_size > LARGEST_FILE
    )


def copy_source(source: Source, target: Path, *, databases: bool = False) -> None:
    """Copy the code to a folder, so that it is imported from there by the same name."""

    def ignore(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if is_left_out(Path(folder), name, databases=databases)]

    shutil.rmtree(target, ignore_errors=True)
    inside = target / source.folder.relative_to(source.root)
    shutil.copytree(source.folder, inside, ignore=ignore)
    environment = source.root / ".env"
    if environment.is_file() and inside != target:
        shutil.copy(environment, target)


def find_databases(source: Source) -> list[Path]:
    """List the databases beside the code."""
    folders = {source.root, source.folder}
    return sorted(
        file for folder in folders for kind in DATABASES[::2] for file in folder.glob(kind)
    )
