"""The line of a request as JSON, past structlog.

There is one for each request, and the usual way costs as much as a small request itself.
"""

import logging
import time
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json
from structlog.typing import EventDict

from final.core.observability.logs import ACCESS, add_correlation_id
from final.core.observability.tracing import add_trace_id

# Copied for each request: to make a record anew looks up file, thread and process each time.
REQUEST_RECORD = vars(logging.LogRecord(ACCESS.name, logging.INFO, "", 0, "request", None, None))


def log_request(**facts: Any) -> None:
    """Write the line of a request."""
    if not ACCESS.isEnabledFor(logging.INFO):
        return
    event: EventDict = {"event": "request", **facts, "level": "info", "logger": ACCESS.name}
    event["timestamp"] = datetime.now(UTC)
    event = add_trace_id(None, "info", add_correlation_id(None, "info", event))
    record = logging.LogRecord.__new__(logging.LogRecord)
    record.__dict__.update(REQUEST_RECORD, created=time.time())
    record.line = to_json(event, ensure_ascii=True).decode()
    ACCESS.handle(record)
