"""The steps of the ladder are real: what a level adds, the level before does not have.

That every suite passes on its own level and on all later ones, the suites show themselves.
"""

from pathlib import Path

import pytest

from tests.course.target import LEVELS
from tests.support.commands import run_pytest, without_lower


@pytest.fixture
def nothing(tmp_path: Path) -> str:
    """Return an app without any route, not even /openapi.json: what comes before level 1."""
    code = "from fastapi import FastAPI\n\napp = FastAPI(openapi_url=None)\n"
    (tmp_path / "nothing.py").write_text(code, "utf-8")
    return "nothing:app"


@pytest.mark.parametrize("level", range(1, len(LEVELS) + 1))
def test_every_test_of_a_level_fails_on_the_level_before(
    level: int, nothing: str, tmp_path: Path
) -> None:
    before = [nothing, *LEVELS][level - 1]
    suite = next(Path(__file__).parent.glob(f"test_level{level}_*.py"))
    options = ["--app", before, "-rps", "--tb=no", *without_lower(suite.name)]
    run = run_pytest(str(suite), *options, pythonpath=tmp_path)
    assert "failed" in run.stdout, run.stdout + run.stderr
    lines = run.stdout.splitlines()
    assert [line for line in lines if line.startswith(("PASS", "SKIP"))] == []
