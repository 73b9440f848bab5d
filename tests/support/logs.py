"""What holds for every line that an app writes in these tests: it is JSON, and tells no secret."""

import io
import json
import re
from collections import deque

from tests.support.server import PASSWORD, SECRET
from tests.support.stores import DATABASE_PASSWORD

SECRETS = {
    "the signing key": re.escape(SECRET),
    "the password of the database": re.escape(DATABASE_PASSWORD),
    "a token": r"eyJ[\w-]{5,}\.[\w-]+",
    "a hash": r"\$(bcrypt-sha256|2[aby])\$",
    "a password": "|".join(
        [
            re.escape(PASSWORD),
            "correct horse",
            "five of them",
            "hunter2-hunter2",
            "iLoveYou",
            "typed-the-password",
            "unheard of words",
            "wrong-password",
        ]
    ),
}
# The process that starts uvicorn's workers never loads the app, and so speaks as uvicorn does; at
# its end it leaves the socket to the system.
SUPERVISOR = re.compile(
    r"INFO: +(Uvicorn running on|(Started|Stopping) parent process|Received SIG"
    r"|(Waiting for|Terminated|Child)( child)? process)"
    r"|(Exception ignored in: |ResourceWarning: unclosed )<socket.socket fd=3, .*, laddr=[^>]*\)>$"
)


class Collected(io.TextIOBase):
    """Where the apps of this process log to; pytest's own capturing may tear a line in two."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.lines: deque[str] = deque()

    def write(self, text: str) -> int:
        """Take a line."""
        self.lines.append(text)
        return len(text)

    def news(self) -> str:
        """Return what has come since the last time."""
        return "".join(self.lines.popleft() for _ in range(len(self.lines)))


COLLECTED = Collected()


def find_faults(text: str) -> list[str]:
    """Say what is wrong with which line."""
    lines = [line for line in text.splitlines() if line and not SUPERVISOR.match(line)]
    faults = [f"not a JSON object: {line}" for line in lines if not is_object(line)]
    for name, pattern in SECRETS.items():
        faults += [f"tells {name}: {line}" for line in lines if re.search(pattern, line)]
    return faults


def is_object(line: str) -> bool:
    """Tell whether a line is what a collector of logs expects."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
