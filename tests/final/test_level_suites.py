"""The contracts of the levels on a real server; with SQLite alone, their suites run `final`."""

import pytest

from tests.support.commands import ROOT, run_pytest
from tests.support.processes import running

SUITES = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/test_level[0-9]*_*.py"))


@pytest.mark.stores("sqlite+valkey", "postgresql", "postgresql+valkey")
def test_every_contract_holds_on_other_stores(environment: dict[str, str]) -> None:
    with running(environment) as client:
        run = run_pytest(*SUITES, "-m", "not hardening", "--url", str(client.base_url))
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout
