"""The shape of the tests: who may import whom."""

import ast
from pathlib import Path

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))


def imports(file: Path) -> set[str]:
    """List the modules, and what may be one, that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_nobody_imports_a_test_module() -> None:
    found = {
        str(file.relative_to(FOLDER)): name
        for file in FILES
        for name in imports(file)
        if name.startswith("tests.") and ".test_" in name
    }
    assert found == {}
