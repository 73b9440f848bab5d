"""A real Prometheus: every panel of the dashboard and every alert finds what it asks for."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.support.programs import ROOT
from tests.support.prometheus import PROGRAM, Prometheus, prometheus_running
from tests.support.server import Person, Server, wait_for

PANELS = json.loads((ROOT / "final" / "grafana.json").read_text())["panels"]
# Which answers an alert counts is up to the answers; the rest of its question has to be there.
SELECTOR = re.compile(
    r"\b(?:http|linkhub|database|event_loop)_\w+(?:\{event[^}]*\})?|\bup\{[^}]*\}"
)

pytestmark = [
    pytest.mark.skipif(not PROGRAM, reason="prometheus is not installed"),
    pytest.mark.workers,
    pytest.mark.stores("sqlite+workers"),
]


@pytest.fixture
def prometheus(server: Server) -> Iterator[Prometheus]:
    """Let a Prometheus read what the app tells."""
    url = server.client.base_url
    with prometheus_running(f"{url.host}:{url.port}") as prometheus:
        yield prometheus


def use(server: Server, who: Person) -> None:
    """Do a bit of everything that is counted."""
    server.get("/links", who)
    server.get("/nothing-there")
    server.log_in("ada")


def test_every_question_finds_something(
    server: Server, ada: Person, prometheus: Prometheus
) -> None:
    questions = {
        target["expr"].replace("$__rate_interval", "30s")
        for panel in PANELS
        for target in panel["targets"]
    }
    rules = prometheus.rules()
    for rule in rules:
        questions |= set(SELECTOR.findall(rule["query"]))
    assert len(questions) > 25

    wait_for(lambda: prometheus.ask("up"))  # it looks for whom to ask every five seconds

    def unanswered() -> list[str]:
        use(server, ada)
        return [question for question in questions if not prometheus.ask(question)]

    with suppress(AssertionError):  # what is missing says more than that something is
        wait_for(lambda: not unanswered())
    assert unanswered() == []
    assert {rule["name"]: rule["health"] for rule in prometheus.rules()} == {
        rule["name"]: "ok" for rule in rules
    }
