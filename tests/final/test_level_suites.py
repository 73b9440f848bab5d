"""The suites of the levels on `final` with PostgreSQL; with SQLite, they run it themselves."""

from pathlib import Path

import pytest

from tests.commands import ROOT, run_pytest, serve

SUITES = sorted(path.name for path in (ROOT / "tests").glob("test_level[0-9]_*.py"))


@pytest.mark.parametrize("suite", SUITES)
def test_a_level_holds_on_postgresql(suite: str, empty_postgres: str, tmp_path: Path) -> None:
    with serve("final.main:app", tmp_path, empty_postgres) as url:
        run = run_pytest(f"tests/{suite}", "--url", url)
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout
