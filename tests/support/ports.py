"""Ports for the servers that tests start."""

import os
import random
import socket
from contextlib import suppress
from itertools import cycle

# Not those from 32768 on: the system gives them to whoever connects, perhaps while the server that
# is to have one is still starting. And no two test processes may choose the same one meanwhile.
PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
OURS = list(range(20_000 + PROCESS % 64, 32_000, 64))
random.shuffle(OURS)  # so that a second run beside this one seldom meets it
CANDIDATES = cycle(OURS)


def free_port() -> int:
    """Return a port of this machine that nobody uses."""
    while True:
        port = next(CANDIDATES)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
