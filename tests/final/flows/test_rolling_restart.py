"""An upgrade nobody notices: replicas are replaced one after the other, and no request fails."""

from pathlib import Path

import pytest

from tests.benchmarks.rolling_restart import installation, roll
from tests.support.proxy import CADDY


@pytest.mark.skipif(not CADDY, reason="caddy is not installed")
def test_no_request_fails_while_both_replicas_are_replaced(tmp_path: Path) -> None:
    with installation(tmp_path) as (port, replicas):
        # The program has more, and several rounds.
        outcomes = roll(port, replicas, clients=2, at_least=101)
    assert set(outcomes) == {"ok"}, outcomes
    assert outcomes.total() > 100
