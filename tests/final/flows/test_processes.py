"""What only shows in real processes: starting, refusing to start, several workers."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.support.processes import running, uvicorn_command
from tests.support.programs import ROOT
from tests.support.server import PASSWORD


@pytest.mark.stores("sqlite")
def test_production_refuses_to_start_with_one_line(environment: dict[str, str]) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "uvicorn", "final.main:app"],
        env=environment | {"ENVIRONMENT": "production", "JWT_SECRET": "hunter2"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode != 0
    (line,) = (process.stdout + process.stderr).splitlines()
    assert line.startswith("linkhub: refusing to start: ")
    assert "JWT_SECRET_KEY is shorter than 32 bytes" in line
    assert "hunter2" not in line


@pytest.mark.stores("sqlite")
def test_importing_the_app_touches_no_file(environment: dict[str, str], tmp_path: Path) -> None:
    before = sorted((ROOT / "final").glob("[!_]*"))
    code = "import final.main; print(final.main.app.title)"
    process = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert process.stdout == "LinkHub\n", process.stderr
    assert list(tmp_path.iterdir()) == []
    assert sorted((ROOT / "final").glob("[!_]*")) == before


@pytest.mark.stores("sqlite")
def test_the_command_starts_two_workers_without_a_warning(environment: dict[str, str]) -> None:
    """Forks, which other tests use, do not show what happens when a worker imports the app."""
    with running(environment, "--workers", "2", start=uvicorn_command) as client:
        check_that_workers_agree(client)


@pytest.mark.stores("sqlite+valkey", "postgresql", "postgresql+valkey")
def test_two_workers_start_on_an_empty_database(environment: dict[str, str]) -> None:
    with running(environment, "--workers", "2") as client:
        check_that_workers_agree(client)


def check_that_workers_agree(client: httpx.Client) -> None:
    """Sign up once, however many try, and be known to each worker."""
    with ThreadPoolExecutor(16) as pool:
        body = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
        answers = list(
            pool.map(lambda _: client.post("/auth/register", json=body).status_code, range(32))
        )
        assert sorted(answers) == [201] + [409] * 31
        form = {"username": "ada", "password": PASSWORD}
        token = client.post("/auth/token", data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
        # Both workers know the key, whichever of them made it.
        assert {client.get("/users/me", headers=headers).status_code for _ in range(16)} == {200}


@pytest.mark.stores("sqlite")
def test_a_forged_address_does_not_escape_the_throttle(environment: dict[str, str]) -> None:
    with running(environment | {"LOGIN_ATTEMPTS": "3"}) as client:
        answers = [
            client.post(
                "/auth/token",
                data={"username": "ada", "password": "wrong"},
                headers={"X-Forwarded-For": f"1.2.3.{number}"},
            ).status_code
            for number in range(5)
        ]
    assert answers == [401, 401, 401, 429, 429]
