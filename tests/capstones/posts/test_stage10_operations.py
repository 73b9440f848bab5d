"""Stage 10: what is to be seen of the app from outside, and what runs it elsewhere."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.capstones import folder as folders
from tests.capstones.guest import Guest
from tests.capstones.posts.writing import listed
from tests.capstones.serving import serve
from tests.course.target import Target


@pytest.fixture
def place(target: Target) -> Path:
    """Return the learner's folder."""
    return folders.folder_of(target)


@pytest.mark.roadmap("10.1")
def test_the_log_is_json_with_the_id_of_the_request(target: Target, tmp_path: Path) -> None:
    folders.folder_of(target)
    request_id = uuid4().hex
    with serve(target.name, tmp_path) as server:
        server.get("/posts", {"X-Request-ID": request_id})
        server.get("/api/v1/posts", {"X-Request-ID": request_id})
    lines = [line for line in server.output().splitlines() if request_id in line]
    assert lines, "no line of the output has the X-Request-ID that was sent"
    assert any(request_id in values(line) for line in lines), f"this is no JSON: {lines[0]}"


def values(line: str) -> list[object]:
    """Return the values of a line that is a JSON object."""
    try:
        found = json.loads(line)
    except ValueError:
        return []
    return list(found.values()) if isinstance(found, dict) else []


@pytest.mark.roadmap("10.2")
class TestMetrics:
    @pytest.fixture
    def metrics(self, visitor: Guest) -> str:
        """Return what is measured when the list has been asked for."""
        listed(visitor)
        return visitor.get("/metrics", expect=200).text

    def test_are_for_prometheus(self, metrics: str) -> None:
        assert re.search(r"^# TYPE \w+ (counter|histogram)", metrics, re.M), "there is no # TYPE"

    def test_name_the_route(self, metrics: str) -> None:
        found = re.search(r"^\w+\{[^}]*posts[^}]*\} [0-9.e+]+", metrics, re.M)
        assert found, "no sample has a label that names /posts"


@pytest.mark.roadmap("10.3")
def test_there_is_tracing(place: Path) -> None:
    texts = [file.read_text("utf-8") for file in folders.files(place, "*.py")]
    assert any("opentelemetry" in text for text in texts), "opentelemetry is nowhere in your code"


def compose_files(place: Path) -> Iterator[Path]:
    """Yield the files for docker compose."""
    for name in ("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"):
        yield from folders.files(place, name)


@pytest.mark.roadmap("10.4")
class TestContainers:
    def test_there_is_a_dockerfile(self, place: Path) -> None:
        text = folders.need(place, "Dockerfile").read_text("utf-8")
        assert re.search(r"^FROM ", text, re.M), "Dockerfile has no FROM"
        assert re.search(r"^(CMD|ENTRYPOINT)", text, re.M), "Dockerfile has no CMD or ENTRYPOINT"

    def test_there_is_a_compose_file(self, place: Path) -> None:
        files = list(compose_files(place))
        assert files, "there is no docker-compose.yml"
        folders.need_words(files[0], "postgres", "redis")


@pytest.mark.roadmap("10.5")
def test_several_workers_serve(place: Path) -> None:
    texts = [
        file.read_text("utf-8")
        for file in (*folders.files(place, "Dockerfile"), *compose_files(place))
    ]
    found = folders.files(place, "gunicorn.conf.py") or any("--workers" in text for text in texts)
    assert found, "there is no gunicorn.conf.py, and --workers is nowhere"


@pytest.mark.roadmap("10.6")
def test_pushes_are_checked(place: Path) -> None:
    files = [
        file
        for pattern in ("*.yml", "*.yaml")
        for file in folders.files(place, pattern)
        if file.parent.name == "workflows"
    ]
    assert files, "there is no .github/workflows/*.yml"
    text = "".join(file.read_text("utf-8") for file in files)
    missing = [word for word in ("pytest", "ruff") if word not in text]
    assert not missing, f"the workflow does not run {' and '.join(missing)}"
