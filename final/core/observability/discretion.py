"""What traces leave out; imported only where there are traces."""

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor


class Discretion(SpanProcessor):
    """Cuts off queries and paths, which may hold what people typed."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Shorten the addresses of a span that begins."""
        attributes = span.attributes or {}
        if "url.query" in attributes:
            span.set_attribute("url.query", "...")
        if isinstance(url := attributes.get("http.url"), str):
            span.set_attribute("http.url", "/".join(url.split("/", 3)[:3]))
