"""Step 10: an alert rings when most log-ins are refused, and both numbers begin at 0."""

import inspect
import re
from typing import Any

import yaml

from final.core.observability import metrics
from tests.support.commands import ROOT

ALERTS = ROOT / "final" / "deploy" / "prometheus" / "alerts.yml"


def alerts() -> list[Any]:
    """Return the alerts whose expression knows of log-ins that went well."""
    groups = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    return [rule for rule in rules if "login ok" in rule["expr"]]


def test_the_alert_is_about_a_share() -> None:
    (alert,) = alerts()
    refused, _, every = alert["expr"].partition("/")
    assert re.search(r'linkhub_events_total\{event="login failed"\}', refused)
    assert "login ok" not in refused
    assert every.count("login failed") == every.count("login ok") == 1
    assert 0 < float(alert["expr"].rpartition(">")[2]) < 1
    assert alert["for"]
    assert alert["annotations"]["summary"]


def test_both_numbers_are_there_from_the_start() -> None:
    for event in ("login failed", "login ok"):
        assert f'"{event}",\n' in inspect.getsource(metrics)
