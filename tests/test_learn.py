"""The tutor: what it shows, what its keys and words do, and how a session goes."""

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest
from rich.console import Console

from tests import learn
from tests.course import recording, watching
from tests.course.levels import LEVELS, ROOT
from tests.course.results import Count, Finding, ItemResult, Results
from tests.course.roadmap import ITEMS
from tests.course.runs import level_reached
from tests.course.screen import changes, screen, style
from tests.course.starting import LearnError, reset_file, start_level
from tests.course.watching import Watcher

APP = "my_linkhub.main:app"


def results_of(*done: str, upto: int = 2, missing: bool = False) -> Results:
    """Return results in which some items are done and all others are open."""
    items = [
        result_of(number, number in done, missing)
        for number, item in ITEMS.items()
        if int(item.level) <= upto
    ]
    passed = all(item["status"] == "done" for item in items)
    status: Any = "passed" if passed else "failed"
    return {"app": APP, "suite": "", "status": status, "message": "", "items": items}


def result_of(number: str, done: bool, missing: bool) -> ItemResult:
    """Return the result of an item."""
    count: Count = {"passed": int(done), "total": 1}
    finding: Finding = {
        "test": "lists what was saved",
        "hardening": False,
        "message": "GET /links\n  expected 200\n  got      500 " + "x" * 900,
        "sent": "GET /links",
        "expected": "a route" if missing else "200",
        "got": "500",
        "place": {"file": "my_linkhub/main.py", "line": 7, "code": "return links"},
    }
    return {
        "number": number,
        "level": number[0],
        "title": ITEMS[number].text,
        "status": "done" if done else "open",
        "core": count,
        "hardening": {"passed": 0, "total": 0},
        "blamed": [],
        "hint": "",
        "failures": [] if done else [finding],
    }


LEVEL_1 = [number for number in ITEMS if number[0] == "1"]


class TestScreen:
    def test_shows_each_level_as_a_bar(self) -> None:
        lines = screen(results_of("1.1", "1.2"), None, 1, 0, (80, 24))
        assert lines[0] == "Level 1 [#####.....] 2/4 The foundation  <- you are here"
        assert lines[4].startswith("Level 5 [..........] 0/3")

    @pytest.mark.parametrize("number", ITEMS)
    def test_has_one_thing_to_do_and_fits(self, number: str) -> None:
        done = list(ITEMS)[: list(ITEMS).index(number)]
        lines = screen(results_of(*done, upto=5), results_of(), 5, 0, (80, 24 + len(done)))
        assert len(lines) < 24 + len(done)
        assert all(len(line) <= 80 for line in lines)
        assert sum(line.startswith(f"Next: {number} ") for line in lines) == 1
        assert "  in my_linkhub/main.py, line 7: return links" in lines

    def test_says_what_has_turned_green_and_what_was_lost(self) -> None:
        said = list(changes(results_of("1.1", "1.2"), results_of("1.1", "1.3")))
        assert said == [f"Just done: 1.3 {ITEMS['1.3'].text}", f"Lost: 1.2 {ITEMS['1.2'].text}"]

    def test_gives_hints_step_by_step(self) -> None:
        text = " ".join(screen(results_of(), None, 1, 2, (80, 40)))
        assert f"hint, idea: {ITEMS['1.1'].idea}" in text
        assert "hint, where: " in text
        assert "hint, how: " not in text

    def test_says_the_same_without_colours(self) -> None:
        for line in screen(results_of("1.1"), None, 1, 3, (80, 40)):
            assert style(line).plain == line


class TestLevel:
    def test_is_the_first_that_is_not_done(self) -> None:
        assert level_reached(results_of("1.1", missing=True)) == 1
        assert level_reached(results_of(*LEVEL_1, missing=True)) == 2

    def test_is_a_later_one_that_has_been_begun(self) -> None:
        assert level_reached(results_of("1.1", "2.5")) == 2

    def test_is_the_last_when_all_is_done(self) -> None:
        assert level_reached(results_of(*ITEMS, upto=5)) == 5


class TestStarting:
    def test_a_level_starts_where_the_one_before_has_ended(self, tmp_path: Path) -> None:
        start_level(3, tmp_path / "mine")
        begun = {file.name for file in (tmp_path / "mine").iterdir()}
        assert begun == {file.name for file in LEVELS[1].glob("*.py")}

    def test_the_first_level_starts_with_next_to_nothing(self, tmp_path: Path) -> None:
        start_level(1, tmp_path / "mine")
        assert "FastAPI()" not in (tmp_path / "mine" / "main.py").read_text("utf-8")

    def test_nothing_is_overwritten(self, tmp_path: Path) -> None:
        (tmp_path / "main.py").touch()
        with pytest.raises(LearnError, match="is there already"):
            start_level(2, tmp_path)

    @pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
    def test_a_file_comes_back_and_the_present_one_is_kept(
        self, tmp_path: Path, level: Path
    ) -> None:
        for file in level.glob("*.py"):
            (tmp_path / file.name).write_text(file.read_text("utf-8"), "utf-8")
        (tmp_path / "main.py").write_text("spoilt = True\n", "utf-8")
        assert reset_file(tmp_path / "main.py") == level
        assert (tmp_path / "main.py").read_text("utf-8") == (level / "main.py").read_text("utf-8")
        assert (tmp_path / "main.py.before-reset").read_text("utf-8") == "spoilt = True\n"

    def test_a_file_that_no_level_has_stays(self, tmp_path: Path) -> None:
        with pytest.raises(LearnError, match="No level has a file"):
            reset_file(tmp_path / "mine.py")


class FakeRun:
    """A run that waits to be told its results."""

    made: ClassVar[list["FakeRun"]] = []

    def __init__(self, app: str, suite: str, *options: str) -> None:
        self.suite, self.options, self.ended = suite, options, False
        self.made.append(self)

    def results(self) -> Results:
        """Never come to an end by itself."""
        raise OSError

    def end(self) -> None:
        """Take note that the run was ended."""
        self.ended = True


@pytest.fixture
def watcher(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Watcher]:
    """Yield a watcher whose runs have the results that a test gives them."""
    monkeypatch.setattr(watching, "Run", FakeRun)
    console = Console(file=io.StringIO(), width=80, height=24)
    yield Watcher(APP, tmp_path, console)
    FakeRun.made.clear()


def finish(watcher: Watcher, results: Results) -> None:
    """Let the present run end."""
    watcher.take(watcher.run, results)  # type: ignore[arg-type]


def shown(watcher: Watcher) -> str:
    """Return what the watcher has written so far."""
    assert isinstance(watcher.console.file, io.StringIO)
    return watcher.console.file.getvalue()


class TestWatcher:
    def test_looks_at_all_levels_first_and_then_at_the_one_reached(self, watcher: Watcher) -> None:
        watcher.start()
        finish(watcher, results_of(*LEVEL_1, upto=5, missing=True))
        suites = [Path(run.suite).stem[:11] for run in FakeRun.made]
        assert suites == ["test_level5", "test_level2"]
        assert FakeRun.made[0].options == ("--core",)

    def test_a_save_ends_a_run_and_begins_with_what_is_next(self, watcher: Watcher) -> None:
        watcher.level, watcher.results = 2, results_of(*LEVEL_1, "2.1")
        watcher.start()
        watcher.start()
        assert [run.ended for run in FakeRun.made] == [True, False]
        assert FakeRun.made[1].options == ("--first", "2.2")

    def test_goes_on_to_the_next_level(self, watcher: Watcher) -> None:
        watcher.level = 1
        watcher.start()
        finish(watcher, results_of(*LEVEL_1, upto=1))
        assert watcher.level == 2
        assert "Level 1 is done. On to level 2." in shown(watcher)

    def test_results_that_are_out_of_date_are_left_aside(self, watcher: Watcher) -> None:
        watcher.start()
        late = watcher.run
        watcher.start()
        assert late
        watcher.take(late, results_of())
        assert watcher.results is None

    def test_keys_do_what_the_screen_says(self, watcher: Watcher) -> None:
        watcher.level, watcher.results = 1, results_of()
        assert watcher.press("h")
        assert "hint, idea" in shown(watcher)
        assert watcher.press("a")
        assert "1.2 GET / says that the API is alive" in shown(watcher)
        assert watcher.press("d")
        assert "Level 1" in shown(watcher)
        assert watcher.press("3")
        assert watcher.level == 3
        assert not watcher.press("q")

    def test_an_app_that_does_not_start_is_all_there_is_to_say(self, watcher: Watcher) -> None:
        watcher.level = 1
        watcher.start()
        message = "my_linkhub.main:app cannot be imported.\nSyntaxError: invalid syntax"
        finish(watcher, results_of() | {"status": "error", "message": message, "items": []})
        assert "SyntaxError: invalid syntax" in shown(watcher)
        assert "Next: " not in shown(watcher)


class TestCommand:
    @pytest.mark.parametrize(
        ("arguments", "status", "words"),
        [
            ([], 2, "python -m tests.learn start 2"),
            (["start", "2"], 2, "python -m tests.learn start 2"),
            (["start", "9", "mine"], 1, "9 is no level"),
            (["exercise", "7.7", APP], 1, "There is no exercise 7.7"),
            (["check", "my_linkhub"], 1, "as module:app"),
            (["nowhere.main:app"], 1, "Begin with: python -m tests.learn start 1"),
        ],
    )
    def test_says_what_it_cannot_do(
        self,
        arguments: list[str],
        status: int,
        words: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert learn.main(arguments) == status
        assert words in capsys.readouterr().err

    def test_shows_the_lesson_of_a_level(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert learn.main(["docs", "2"]) == 0
        assert "get_session" in capsys.readouterr().out


def test_a_session_is_as_the_readme_shows_it() -> None:
    readme = recording.README.read_text("utf-8")
    assert recording.renew(readme, recording.record()) == readme


@pytest.fixture
def learning(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Yield the tutor, watching an app in a folder, without a terminal."""
    start_level(1, tmp_path / "my_linkhub")
    command = [sys.executable, "-m", "tests.learn", APP]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        # What a shell runs in the background is deaf to Ctrl+C, and so is what that starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as tutor:
        yield tutor
        tutor.kill()


def read_until(tutor: "subprocess.Popen[str]", pattern: str) -> str:
    """Read lines up to one that fits."""
    assert tutor.stdout
    for line in tutor.stdout:
        if re.search(pattern, line):
            return line
    raise AssertionError(f"the tutor never wrote {pattern}")


def test_saves_are_seen_during_a_run_too_and_ctrl_c_ends_everything(
    learning: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    read_until(learning, "main.py has no app: at its top level, write app = FastAPI()")
    main = tmp_path / "my_linkhub" / "main.py"
    main.write_text(recording.EMPTY, "utf-8")
    read_until(learning, "^Running the tests")
    main.write_text(recording.EMPTY + recording.ROUTE, "utf-8")
    read_until(learning, "^Next: 1.4 ")
    main.write_text(recording.EMPTY, "utf-8")
    read_until(learning, "^Running the tests")
    children = psutil.Process(learning.pid).children(recursive=True)
    learning.send_signal(signal.SIGINT)
    assert learning.wait(60) == 0
    assert psutil.wait_procs(children, timeout=60)[1] == []
