"""What an app under test may not do: use up the machine, touch files that are not its own."""

import contextlib
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypedDict

import uvicorn

from tests.course.places import Refused, place_in

# Events that audit hooks see before a file is changed; their first argument is its path.
CHANGES = {"os.remove", "os.rename", "os.rmdir", "os.truncate", "shutil.rmtree", "shutil.move"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
DEVICES = ("/dev/null", "/dev/shm/")
# Events before another program is started; an app has no need of that, and no audit hook in it.
PROGRAMS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.kill"}
REAL_EXIT = os._exit


class Order(TypedDict):
    """What to run, and how."""

    name: str
    folder: str
    origin: str
    search: list[str]
    environment: dict[str, str]
    memory: int
    cpu_seconds: int


def limit_resources(order: Order) -> None:
    """Bound memory and computing time, where the system can."""
    with contextlib.suppress(ImportError):
        import resource

        memory, seconds = order["memory"], order["cpu_seconds"]
        # The address space says little: threads reserve much of it that they never use.
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def fence(order: Order) -> None:
    """Keep the app away from the files of the learner, and from databases elsewhere."""
    origin = os.path.realpath(order["origin"]).rstrip(os.sep) + os.sep
    is_graded = origin == os.sep
    allowed = (order["folder"], tempfile.gettempdir())
    homes = tuple(os.path.realpath(home) + os.sep for home in allowed)

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect":
            path = os.fspath(arguments[0])
            path = os.fsdecode(path).removeprefix("file:").partition("?")[0]
            if path and ":memory:" not in path and not os.path.realpath(path).startswith(homes):
                raise PermissionError(f"{path} is left alone: take the address from DATABASE_URL")
        elif event in CHANGES or (event == "open" and (arguments[2] or 0) & WRITING):
            path = arguments[0]
            if isinstance(path, str | bytes | os.PathLike):
                real = os.path.realpath(os.fsdecode(path))
                own = (*homes, *DEVICES) if is_graded else homes[:1]
                if real.startswith(origin) and not real.startswith(own):
                    raise PermissionError(f"{os.fsdecode(path)} is left alone by the tests")
        elif is_graded and (event in PROGRAMS or is_spying(event, arguments)):
            raise PermissionError("the tests let no app look at, or start, other programs")

    sys.addaudithook(watch)


def is_spying(event: str, arguments: tuple[Any, ...]) -> bool:
    """Tell whether a file is opened that shows what other programs have in mind."""
    path = str(arguments[0]) if event == "open" and arguments else ""
    return path.startswith("/proc/") and not path.startswith("/proc/self/")


def refuse_servers() -> None:
    """Let no server be started while the app is imported: it would serve and never return."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise Refused(
            "uvicorn is started whenever the file is imported: put it under "
            'if __name__ == "__main__":'
        )

    uvicorn.run = refuse
    uvicorn.Server.run = refuse  # type: ignore[method-assign]


def report_exits(folder: Path, report: Callable[..., None]) -> None:
    """Tell from where the app ends the process, which otherwise nobody would know."""

    def exit_process(status: int) -> NoReturn:
        stack = traceback.extract_stack()
        places = [place_in(folder, frame.filename, frame.lineno) for frame in reversed(stack)]
        message = f"os._exit({status}) ended the program"
        report(problem={"message": message, "places": [place for place in places if place]})
        REAL_EXIT(status)

    os._exit = exit_process


def quicken_hashes() -> None:
    """Make bcrypt quick, which is slow on purpose: the tests sign up hundreds of users."""
    with contextlib.suppress(ImportError):
        import bcrypt

        make_salt = bcrypt.gensalt
        bcrypt.gensalt = lambda rounds=12, prefix=b"2b": make_salt(min(rounds, 4), prefix)
    with contextlib.suppress(ImportError):
        from passlib.hash import bcrypt as plain
        from passlib.hash import bcrypt_sha256

        plain.default_rounds = bcrypt_sha256.default_rounds = 4
