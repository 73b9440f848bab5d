"""Bring a change of one level into the later ones: a three-way merge, file by file.

What the level was when it was last committed is the base; READMEs tell each level's own story and
are left alone.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.course.levels import files_of, git

MARKER = re.compile(r"^<{7} .*?^>{7} .*?$", re.M | re.S)
SHORTEST_WORD = 3


class CarryError(Exception):
    """The change cannot be carried; the message says why."""


@dataclass(frozen=True)
class Outcome:
    """What became of a file in one of the later levels."""

    level: Path
    path: str
    text: str
    conflict: str = ""


def committed(level: Path, path: str, revision: str) -> bytes | None:
    """Return a file as it was committed, or None if it was not there."""
    command = ["git", "show", f"{revision}:./{path}"]
    run = subprocess.run(command, cwd=level, capture_output=True, check=False)
    return run.stdout if run.returncode == 0 else None


def working(level: Path, path: str) -> bytes | None:
    """Return a file as it is, or None if it is not there."""
    file = level / path
    return file.read_bytes() if file.is_file() else None


def changed_files(level: Path, revision: str) -> list[str]:
    """Return the files of a level that are not as they were committed, READMEs left out."""
    names = git(level, "ls-tree", "-r", "-z", "--name-only", revision, ".").split("\0")
    paths = {*filter(None, names), *files_of(level)}
    code = sorted(path for path in paths if not path.endswith(".md"))
    return [path for path in code if working(level, path) != committed(level, path, revision)]


def merge_texts(ours: bytes, base: bytes, theirs: bytes, labels: list[str]) -> tuple[bytes, bool]:
    """Merge as git does; return the text and whether it has conflicts."""
    with TemporaryDirectory() as folder:
        command = ["git", "merge-file", "-p"]
        for label in labels:
            command += ["-L", label]
        for name, text in (("ours", ours), ("base", base), ("theirs", theirs)):
            (Path(folder) / name).write_bytes(text)
            command.append(name)
        run = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    if run.returncode > 127:
        raise CarryError(run.stderr.decode())
    return run.stdout, run.returncode > 0


def carry_file(source: Path, level: Path, path: str, revision: str) -> Outcome:
    """Bring what changed in a file of a level into the next level."""
    base, theirs = committed(source, path, revision), working(source, path)
    ours = working(level, path)
    if ours == theirs:
        return Outcome(level, path, "has it already")
    if theirs is None and ours == base:
        (level / path).unlink()
        return Outcome(level, path, "removed")
    if theirs is None or (ours is None and base is not None):
        return Outcome(level, path, "CONFLICT", f"{path} is gone on one side and not on the other")
    labels = [f"{level.name}/{path}", f"{source.name} as committed", f"{source.name} as it is"]
    before = committed(level, path, revision)
    text, has_conflict = merge_texts(before or ours or b"", base or b"", theirs, labels)
    if before is not None and ours is not None and ours != before and not has_conflict:
        # What was carried before is the same change on both sides, and so made once.
        text, has_conflict = merge_texts(ours, before, text, labels)
    if has_conflict and ours != before:
        # Whoever has resolved a conflict keeps what they wrote, however often they carry on.
        return Outcome(level, path, "left alone")
    (level / path).parent.mkdir(parents=True, exist_ok=True)
    (level / path).write_bytes(text)
    if has_conflict:
        return Outcome(level, path, "CONFLICT", "\n".join(MARKER.findall(text.decode())))
    merged = "has it already" if text == ours else "merged"
    return Outcome(level, path, merged if ours is not None else "added")


def check_whole(level: Path, path: str) -> None:
    """Raise CarryError if a file has conflicts in it or is no Python."""
    text = (working(level, path) or b"").decode("utf-8", "replace")
    if MARKER.search(text):
        raise CarryError(f"Resolve the conflicts in {level.name}/{path} first.")
    try:
        ast.parse(text if path.endswith(".py") else "")
    except SyntaxError as error:
        raise CarryError(f"{level.name}/{path}, line {error.lineno}: {error.msg}") from error


def carry(levels: list[Path], revision: str = "HEAD") -> Iterator[Outcome]:
    """Bring the changes of the first of these levels into the others, from each to the next.

    A file goes as far as it can: where it conflicts, one resolves it and carries on from there.
    """
    for path in changed_files(levels[0], revision):
        for source, level in pairwise(levels):
            check_whole(source, path)
            outcome = carry_file(source, level, path, revision)
            yield outcome
            if outcome.conflict:
                break


def words_of(code: bytes) -> set[str]:
    """Return the names and the one-line texts in Python code."""
    words: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        for name in ("name", "id", "attr", "arg"):
            words.add(str(getattr(node, name, "")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words.add(node.value)
    return {word for word in words if len(word) >= SHORTEST_WORD and "\n" not in word}


def gone_words(level: Path, revision: str) -> set[str]:
    """Return the names and texts that a level had when it was committed, and has no longer."""
    old = git(level, "ls-tree", "-r", "-z", "--name-only", revision, ".").split("\0")
    before = [committed(level, path, revision) for path in old if path.endswith(".py")]
    after = [working(level, path) for path in files_of(level) if path.endswith(".py")]
    had, has = ({w for text in texts for w in words_of(text or b"")} for texts in (before, after))
    return had - has


def mentions(root: Path, words: set[str], levels: list[Path]) -> Iterator[str]:
    """Yield the lines outside the levels' code that still have one of these words."""
    if not words:
        return
    found = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words)))
    code = {level / path for level in levels for path in files_of(level) if path.endswith(".py")}
    for path in files_of(root):
        if not path.endswith((".md", ".toml", ".py")) or root / path in code:
            continue
        for number, line in enumerate((root / path).read_text("utf-8").splitlines(), start=1):
            if found.search(line):
                yield f"{path}:{number}: {line.strip()}"
