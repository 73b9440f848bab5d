"""An app under test can do what it likes: the tests go on, and say in a sentence what it did."""

import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.course import processes
from tests.course.failures import AppError, StartError
from tests.course.isolation import AppProcess, Limits, start_app
from tests.course.sandbox import copy_source, find_databases, find_source
from tests.course.transport import client_for
from tests.support.commands import ROOT, run_pytest

START = "import asyncio, os, re, sys, time\nfrom fastapi import FastAPI\napp = FastAPI()\n"
BOUNDED = Limits(start_seconds=60, request_seconds=60, output=2_000_000, memory=600_000_000)
# For what never ends: the limit is reached whatever it is.
HASTY = Limits(start_seconds=2, request_seconds=0.5)

# What the app does when it is imported, and the end of the sentence about it.
AT_IMPORT = {
    "while True: pass": "after 2 seconds it still had not been imported",
    "re.match('(a+)+$', 'a' * 40 + 'b')": "after 2 seconds it still had not been imported",
    "sys.exit(3)": "sys.exit(3) ended the program",
    "os._exit(3)": "os._exit(3) ended the program",
    "import uvicorn; uvicorn.run(app)": "uvicorn is started whenever the file is imported",
    "while True: print('on and on ' * 20)": "it printed more than 2 MB",
    "input('Your name?')": "EOFError",
    "import nowhere": "ModuleNotFoundError: No module named 'nowhere'",
    "app = 1 +": "SyntaxError: invalid syntax",
    "os.remove(ORIGIN + '/own.py')": "left alone by the tests",
    "import sqlite3; sqlite3.connect('/srv/links.db')": "take the address from DATABASE_URL",
}

# What the app does when it is started.
AT_START = {
    "raise ValueError('no table')": "ValueError: no table",
    "await asyncio.sleep(1000)": "after 2 seconds it still had not been started",
}

# What the app does in answering a request.
IN_A_ROUTE = {
    "return {}['title']": "the app crashed: KeyError: 'title'",
    "sys.exit(3)": "the app crashed: sys.exit(3) ended the program",
    "os._exit(3)": "the app is gone: os._exit(3) ended the program",
    "while True: pass": "the app gives no answer: it had not answered after 0.5 s",
    "await asyncio.sleep(1000)": "the app gives no answer: it had not answered after 0.5 s",
    "re.match('(a+)+$', 'a' * 40 + 'b')": "the app gives no answer",
    "while True: print('on and on ' * 20)": "the app is gone: it printed more than 2 MB",
    "keep = [bytearray(10**8) for _ in range(50)]": "the app crashed: MemoryError",
}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppProcess]:
    """Return a function that writes an app of one file and starts a copy of it."""
    (tmp_path / "code").mkdir()
    monkeypatch.chdir(tmp_path / "code")
    monkeypatch.syspath_prepend(str(tmp_path / "code"))

    def start(code: str, limits: Limits = BOUNDED) -> AppProcess:
        origin = f"ORIGIN = {str(tmp_path / 'code')!r}\n"
        (tmp_path / "code" / "own.py").write_text(START + origin + code + "\n", "utf-8")
        source = find_source("own:app")
        assert source
        copy_source(source, tmp_path / "copy")
        environment = processes.plain_environment()
        return start_app(
            "own:app",
            tmp_path / "copy",
            environment=environment,
            origin=source.root,
            limits=limits,
        )

    return start


def answer(app: AppProcess, path: str = "/", hung: dict[str, Exception] | None = None) -> str:
    """Return what a running app answers, or what is said about why it does not."""
    with app, client_for(app, hung) as client:
        try:
            return client.get(path).text
        except AppError as error:
            return str(error)


def never_ends(code: str) -> bool:
    """Tell what only a limit of time stops."""
    return "sleep(" in code or "(a+)+" in code or "True: pass" in code


def refusal(own: Callable[..., AppProcess], code: str) -> str:
    """Return what is said about an app that does not start."""
    with pytest.raises(StartError) as caught:
        own(code, HASTY if never_ends(code) else BOUNDED)
    return str(caught.value)


@pytest.mark.parametrize(("code", "message"), AT_IMPORT.items(), ids=list(AT_IMPORT))
def test_what_an_app_does_at_import_is_said_in_a_sentence(
    own: Callable[..., AppProcess], code: str, message: str
) -> None:
    lines = refusal(own, code).splitlines()
    assert lines[0] == "own:app cannot be imported."
    assert message in lines[1]
    assert lines[2].startswith("  own.py, line 5: ")


@pytest.mark.parametrize(
    ("code", "message"),
    {
        "del app": "own.py has no app: at its top level, write app = FastAPI()",
        "api = app; del app": "its app is called api, so say own:api, or rename it",
        "del app\ndef create_app(): ...": "at its top level, write app = create_app()",
    }.items(),
    ids=["none", "another", "factory"],
)
def test_an_app_that_is_not_there_is_looked_for(
    own: Callable[..., AppProcess], code: str, message: str
) -> None:
    assert message in refusal(own, code)


@pytest.mark.parametrize(("code", "message"), AT_START.items(), ids=list(AT_START))
def test_what_an_app_does_at_its_start_is_said_in_a_sentence(
    own: Callable[..., AppProcess], code: str, message: str
) -> None:
    handler = f"@app.on_event('startup')\nasync def begin():\n    {code}"
    lines = refusal(own, handler).splitlines()
    assert lines[:2] == ["own:app cannot be started.", message]
    assert lines[2] == f"  own.py, line 7: {code}"


@pytest.mark.parametrize(("code", "message"), IN_A_ROUTE.items(), ids=list(IN_A_ROUTE))
@pytest.mark.parametrize("kind", ["def", "async def"])
def test_what_a_route_does_is_said_in_a_sentence(
    own: Callable[..., AppProcess], code: str, message: str, kind: str
) -> None:
    if "await" in code and kind == "def":
        code = "time.sleep(1000)"
    if kind == "def" and code.startswith("re."):
        pytest.skip("as in a coroutine: it holds Python's lock")
    limits = HASTY if never_ends(code) else BOUNDED
    told = answer(own(f"@app.get('/')\n{kind} read():\n    {code}", limits))
    assert told.startswith(message)
    assert f"own.py, line 7: {code}" in told


def test_a_crash_after_the_answer_is_a_crash(own: Callable[..., AppProcess]) -> None:
    code = """
        from fastapi import Depends

        def session():
            yield
            raise ValueError("not committed")

        @app.get("/", dependencies=[Depends(session)])
        def read(): return 1
    """
    told = answer(own(textwrap.dedent(code)))
    assert re.search(r"crashed: ValueError: not committed\n  own.py, line 10", told)


def test_a_crash_outside_of_the_code_names_its_route(own: Callable[..., AppProcess]) -> None:
    code = "@app.get('/', response_model=list[int])\nasync def read(): return 'text'"
    assert re.search(r"ResponseValidationError(.|\n)*own.py, line 6", answer(own(code)))


def test_what_hangs_once_is_not_tried_again(own: Callable[..., AppProcess]) -> None:
    hung: dict[str, Exception] = {}
    code = "@app.get('/links/{n}')\nasync def read(n: int): await asyncio.sleep(n)"
    for path in ("/links/100", "/links/0"):
        assert answer(own(code, HASTY), path, hung).startswith("the app gives no answer")
    assert list(hung) == ["GET /links/{}"]


def test_deprecated_ways_are_no_mistake(
    own: Callable[..., AppProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    code = "import warnings; warnings.warn('old', DeprecationWarning)\n@app.on_event('shutdown')\n"
    assert '"paths":{}' in answer(own(code + "def end(): pass"), "/openapi.json")


def test_what_the_app_prints_is_kept(own: Callable[..., AppProcess]) -> None:
    app = own("print('begin')\n@app.get('/')\ndef read(): print('in a route')")
    assert answer(app) == "null"
    assert app.output == "begin\nin a route\n"


def test_the_end_of_the_app_is_waited_for(own: Callable[..., AppProcess], tmp_path: Path) -> None:
    code = f"@app.on_event('shutdown')\ndef end(): open({str(tmp_path / 'end')!r}, 'w').close()"
    with own(code):
        pass
    assert (tmp_path / "end").exists()


def test_where_nothing_can_be_forked_a_process_is_started(
    own: Callable[..., AppProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "CAN_FORK", False)
    told = answer(own("@app.get('/')\ndef read(): os._exit(3)"))
    assert "os._exit(3) ended the program" in told


class TestSandbox:
    def test_a_package_without_init_is_found_and_copied(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        for name in ("space/main.py", "space/inner/routes.py", "space/own.db", ".env"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text("x = 1", "utf-8")
        source = find_source("space.main:app")
        assert source
        assert [file.name for file in find_databases(source)] == ["own.db"]
        copy_source(source, tmp_path / "copy")
        copied = sorted(p.name for p in (tmp_path / "copy").rglob("*") if p.is_file())
        assert copied == [".env", "main.py", "routes.py"]

    def test_a_file_is_copied_with_its_neighbours_but_not_with_environments(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        for name in ("only.py", "models.py", "venv/pyvenv.cfg", ".git/config"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text("x = 1", "utf-8")
        source = find_source("only:app")
        assert source
        copy_source(source, tmp_path / "inner" / "copy")
        assert sorted(os.listdir(tmp_path / "inner" / "copy")) == ["models.py", "only.py"]


def test_an_interrupted_run_ends_at_once_with_all_its_processes(tmp_path: Path) -> None:
    busy = "@app.get('/openapi.json')\nasync def read():\n    while True: pass"
    code = START.replace("FastAPI()", "FastAPI(openapi_url=None)") + busy
    (tmp_path / "busy.py").write_text(code, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    command += ["tests/test_level1_basics.py", "--app", "busy:app"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as run:
        try:
            children = wait_for_busy_child(psutil.Process(run.pid))
        finally:
            run.send_signal(signal.SIGINT)
            run.communicate(timeout=60)
    assert psutil.wait_procs(children, timeout=20)[1] == []


def wait_for_busy_child(process: psutil.Process) -> list[psutil.Process]:
    """Wait until an app under test computes; return all processes under the one given."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        children: list[psutil.Process] = process.children(recursive=True)
        with suppress(psutil.Error):
            apps = [child for child in children if child.ppid() != process.pid]
            if any(app.cpu_times().user > 0.5 for app in apps):
                return children
        time.sleep(0.05)
    raise AssertionError("no app was started")


@pytest.fixture
def forking(tmp_path: Path) -> Iterator[str]:
    """Start a fork server, and yield where it listens; it ends with its input."""
    if not processes.CAN_FORK:
        pytest.skip("there is no fork")
    address = str(tmp_path / "fork")
    command = [sys.executable, "-m", "tests.course.fork_server", address]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as server:
        try:
            processes.wait_for_socket(address, server)
            yield address
            assert server.stdin
            server.stdin.close()
            assert server.wait(60) == 0
        finally:
            server.kill()


def test_a_run_that_is_ended_while_it_asks_for_an_app_holds_up_no_other(forking: str) -> None:
    for sent in (b"", b" ", b' {"app": "own:app", '):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            connection.connect(forking)
            socket.send_fds(connection, [sent], [0, 1, 2] if sent else [])
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b"", sent  # it is forgotten


def test_an_app_that_does_not_start_ends_the_run_with_one_message(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(START + "raise ValueError('no')", "utf-8")
    run = run_pytest("tests/test_level1_basics.py", "--app", "broken:app", pythonpath=tmp_path)
    assert run.stderr.strip().splitlines()[-3:] == [
        "ERROR: broken:app cannot be imported.",
        "ValueError: no",
        "  broken.py, line 4: raise ValueError('no')",
    ]
    assert len((run.stdout + run.stderr).splitlines()) < 10
