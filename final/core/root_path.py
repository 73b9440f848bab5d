"""Where the app stands on its host: the prefix that a proxy puts before every path."""

from contextvars import ContextVar

ROOT_PATH: ContextVar[str] = ContextVar("root_path", default="")


def outward(path: str) -> str:
    """Return a path of the app as clients ask for it."""
    return ROOT_PATH.get() + path
