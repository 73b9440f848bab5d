"""The grader: one class handed in, with all that students hand in."""

import base64
import csv
import importlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.course.grading.formats import as_github, as_gradescope
from tests.course.grading.points import Points, load_points
from tests.course.grading.submissions import SubmissionError, find_app, unpack
from tests.course.levels import ROOT
from tests.grade import write_gradescope
from tests.support.submissions import copied, submissions

validate = importlib.import_module("jsonschema").validate
GRADESCOPE = ROOT / "tests" / "support" / "gradescope.schema.json"
SECRET = "known to the grader alone"
Verdicts = dict[str, dict[str, Any]]


def write(folder: Path, files: dict[str, str]) -> None:
    """Write the files of a submission."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the class has handed in, and what the grader keeps beside it."""
    folder = tmp_path_factory.mktemp("class")
    (folder / "home").mkdir()
    (folder / "home" / "secret.txt").write_text(SECRET)
    for name, files in submissions(str(folder / "home")).items():
        write(folder / "submissions" / name, files)
    with zipfile.ZipFile(folder / "submissions" / "copied.zip", "w") as archive:
        archive.writestr("copied/my_linkhub/main.py", copied())
        archive.writestr("__MACOSX/copied/._main.py", "")
    return folder


@pytest.fixture(scope="module")
def verdicts(folder: Path) -> Verdicts:
    """Judge the class once, in every format."""
    paths = sorted(map(str, (folder / "submissions").iterdir()))
    command = [sys.executable, "-m", "tests.grade", *paths, "--level", "1", "--jobs", "2"]
    for option in ("json", "csv", "junit"):
        command += [f"--{option}", str(folder / f"results.{option}")]
    command += ["--html", str(folder / "pages"), "--gradescope", str(folder / "gradescope")]
    environment = os.environ | {"GRADER_TOKEN": SECRET, "HOME": str(folder / "home")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    results = json.loads((folder / "results.json").read_text("utf-8"))
    return {verdict["submission"]: verdict for verdict in results}


@pytest.mark.parametrize("name", ["perfect", "copied", "old_api"])
def test_what_is_right_in_any_style_gets_full_marks(verdicts: Verdicts, name: str) -> None:
    assert (verdicts[name]["status"], verdicts[name]["points"]) == ("passed", 4), verdicts[name]


def test_half_the_work_is_half_the_marks_whatever_is_shipped_with_it(verdicts: Verdicts) -> None:
    done = [item["number"] for item in verdicts["half"]["items"] if item["status"] == "done"]
    assert (verdicts["half"]["status"], done) == ("failed", ["1.1", "1.2"])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("no_import", "SyntaxError"),
        ("hangs_at_import", "main.py"),
        ("deletes", "left alone by the tests"),
        ("deletes_by_program", "start, other programs"),
        ("prints", "print"),
        ("exits", "sys.exit() ended the program"),
        ("nothing", "no FastAPI app"),
    ],
)
def test_what_cannot_be_tested_gets_a_sentence(verdicts: Verdicts, name: str, says: str) -> None:
    verdict = verdicts[name]
    assert (verdict["status"], verdict["points"]) == ("error", 0)
    assert says in verdict["message"]
    assert [item["number"] for item in verdict["items"]] == ["1.1", "1.2", "1.3", "1.4"]


@pytest.mark.parametrize("name", ["hangs_in_handler", "exits_in_handler"])
def test_what_breaks_in_a_route_costs_its_item(verdicts: Verdicts, name: str) -> None:
    status = {item["number"]: item["status"] for item in verdicts[name]["items"]}
    assert (status["1.2"], status["1.4"]) == ("done", "open")


def test_nothing_of_the_grader_is_seen_or_harmed(verdicts: Verdicts, folder: Path) -> None:
    assert verdicts["spies"]["status"] == "failed"
    assert SECRET not in json.dumps(list(verdicts.values()))
    assert (folder / "home" / "secret.txt").read_text() == SECRET
    left = {path.name for path in (folder / "submissions" / "perfect").iterdir()}
    assert left == {"main.py"}


def test_a_copy_is_like_its_model(verdicts: Verdicts) -> None:
    like = verdicts["copied"]["most_like"]
    assert like["submission"] in ("perfect", "exits_in_handler", "exits", "prints")
    assert like["percent"] > 50
    assert verdicts["old_api"]["most_like"]["percent"] < verdicts["copied"]["most_like"]["percent"]


class TestFormats:
    def test_a_spreadsheet_has_a_row_for_each(self, verdicts: Verdicts, folder: Path) -> None:
        with (folder / "results.csv").open(newline="") as file:
            rows = {row["submission"]: row for row in csv.DictReader(file)}
        assert rows.keys() == verdicts.keys()
        assert (rows["perfect"]["points"], rows["half"]["1.3"]) == ("4.0", "0.0")

    def test_junit_has_a_case_for_each_item(self, verdicts: Verdicts, folder: Path) -> None:
        root = ET.fromstring((folder / "results.junit").read_text())
        suites = {suite.get("name"): suite for suite in root.iter("testsuite")}
        assert suites.keys() == verdicts.keys()
        assert [case.find("failure") is not None for case in suites["half"]] == [
            item["status"] == "open" for item in verdicts["half"]["items"]
        ]
        assert "Hint: " in ET.tostring(suites["half"], "unicode")

    def test_gradescope_gets_what_it_describes(self, verdicts: Verdicts, folder: Path) -> None:
        report = json.loads((folder / "gradescope" / "half.json").read_text())
        assert {test["status"] for test in report["tests"]} == {"passed", "failed"}
        assert all(0 <= test["score"] <= test["max_score"] for test in report["tests"])
        assert sum(test["score"] for test in report["tests"]) == verdicts["half"]["points"]
        assert report["score"] == verdicts["half"]["points"]
        said = report["tests"][-1]["output"].split("\n\n")
        assert len(said) == len(set(said))
        assert as_gradescope(verdicts["half"], Points()) == (  # type: ignore[arg-type]
            folder / "gradescope" / "half.json"
        ).read_text("utf-8")

    def test_every_report_is_as_gradescope_describes_it(
        self, verdicts: Verdicts, folder: Path
    ) -> None:
        schema = json.loads(GRADESCOPE.read_text("utf-8"))
        files = [*(folder / "gradescope").iterdir()]
        assert {file.stem for file in files} == verdicts.keys()
        for file in files:
            validate(json.loads(file.read_text("utf-8")), schema)

    def test_one_report_goes_where_gradescope_looks(
        self, verdicts: Verdicts, tmp_path: Path
    ) -> None:
        for path, file in ((tmp_path, tmp_path / "half.json"), (tmp_path / "results.json",) * 2):
            write_gradescope(path, [verdicts["half"]], Points())  # type: ignore[list-item]
            assert json.loads(file.read_text("utf-8"))["tests"]

    def test_github_sums_up(self, verdicts: Verdicts) -> None:
        line = as_github(verdicts["half"], Points())  # type: ignore[arg-type]
        result = json.loads(base64.b64decode(line.removeprefix("result=")))
        assert (result["version"], result["status"]) == (1, "fail")
        assert sum(test["score"] for test in result["tests"]) == verdicts["half"]["points"]
        assert result["max_score"] == 4

    def test_pages_show_the_class_and_each_submission(
        self, verdicts: Verdicts, folder: Path
    ) -> None:
        index = (folder / "pages" / "index.html").read_text("utf-8")
        for name in verdicts:
            page = folder / "pages" / f"submission-{name}.html"
            assert f'href="{page.name}"' in index
            assert page.is_file()
        half = (folder / "pages" / "submission-half.html").read_text("utf-8")
        assert "POST /links" in half
        assert "<h2>Level 1: " in half


class TestPoints:
    def test_a_file_says_what_items_are_worth(self, tmp_path: Path) -> None:
        file = tmp_path / "points.toml"
        file.write_text('partial = false\nhardening = 2\n[items]\n"1.2" = 5\n')
        points = load_points(file)
        half = {"passed": 1, "total": 2}
        item: Any = {"number": "1.2", "status": "open", "core": half, "hardening": half}
        assert (points.most(item), points.of(item)) == (5, 1)
        assert points.of(item | {"status": "done"}) == 6


class TestFinding:
    def find(self, folder: Path, files: dict[str, str], name: str | None = None) -> str:
        write(folder, files)
        app = find_app(folder, name)
        return f"{app.root.relative_to(folder).as_posix()} {app.name}"

    @pytest.mark.parametrize(
        ("files", "found"),
        [
            ({"a/main.py": "app = FastAPI()"}, "a main:app"),
            ({"a/b/main.py": "from .x import y\napp = FastAPI()"}, "a b.main:app"),
            ({"p/main.py": "from p.x import y\napp = FastAPI()", "p/x.py": ""}, ". p.main:app"),
            ({"api.py": "api: FastAPI = fastapi.FastAPI()"}, ". api:api"),
            ({"main.py": "app = create_app()", "old.py": "app = FastAPI()"}, ". main:app"),
        ],
    )
    def test_an_app_is_found_with_its_root(
        self, tmp_path: Path, files: dict[str, str], found: str
    ) -> None:
        assert self.find(tmp_path, files) == found

    def test_an_app_is_found_by_name(self, tmp_path: Path) -> None:
        files = {"x/shop/main.py": "", "x/main.py": "app = FastAPI()"}
        assert self.find(tmp_path, files, "shop.main:web") == "x shop.main:web"

    def test_of_two_one_must_be_named(self, tmp_path: Path) -> None:
        with pytest.raises(SubmissionError, match=r"a:app, b:app.*--app"):
            self.find(tmp_path, dict.fromkeys(("a.py", "b.py"), "app = FastAPI()"))

    def test_links_and_names_that_lead_elsewhere_lead_nowhere(self, tmp_path: Path) -> None:
        source, target = tmp_path / "source", tmp_path / "target"
        write(source, {"main.py": "app = FastAPI()"})
        (source / "passwords").symlink_to("/etc/passwd")
        unpack(source, target)
        with zipfile.ZipFile(tmp_path / "slip.zip", "w") as archive:
            archive.writestr("../../slipped.py", "")
        unpack(tmp_path / "slip.zip", target)
        assert not (tmp_path / "slipped.py").exists()
        assert {path.name for path in target.rglob("*")} == {"main.py"}

    def test_a_virtual_environment_is_too_much(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("main.py", b"\0" * 30_000_000)
        with pytest.raises(SubmissionError, match="virtual environment"):
            unpack(tmp_path / "bomb.zip", tmp_path)
