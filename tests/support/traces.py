"""A collector of traces, and what it got."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Collector:
    """A receiver of OTLP over HTTP that keeps what it gets."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self.spans: list[Span] = []
        self.paths: set[str] = set()
        received = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.paths.add(self.path)
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    for scope in resource.scope_spans:
                        received.spans += scope.spans
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Return what OTEL_EXPORTER_OTLP_ENDPOINT is to be."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def traces(self, trace: str) -> list[Span]:
        """Return the spans of a trace."""
        return [span for span in self.spans if span.trace_id.hex() == trace]


def attributes(span: Span) -> dict[str, str]:
    """Return the texts that describe a span."""
    return {item.key: item.value.string_value for item in span.attributes}
