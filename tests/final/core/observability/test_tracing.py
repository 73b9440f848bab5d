"""Traces: a request, its queries and what leaves the app are one; nothing private is in them."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from redis import Redis

from tests.support.page_site import Site
from tests.support.processes import environment_for, running
from tests.support.programs import ROOT
from tests.support.server import PASSWORD
from tests.support.stores import url_of
from tests.support.traces import TRACE, Collector, attributes

# A process of its own, in which 127.0.0.1 stands for a public address.
VISIT = """
import json, sys, time
from ipaddress import ip_network
from dataclasses import replace
from fastapi.testclient import TestClient
from final.links.page_titles.fetcher import POLICY, PageTitles
from final.main import app

page, password, file, trace = sys.argv[1:]
port = int(page.split("/")[2].split(":")[1])
PageTitles.__init__.__defaults__ = (replace(
    POLICY, ip_allowlist=frozenset({ip_network("127.0.0.1/32")}), allow_ports=frozenset({port})
),)
with TestClient(app, headers={"traceparent": "00-%s-b7ad6b7169203331-01" % trace}) as client:
    body = {"username": "ada", "email": "ada@example.com", "password": password}
    assert client.post("/auth/register", json=body).status_code == 201
    token = client.post("/auth/token", data=body).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    title = client.get("/link/title/", params={"url": page}).text
    answer = client.post("/shorten/", json={"original_url": page + "&more=1"})
    assert answer.status_code == 201, answer.text
    with client.websocket_connect(f"/ws/batch-upload/?token={token}"):
        pass
    client.get("/health")
    time.sleep(1.5)  # a heartbeat of Redis
with open(file, "w") as result:
    json.dump({"token": token, "title": title}, result)
"""
SECRET_PATH = "/hidden-place?key=hush-hush"


@dataclass
class Visit:
    """What became of somebody who signed up and saved links to a page."""

    token: str
    log: list[dict[str, Any]]
    spans: list[Span]
    told: str
    site: Site

    def statements(self, system: str) -> set[str]:
        """Return what a database was asked."""
        named = [attributes(span) for span in self.spans]
        return {each["db.statement"] for each in named if each.get("db.system") == system}

    def parent(self, span: Span) -> Span:
        """Return the span above a span."""
        (found,) = (each for each in self.spans if each.span_id == span.parent_span_id)
        return found


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Run a web server with two pages."""
    with closing(Site()) as site:
        page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>A page</title>"
        site.pages = {SECRET_PATH: page, f"{SECRET_PATH}&more=1": page}
        yield site


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a process that keeps its files to itself."""
    folder = tmp_path_factory.mktemp("tracing")
    return environment_for(f"sqlite:///{folder / 'test.db'}", JWT_KEY_FILE=str(folder / "key"))


@pytest.fixture(scope="module")
def visit(
    environment: dict[str, str],
    collector: Collector,
    valkey: Redis,
    site: Site,
    tmp_path_factory: Any,
) -> Visit:
    """Let somebody sign up and save links to the pages, under the eyes of the collector."""
    changes = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "REDIS_URL": url_of(valkey, 2),
        "WRITE_RATE_LIMIT": "100/minute",
    }
    file = tmp_path_factory.mktemp("visit") / "result.json"
    command = [sys.executable, "-c", VISIT, site.url(SECRET_PATH), PASSWORD, str(file), TRACE]
    run = subprocess.run(
        command, env=environment | changes, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    result = json.loads(file.read_text())
    assert result["title"] == "A page"
    assert collector.paths == {"/v1/traces"}
    log = [json.loads(line) for line in run.stdout.splitlines()]
    return Visit(result["token"], log, collector.traces(TRACE), str(collector.spans), site)


def test_one_trace_goes_from_the_request_to_its_queries(visit: Visit) -> None:
    served = [span for span in visit.spans if span.kind == Span.SPAN_KIND_SERVER]
    (request,) = (span for span in served if span.name == "POST /auth/register")
    below = [attributes(span) for span in visit.spans if span.parent_span_id == request.span_id]
    assert {each.get("db.system") for each in below} >= {"redis", "sqlite"}
    assert any(each.get("db.statement", "").startswith("INSERT") for each in below)


def test_fetched_pages_are_spans_of_their_requests(visit: Visit) -> None:
    fetches = [span for span in visit.spans if attributes(span).get("http.url")]
    requests = {visit.parent(span).name for span in fetches}
    assert requests == {"GET /link/title/", "POST /shorten/"}
    assert {attributes(span)["http.url"] for span in fetches} == {visit.site.url("")}


def test_redis_commands_are_spans_without_what_they_carry(visit: Visit) -> None:
    commands = visit.statements("redis")
    assert commands
    assert all(re.fullmatch(r"[A-Z ]+( \?)+", statement) for statement in commands), commands


def test_what_machines_ask_for_is_no_span(visit: Visit) -> None:
    assert not re.search("PING|/health", visit.told)


def test_nothing_private_is_told_to_the_collector_or_to_strangers(visit: Visit) -> None:
    for secret in (visit.token, PASSWORD, "ada@example.com", "hush", "hidden-place"):
        assert secret not in visit.told
    assert len(visit.site.requests) == 2
    for request in visit.site.requests:
        assert not re.search("^(traceparent|tracestate|baggage):", request, re.I | re.M)


def test_log_lines_name_their_trace(visit: Visit) -> None:
    lines = [line for line in visit.log if line.get("path") == "/auth/register"]
    assert [line["trace_id"] for line in lines] == [TRACE]


UNWATCHED = """
import sys
from fastapi.testclient import TestClient
from final.main import app
with TestClient(app) as client:
    client.get("/")
sys.exit(str([name for name in sys.modules if "telemetry.sdk" in name]))
"""


def test_without_a_collector_nothing_is_even_imported(environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", UNWATCHED]
    run = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.stderr == "[]\n"


def test_a_collector_that_is_not_there_harms_nobody(environment: dict[str, str]) -> None:
    with running(environment | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}) as client:
        assert client.get("/users").status_code == 200
