"""The suites of the levels on a real server; with SQLite alone, they run `final` themselves."""

import pytest

from tests.support.commands import ROOT, run_pytest
from tests.support.processes import running

SUITES = sorted(path.name for path in (ROOT / "tests").glob("test_level[0-9]_*.py"))


@pytest.mark.stores("sqlite+valkey", "postgresql", "postgresql+valkey")
@pytest.mark.parametrize("suite", SUITES)
def test_a_level_holds_on_other_stores(suite: str, environment: dict[str, str]) -> None:
    with running(environment) as client:
        run = run_pytest(f"tests/{suite}", "--url", str(client.base_url))
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout
