"""Statements that take long, in the log: their text and their request, never their values."""

import time
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

from final.core.observability.logs import get_logger

logger = get_logger(__name__)

# A statement of an import may have hundreds of rows; its beginning says which one it is.
MAX_LENGTH = 1000


def log_slow_queries(engine: AsyncEngine, seconds: float) -> None:
    """Log every statement of an engine that takes so long, or longer."""

    def end(connection: Connection, _cursor: Any, text: str, *_: Any) -> None:
        """Log a statement that is done, if it was slow."""
        elapsed = time.monotonic() - connection.info["began"]
        if elapsed >= seconds:
            statement = " ".join(text.split())[:MAX_LENGTH]
            logger.warning("slow query", seconds=round(elapsed, 3), statement=statement)

    event.listen(engine.sync_engine, "before_cursor_execute", begin)
    event.listen(engine.sync_engine, "after_cursor_execute", end)


def begin(connection: Connection, *_: Any) -> None:
    """Note when a statement begins."""
    connection.info["began"] = time.monotonic()
