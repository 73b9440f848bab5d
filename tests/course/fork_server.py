"""A process that has loaded what apps need; each app under test is a fork of it.

Importing FastAPI and SQLModel takes a second, forking takes some milliseconds. It listens on a
Unix socket (its argument), and each connection is one app: an order comes in, with the input, the
report and the output of the process to be, and its id and how it ended go out. When the connection
ends, so does the app; when the input of the fork server ends, so does everything.
"""

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from tests.course import app_process
from tests.course.app_limits import Order

LIBRARIES = """
    aiosqlite anyio._backends._asyncio bcrypt concurrent.futures.thread dotenv email_validator
    fastapi.middleware.cors fastapi.openapi.docs fastapi.responses fastapi.security
    fastapi.staticfiles fastapi_offline httptools jwt passlib.context passlib.handlers.bcrypt
    pydantic_settings python_multipart sqlalchemy.dialects.sqlite.aiosqlite sqlalchemy.ext.asyncio
    sqlmodel.ext.asyncio.session starlette.middleware.base uvicorn.lifespan.on
    uvicorn.protocols.http.auto uvicorn.protocols.websockets.auto
"""

# A connection, and the process that it has asked for; 0, when there is none any more.
Children = dict[socket.socket, int]


def load() -> None:
    """Import what apps are likely to import."""
    for name in LIBRARIES.split():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    # What is loaded now stays: no collector need look at it in every fork.
    gc.collect()
    gc.freeze()


def receive(connection: socket.socket) -> tuple[Any, list[int]]:
    """Read an order and the files that come with it; None, if whoever sends it is gone."""
    text, files, _, _ = socket.recv_fds(connection, 65536, 3)
    # A run may be ended at any moment, at a save or by Ctrl+C: then the rest never comes.
    while not text.endswith(b"\n") and (more := connection.recv(65536)):
        text += more
    return json.loads(text) if text.endswith(b"\n") else None, files


def start(connection: socket.socket, children: Children) -> None:
    """Fork a process for an order, and answer with its id."""
    order, files = receive(connection)
    pid = os.fork() if order else None
    if pid == 0:
        become(order, files)
    for file in files:
        os.close(file)
    children[connection] = pid or 0
    if pid:
        tell(connection, {"pid": pid})


def become(order: Order, files: list[int]) -> NoReturn:
    """Turn into the process of an app."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.closerange(3, 256)
    app_process.run(order, os.fdopen(os.dup(0), encoding="utf-8"))


def tell(connection: socket.socket, message: dict[str, int]) -> None:
    """Send one line, if somebody is still there to read it."""
    with contextlib.suppress(OSError):
        connection.sendall(json.dumps(message).encode() + b"\n")


def kill(pid: int) -> None:
    """End a process, and those that it has started."""
    # A process that has only just been forked is not yet at the head of a group of its own.
    for send in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(pid, signal.SIGKILL)


def bury(children: Children) -> None:
    """Tell how processes have ended."""
    for connection, pid in [(c, pid) for c, pid in children.items() if pid]:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            tell(connection, {"status": os.waitstatus_to_exitcode(status)})
            connection.shutdown(socket.SHUT_WR)
            children[connection] = 0


def serve(listener: socket.socket) -> None:
    """Start a process for each connection until the input ends."""
    children: Children = {}
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    selector = selectors.DefaultSelector()
    for source in (0, reader, listener):
        selector.register(source, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj == 0:
                end(children)
            elif key.fileobj == reader:
                os.read(reader, 4096)
                bury(children)
            elif key.fileobj is listener:
                connection, _ = listener.accept()
                start(connection, children)
                selector.register(connection, selectors.EVENT_READ)
            elif isinstance(key.fileobj, socket.socket):
                selector.unregister(key.fileobj)
                forget(key.fileobj, children)


def forget(connection: socket.socket, children: Children) -> None:
    """End the process of a connection that nobody holds any more."""
    pid = children.pop(connection)
    connection.close()
    if pid:
        kill(pid)
        os.waitpid(pid, 0)


def end(children: Children) -> NoReturn:
    """End all processes, this one last."""
    for pid in filter(None, children.values()):
        kill(pid)
    sys.exit()


def main(path: str) -> None:
    """Load the libraries, then serve at a path."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{path}.new")
    listener.listen(64)
    # Whoever sees the path may connect, and then waits for the libraries.
    os.rename(f"{path}.new", path)
    load()
    try:
        serve(listener)
    finally:
        Path(path).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            Path(path).parent.rmdir()


if __name__ == "__main__":
    main(sys.argv[1])
