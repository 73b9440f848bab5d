"""Logs: one JSON object a line for machines, readable lines for a person at a terminal."""

import logging
import sys
from typing import Any

import structlog
from asgi_correlation_id import correlation_id
from structlog.typing import EventDict, Processor

from final.core.config import Settings
from final.core.observability.metrics import count_event
from final.core.observability.tracing import add_trace_id

HANDLER = "linkhub"
ACCESS = logging.getLogger("linkhub.access")
# Alembic lists its plug-ins at every start; HTTP clients write whole URLs, whatever is in them.
QUIET = ("alembic.runtime.plugins", "httpx", "httpx2")


def get_logger(name: str) -> Any:
    """Return a logger that takes an event and its facts: `log.info("login ok", user_id=1)`."""
    return structlog.stdlib.get_logger(name)


def add_correlation_id(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Name the request a line belongs to."""
    if request_id := correlation_id.get():
        event["correlation_id"] = request_id
    return event


# Run for our own lines and for those of uvicorn, SQLAlchemy and every other library alike.
SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    add_correlation_id,
    add_trace_id,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.PositionalArgumentsFormatter(),
]


def configure_logging(settings: Settings) -> None:
    """Send every log line of this process through one handler."""
    hand_over_to_logging()
    handler = logging.StreamHandler(sys.stdout)
    handler.set_name(HANDLER)
    handler.setFormatter(make_formatter(settings))
    root = logging.getLogger()
    root.handlers = [old for old in root.handlers if old.get_name() != HANDLER] + [handler]
    root.setLevel(settings.log_level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    adopt_uvicorn()


def hand_over_to_logging() -> None:
    """Have structlog count events and leave writing them to the handlers of all others."""
    structlog.configure(
        processors=[
            count_event,
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


class Formatter(structlog.stdlib.ProcessorFormatter):
    """Renders events; a record that brings its finished `line` is written as it is."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        line: str | None = getattr(record, "line", None)
        return line or super().format(record)


def is_watched(settings: Settings) -> bool:
    """Tell whether a person reads the log, rather than a machine."""
    by_chance = settings.log_format == "auto" and sys.stdout.isatty()
    return by_chance or settings.log_format == "console"


def make_formatter(settings: Settings) -> logging.Formatter:
    """Choose JSON, or colours for a developer who watches a terminal."""
    if is_watched(settings):
        render: list[Processor] = [structlog.dev.ConsoleRenderer()]
    else:
        render = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return Formatter(
        foreign_pre_chain=SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
    )


def log_request(**facts: Any) -> None:
    """Write the line of a request."""
    get_logger(ACCESS.name).info("request", **facts)


def adopt_uvicorn() -> None:
    """Hand uvicorn's lines to our handler; its access line gives way to ours, which knows more."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
    logging.getLogger("uvicorn.error").addFilter(cut_query)
    logging.getLogger("uvicorn.access").disabled = True


def cut_query(record: logging.LogRecord) -> bool:
    """Shorten the line about a WebSocket: the query string may hold a token."""
    if "WebSocket" in record.msg and isinstance(record.args, tuple):
        record.args = tuple(str(arg).partition("?")[0] for arg in record.args)
    return True
