"""Metrics: routes by their templates, workers together, a dashboard of what exists."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import final
from final.core.config import Settings
from final.main import create_app
from tests.support.metrics import samples
from tests.support.server import Server, make_settings

PACKAGE = Path(final.__file__).parent


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    """Return settings of one database: what is measured does not depend on its kind."""
    return make_settings(sqlite_url)


@pytest.fixture(scope="module")
def built() -> list[FastAPI]:
    """Remember the app of this module."""
    return []


@pytest.fixture
def app(settings: Settings, built: list[FastAPI]) -> FastAPI:
    """Return an app with a route that breaks."""
    if not built:
        built.append(create_app(settings))

        @built[0].get("/broken")
        async def break_down() -> None:
            raise RuntimeError

    return built[0]


def metric(server: Server, name: str) -> dict[tuple[str, ...], float]:
    """Read a metric of the running app."""
    return samples(server.client.get("/metrics").text, name)


def growth(server: Server, method: str, path: str) -> set[tuple[str, ...]]:
    """Send a request and name the series (method, route, status) that it moved."""
    before = metric(server, "http_requests_total")
    server.client.request(method, path)
    after = metric(server, "http_requests_total")
    moved = {series for series, value in after.items() if value != before.get(series, 0)}
    return moved - {("GET", "/metrics", "200")}


@pytest.mark.parametrize(
    ("method", "path", "series"),
    [
        ("GET", "/", ("GET", "/", "200")),
        ("GET", "/users/7", ("GET", "/users/{user_id}", "404")),
        ("GET", "/api/v1/users/7", ("GET", "/api/v1/users/{user_id}", "404")),
        ("GET", "/api/users", ("GET", "/api/users/", "401")),
        ("HEAD", "/users/", ("HEAD", "/users", "200")),
        ("PUT", "/users", ("PUT", "/users", "405")),
        ("BREW", "/users", ("other", "/users", "405")),
        ("GET", "/docs", ("GET", "/docs", "200")),
        ("GET", "/static-offline-docs/nothing", ("GET", "/static-offline-docs", "404")),
        ("GET", "/broken", ("GET", "/broken", "500")),
    ],
)
def test_a_request_counts_under_its_template(
    server: Server, method: str, path: str, series: tuple[str, ...]
) -> None:
    assert growth(server, method, path) == {series}


def test_unknown_paths_are_one_series(server: Server) -> None:
    for number in range(20):
        moved = growth(server, "GET", f"/nothing/{number}")
        assert moved == {("GET", "unmatched", "404")}


@pytest.mark.parametrize("path", ["/api/v1/posts", "/posts"])
def test_a_kept_answer_counts_under_its_template(server: Server, path: str) -> None:
    for _ in range(2):
        assert growth(server, "GET", path) == {("GET", path, "200")}


def test_durations_are_counted_per_route(server: Server) -> None:
    key, name = ("GET", "/health"), "http_request_duration_seconds_count"
    before = metric(server, name).get(key, 0)
    server.client.get("/health")
    assert metric(server, name)[key] == before + 1


def test_only_the_scrape_itself_is_in_progress(server: Server) -> None:
    server.client.get("/broken")
    assert metric(server, "http_requests_in_progress") == {(): 1}


def test_sign_ins_are_counted(server: Server) -> None:
    server.register("ada")
    before = metric(server, "linkhub_events_total")
    server.log_in("ada")
    server.log_in("ada", "wrong")
    after = metric(server, "linkhub_events_total")
    for event in ("login ok", "login failed"):
        assert after[(event,)] == before.get((event,), 0) + 1


def test_a_second_app_in_the_process_is_welcome(server: Server, settings: Settings) -> None:
    with TestClient(create_app(settings)) as second:
        assert "http_requests_total" in second.get("/metrics").text


WORKER = """
from fastapi.testclient import TestClient
from final.main import app
with TestClient(app) as client:
    for _ in range(3):
        client.get("/health")
    print(client.get("/metrics").text)
"""


def ask_worker(folder: Path) -> str:
    """Return what a process that has just started says of itself and of those before it."""
    environment = {
        "PYTHONPATH": str(PACKAGE.parent),
        "PROMETHEUS_MULTIPROC_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'test.sqlite'}",
        "JWT_KEY_FILE": str(folder / "key"),
        "LOG_LEVEL": "ERROR",
    }
    return subprocess.check_output([sys.executable, "-c", WORKER], env=environment, text=True)


@pytest.fixture(scope="module")
def scrapes(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return what two processes say, one after the other, while others come and go."""
    folder = tmp_path_factory.mktemp("metrics")
    (folder / "counter_0.db").touch()  # just opened, and still empty
    (folder / "gauge_livesum_0.db").symlink_to("gone")  # listed, and deleted before it is read
    return [ask_worker(folder) for _ in range(2)]


def test_workers_are_counted_together_although_others_come_and_go(scrapes: list[str]) -> None:
    counts = [samples(text, "http_requests_total")["GET", "/health", "200"] for text in scrapes]
    assert counts == [3, 6]


def test_what_alerts_wait_for_counts_from_zero(scrapes: list[str]) -> None:
    alerts = (PACKAGE / "deploy" / "prometheus" / "alerts.yml").read_text()
    named = re.findall(r'linkhub_events_total\{event=~?"(.+?)"\}', alerts)
    awaited = {(event,) for names in named for event in names.split("|")}
    events = samples(scrapes[0], "linkhub_events_total")
    assert awaited
    assert {event for event in awaited if events.get(event) != 0} == set()


def test_the_dashboard_asks_for_what_exists(server: Server) -> None:
    dashboard = json.loads((PACKAGE / "grafana.json").read_text())
    questions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked = set(re.findall(r"\b(?:http|linkhub)_[a-z_]+", " ".join(questions)))
    server.register("ada")
    assert asked <= set(re.findall(r"^\w+", server.client.get("/metrics").text, re.MULTILINE))
