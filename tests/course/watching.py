"""Watches an app's folder: at each save the suites run, and the screen says how far it is."""

import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from watchfiles import PythonFilter, watch

from tests.course.checklist import checklist, everything
from tests.course.levels import LESSONS, ROOT
from tests.course.results import Results, next_item
from tests.course.runs import HIGHEST, Run, level_reached, stage_reached, suite_of
from tests.course.screen import KEYS, STEPS, bars, screen, style

# What can happen: a save, the end of a run, a key.
Event = tuple[str, object]


class Watcher:
    """One session of learning: what is known about the app, and what is shown."""

    def __init__(self, app: str, folder: Path, console: Console, capstone: str = "") -> None:
        self.app, self.folder, self.console, self.capstone = app, folder, console, capstone
        self.events: queue.Queue[Event] = queue.Queue()
        self.results: Results | None = None
        self.before: Results | None = None
        # Why the app does not start.
        self.error: Results | None = None
        self.run: Run | None = None
        # The level that is worked on; nothing is known before the first run, which looks at all.
        self.level: int | None = None
        self.hints = 0

    def start(self) -> None:
        """Run the suites anew, the item that is next first; a run under way is out of date."""
        if self.run:
            self.run.end()
        options = ["--core"] if self.level is None and not self.capstone else []
        if self.results and (item := next_item(self.results)):
            options += ["--first", item["number"]]
        run = self.run = Run(self.app, suite_of(self.level or HIGHEST, self.capstone), *options)
        level = f"level {self.level or f'1 to {HIGHEST}'}"
        self.say(f"Running the tests of {self.capstone or level} ...")
        threading.Thread(target=self.wait_for, args=(run,), daemon=True).start()

    def wait_for(self, run: Run) -> None:
        """Report the end of a run."""
        try:
            self.events.put(("results", (run, run.results())))
        except (OSError, ValueError):
            return  # it was ended before it was done

    def take(self, run: Run, results: Results) -> None:
        """Take note of results and show them; go on to the next level when one is done."""
        if run is not self.run:
            return
        self.run = None
        self.error = results if results["status"] == "error" else None
        if self.error:
            self.hints = 0
            self.show(results)
            return
        last, following = self.results and next_item(self.results), next_item(results)
        if not (last and following and last["number"] == following["number"]):
            self.hints = 0
        self.before, self.results = self.results, results
        if self.capstone:
            self.level = stage_reached(results)
            self.show(results)
            return
        known, self.level = self.level, self.level or level_reached(results)
        if known is None:
            # A run of all levels cannot tell what belongs to this one.
            self.print(bars(results, self.level))
            self.start()
            return
        self.show(results)
        if known < HIGHEST and all(item["status"] == "done" for item in results["items"]):
            self.level = known + 1
            self.start()

    def show(self, results: Results) -> None:
        """Show where the app stands and what is next."""
        size = (min(self.console.width, 100), self.console.height)
        level = self.level or 1
        if self.console.is_terminal:
            self.console.clear()
        self.print(screen(results, self.before, level, self.hints, size))
        self.say(KEYS if self.console.is_terminal else "")

    def print(self, lines: Iterable[str]) -> None:
        """Write lines, each in the colour of its kind."""
        for line in lines:
            self.console.print(style(line), no_wrap=True, overflow="crop", highlight=False)

    def say(self, text: str) -> None:
        """Write a line of its own."""
        self.console.print(text, style="dim", highlight=False)

    def press(self, key: str) -> bool:
        """Do what a key stands for; tell whether to go on."""
        if key in ("q", "\x03", "\x04"):
            return False
        shown = self.error or self.results
        if key.isdigit() and 1 <= int(key) <= HIGHEST and not self.capstone:
            self.level = int(key)
            self.start()
        elif key == "h" and shown:
            self.hints = min(self.hints + 1, len(STEPS))
            self.show(shown)
        elif key == "a" and shown:
            lines = [*shown["message"].splitlines(), *everything(shown), *checklist(shown)]
            self.console.print("\n".join(lines), markup=False, highlight=False)
        elif key == "d":
            self.console.print(Markdown(page_of(self.capstone) or lesson_of(self.level or 1)))
        return True

    def loop(self) -> None:
        """Go on until somebody quits."""
        self.start()
        while True:
            kind, content = self.events.get()
            if kind == "save":
                self.start()
            elif kind == "results":
                self.take(*content)  # type: ignore[misc]
            elif not self.press(str(content)):
                break
        if self.run:
            self.run.end()


def lesson_of(level: int) -> str:
    """Return what the README of a level says about what is new in it."""
    folder = LESSONS[level - 1]
    text = (folder / "README.md").read_text("utf-8")
    title, _, rest = text.partition("\n")
    return f"{title}\n\n## What{rest.partition('## What')[2].partition('## Break it')[0]}"


def page_of(capstone: str) -> str:
    """Return the page of a capstone, if there is one."""
    return (ROOT / suite_of(0, capstone) / "README.md").read_text("utf-8") if capstone else ""


def watch_folder(folder: Path, events: "queue.Queue[Event]", end: threading.Event) -> None:
    """Report each save of a Python file, or of settings."""
    wanted = PythonFilter(extra_extensions=(".env", ".toml"))
    for _ in watch(folder, watch_filter=wanted, stop_event=end, raise_interrupt=False):
        events.put(("save", None))


@contextmanager
def single_keys() -> Iterator[Callable[[], str]]:
    """Yield a function that reads a key as soon as it is pressed."""
    if sys.platform == "win32":
        import msvcrt

        yield msvcrt.getwch
        return
    import termios
    import tty

    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    tty.setcbreak(number)
    try:
        yield lambda: sys.stdin.read(1)
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)


def read_keys(read: Callable[[], str], events: "queue.Queue[Event]") -> None:
    """Report each key."""
    while key := read():
        events.put(("key", key))


def watch_app(app: str, folder: Path, console: Console, capstone: str = "") -> None:
    """Watch until somebody quits, or presses Ctrl+C."""
    watcher, end = Watcher(app, folder, console, capstone), threading.Event()
    threading.Thread(target=watch_folder, args=(folder, watcher.events, end), daemon=True).start()
    try:
        if sys.stdin.isatty() and console.is_terminal:
            with single_keys() as read:
                reader = threading.Thread(target=read_keys, args=(read, watcher.events))
                reader.daemon = True
                reader.start()
                watcher.loop()
        else:
            watcher.loop()
    except KeyboardInterrupt:
        if watcher.run:
            watcher.run.end()
    finally:
        end.set()
