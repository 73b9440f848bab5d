"""What has been handed in: folders or zip files, each with an app somewhere inside."""

import ast
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# More than anybody writes by hand; an environment or a bomb has more.
MOST_FILES, MOST_BYTES = 2_000, 20_000_000
LEFT_OUT = {"__pycache__", "__MACOSX", "node_modules", "venv", "env", "site-packages"}
APPS = {"FastAPI", "FastAPIOffline"}


class SubmissionError(Exception):
    """A submission cannot be judged; the message says why, in a sentence."""


@dataclass(frozen=True)
class App:
    """An app that was found: its name, and the folder from which it is imported by that name."""

    name: str
    root: Path


def name_of(path: Path) -> str:
    """Return what a submission is called."""
    # A name that is no UTF-8 cannot be written as it is.
    return path.name.removesuffix(".zip").encode("utf-8", "replace").decode("utf-8")


def unpack(path: Path, folder: Path) -> None:
    """Copy a submission to a folder: its files, no link, no environment, nothing too large."""
    if path.is_dir():
        copy_folder(path, folder)
    elif zipfile.is_zipfile(path):
        extract(path, folder)
    else:
        raise SubmissionError("It is neither a folder nor a zip file.")


def copy_folder(source: Path, folder: Path) -> None:
    """Copy the files of a folder."""
    files = list(files_in(source))
    check_size(len(files), sum(file.stat().st_size for file in files))
    for file in files:
        target = folder / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def extract(path: Path, folder: Path) -> None:
    """Unpack a zip file; names that lead out of the folder do not."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not is_left_out(Path(m.filename))]
            check_size(len(members), sum(member.file_size for member in members))
            archive.extractall(folder, members)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
        raise SubmissionError(f"The zip file cannot be read: {error}") from None


def check_size(files: int, size: int) -> None:
    """Refuse what is no piece of homework."""
    if files > MOST_FILES or size > MOST_BYTES:
        raise SubmissionError(
            f"It has {files} files of {size // 1_000_000} MB altogether: "
            "is a virtual environment in it?"
        )


def is_left_out(path: Path) -> bool:
    """Tell what is no part of a submission."""
    return any(part in LEFT_OUT or part.startswith(".") for part in path.parts if part != ".env")


def files_in(folder: Path) -> Iterator[Path]:
    """List the files of a folder; links are passed over, for they may lead anywhere."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or is_left_out(Path(path.name)):
            continue
        if path.is_dir() and not (path / "pyvenv.cfg").exists():
            yield from files_in(path)
        elif path.is_file():
            yield path


def find_app(folder: Path, name: str | None) -> App:
    """Find the app with a name, or the only one there is."""
    if name:
        return find_named(folder, name)
    found = [
        app for file in files_in(folder) if file.suffix == ".py" for app in apps_in(file, folder)
    ]
    mains = [app for app in found if app.name.partition(":")[0].endswith("main")]
    apps = found if len(found) == 1 else mains
    if len(apps) == 1:
        return apps[0]
    if not found:
        raise SubmissionError("There is no FastAPI app in it: no file says app = FastAPI(...).")
    names = ", ".join(app.name for app in found)
    raise SubmissionError(f"There are several apps in it ({names}): name one with --app.")


def find_named(folder: Path, name: str) -> App:
    """Find the folder from which `module:attribute` can be imported."""
    path = Path(*name.partition(":")[0].split("."))
    for root in (folder, *(each for each in sorted(folder.rglob("*")) if each.is_dir())):
        if (root / path).with_suffix(".py").is_file() or (root / path / "__init__.py").is_file():
            return App(name, root)
    raise SubmissionError(f"There is no {path.with_suffix('.py').as_posix()} in it.")


def apps_in(file: Path, folder: Path) -> Iterator[App]:
    """List the apps that a file makes, under the names by which they are imported."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        # What is no Python is for the tests to complain of, if it is what they are to import.
        tree = ast.parse("app = FastAPI()") if file.stem == "main" else ast.parse("")
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and makes_app(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            root = find_root(file, tree, folder)
            module = ".".join(file.relative_to(root).with_suffix("").parts)
            yield from (App(f"{module}:{t.id}", root) for t in targets if isinstance(t, ast.Name))


def makes_app(value: ast.expr | None) -> bool:
    """Tell whether an expression is an app: `FastAPI(...)`, or the call of some `create_app`."""
    if not isinstance(value, ast.Call):
        return False
    function = value.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in APPS or "app" in name.lower()


def find_root(file: Path, tree: ast.Module, folder: Path) -> Path:
    """Return the folder that a file's imports start from: as near to it as they allow."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom | ast.Import)]
    level = max((node.level for node in imports if isinstance(node, ast.ImportFrom)), default=0)
    tops = {
        name.partition(".")[0]
        for node in imports
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""] * (node.level == 0)
        )
    }
    above = [file.parent, *file.parent.parents]
    roots = above[: above.index(folder) + 1]
    candidates = roots[min(level, len(roots) - 1) :]
    own = {top for top in tops if any(is_module(root / top) for root in roots)}
    return next(
        (root for root in candidates if all(is_module(root / top) for top in own)), candidates[0]
    )


def is_module(path: Path) -> bool:
    """Tell whether there is a module or package of this name."""
    return path.is_dir() or path.with_suffix(".py").is_file()
