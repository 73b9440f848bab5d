"""The rule for all logs fails the very test in which an app breaks it."""

from pathlib import Path

import jwt
import pytest

from tests.support.commands import run_pytest
from tests.support.logs import find_faults
from tests.support.server import PASSWORD, SECRET
from tests.support.stores import DATABASE_PASSWORD

TOKEN = jwt.encode({"sub": "1"}, SECRET)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("INFO: listening", "not a JSON object"),
        ('["event"]', "not a JSON object"),
        ('{"event": "one"} {"event": "two"}', "not a JSON object"),
        ("Traceback (most recent call last):", "not a JSON object"),
        (f'{{"event": "{PASSWORD}"}}', "tells a password"),
        (f'{{"path": "/ws?token={TOKEN}"}}', "tells a token"),
        (f'{{"key": "{SECRET}"}}', "tells the signing key"),
        (f'{{"url": "postgresql://u:{DATABASE_PASSWORD}@h/d"}}', "tells the password of the data"),
        ('{"user": {"hashed_password": "$bcrypt-sha256$v=2"}}', "tells a hash"),
    ],
)
def test_a_bad_line_is_named_among_good_ones(line: str, fault: str) -> None:
    (found,) = find_faults(f'{{"event": "before"}}\n{line}\n{{"event": "after"}}\n')
    assert found.startswith(fault)
    assert found.endswith(line)


@pytest.mark.parametrize(
    "line",
    ['{"event": "login failed", "user_id": null}', "INFO:     Started parent process [7]"],
)
def test_a_good_line_is_no_fault(line: str) -> None:
    assert find_faults(f"{line}\n") == []


TESTS = """
import logging
import sys
from final.core.observability.logs import configure_logging
from tests.support.programs import Command
from tests.support.server import PASSWORD, make_settings

def test_good() -> None:
    print('{"event": "fine"}')

def test_in_an_app() -> None:
    configure_logging(make_settings("sqlite://"))
    logging.getLogger("any").info("signed in with %s", PASSWORD)

def test_here() -> None:
    print("bad")

def test_in_a_program() -> None:
    Command([sys.executable, "-c", "print('bad')"], {}).wait()

def test_after() -> None:
    pass
"""


def test_the_very_test_fails(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    run = run_pytest("-p", "tests.conftest", "-p", "tests.final.conftest", str(tmp_path))
    assert "3 failed, 2 passed" in run.stdout
    for name in ("test_in_an_app", "test_here", "test_in_a_program"):
        assert f"test_it.py::{name} - In the log:" in run.stdout
