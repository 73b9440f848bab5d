"""The shape of the code: who may import whom."""

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

import final

PACKAGE = Path(final.__file__).parent
PRODUCTS = sorted(
    path.name
    for path in PACKAGE.iterdir()
    if (path / "__init__.py").exists() and path.name not in ("core", "cli", "acceleration")
)
MODULES = {
    ".".join(("final", *path.relative_to(PACKAGE).with_suffix("").parts)): path
    for path in PACKAGE.rglob("*.py")
    if "migrations" not in path.relative_to(PACKAGE).parts and path.name != "__init__.py"
}
# What other products may know of users: the table, and who is asking.
SHARED = {"final.users.models", "final.users.dependencies"}
# The higher a room, the more it may see.
FLOORS = {"models": 0, "schemas": 1, "queries": 2, "service": 3, "dependencies": 4, "router": 5}
# What every product has. (How far its queries stand in files of their own is up to their number.)
SHAPE = {"models", "schemas", "errors", "service", "router", "demo"}


def imports(module: str) -> set[str]:
    """List the modules of `final` that a module imports anywhere in its code."""
    tree = ast.parse(MODULES[module].read_text())
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            assert node.level == 0, f"{module} imports relatively"
    return names & MODULES.keys()


def product(module: str) -> str | None:
    """Name the product that a module belongs to."""
    room = module.split(".")[1]
    return room if room in PRODUCTS else None


def floor(module: str) -> int | None:
    """Tell how high a module stands in its product; helpers stand nowhere in particular."""
    name = module.rsplit(".", 1)[-1]
    return next((level for word, level in FLOORS.items() if name.endswith(word)), None)


EDGES = [(module, imported) for module in sorted(MODULES) for imported in sorted(imports(module))]


def test_core_imports_no_product() -> None:
    assert [edge for edge in EDGES if edge[0].startswith("final.core") and product(edge[1])] == []


def test_nothing_but_the_command_line_and_the_app_stands_above_products() -> None:
    top = ("final.main", "final.cli")
    assert [edge for edge in EDGES if edge[1].startswith(top) and not edge[0].startswith(top)] == []


def test_the_app_is_complete_without_acceleration() -> None:
    inside = "final.acceleration."
    users = {edge[0] for edge in EDGES if edge[1].startswith(inside)}
    assert {module for module in users if not module.startswith(inside)} == {"final.main"}


def test_products_know_of_each_other_only_what_is_shared() -> None:
    strangers = [
        (module, imported)
        for module, imported in EDGES
        if product(module) and product(imported) and product(module) != product(imported)
    ]
    assert [edge for edge in strangers if edge[1] not in SHARED] == []


def test_imports_run_from_router_to_service_to_models() -> None:
    upward = [
        (module, imported)
        for module, imported in EDGES
        if product(module)
        and product(module) == product(imported)
        and (below := floor(module)) is not None
        and (above := floor(imported)) is not None
        and above > below
    ]
    assert upward == []


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_have_one_shape(name: str) -> None:
    assert {path.stem for path in (PACKAGE / name).glob("*.py")} >= SHAPE


@pytest.mark.parametrize("name", ["service", "queries", "models", "schemas"])
def test_rules_know_no_http(name: str) -> None:
    modules = [module for module in MODULES if product(module) and module.endswith(name)]
    assert modules
    for module in modules:
        tree = ast.parse(MODULES[module].read_text())
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert not [node for node in nodes if str(node.module).startswith(("fastapi", "starlette"))]


def test_there_is_no_circle() -> None:
    remaining = {module: imports(module) for module in MODULES}
    while leaves := [module for module, wanted in remaining.items() if not wanted]:
        for leaf in leaves:
            del remaining[leaf]
        remaining = {module: wanted - set(leaves) for module, wanted in remaining.items()}
    assert remaining == {}


def test_no_folder_is_a_cellar() -> None:
    folders = {path.parent for path in MODULES.values()}
    crowded = [folder for folder in folders if len(list(folder.glob("*.py"))) > 14]
    assert crowded == []


def test_everything_public_says_what_it_is() -> None:
    for module, path in MODULES.items():
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), module
        for node in chain.from_iterable(map(ast.walk, tree.body)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{module}.{node.name}"
                assert node.name.startswith("_") or ast.get_docstring(node), name


def test_every_file_and_function_stays_readable() -> None:
    for module, path in MODULES.items():
        assert len(path.read_text().splitlines()) <= 250, module
        nodes = chain.from_iterable(ast.walk(node) for node in ast.parse(path.read_text()).body)
        for node in nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 30, f"{module}.{node.name}"


def test_the_readme_shows_every_room_and_no_other() -> None:
    readme = (PACKAGE / "README.md").read_text("utf-8")
    (tree,) = re.findall(r"^```\n(main\.py .*?)^```", readme, re.MULTILINE | re.DOTALL)
    modules = {path.relative_to(PACKAGE).as_posix() for path in MODULES.values()}
    assert set(files_in(tree)) == modules | {"gunicorn.conf.py"}


def files_in(tree: str) -> Iterator[str]:
    """Read the paths of the Python files that an indented tree shows."""
    folders: list[str] = []
    for line in tree.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        if folder := re.match(r" *(\w+/)", line):
            folders[depth:] = [folder[1]]
        else:
            yield from ("".join(folders[:depth]) + name for name in names_in(line))


def names_in(line: str) -> list[str]:
    """Find the names of Python files at the beginning of a line."""
    listed = re.match(r" *([\w.]+\.py(?:, [\w.]+\.py)*)", line)
    return listed[1].split(", ") if listed else []
