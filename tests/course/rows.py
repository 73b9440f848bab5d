"""One file of a step as rows of two columns: coloured, numbered, with the words that changed."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, pairwise
from pathlib import PurePath

from markupsafe import Markup, escape
from pygments.lexers import get_lexer_for_filename
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

CONTEXT = 3  # how many lines around a change are not folded away
SHORTEST_FOLD = 4
SIMILAR = 0.5  # with a larger share of equal words, a line is seen as another one that was changed
WORDS = re.compile(r"\w+|\s+|[^\w\s]")

# The parts of a line: the name of its colour and the text.
Parts = list[tuple[str, str]]
Span = tuple[int, int]


@dataclass(frozen=True)
class Cell:
    """A line of one side."""

    number: int
    html: Markup


@dataclass(frozen=True)
class Row:
    """Lines that stand side by side: equal, changed, or on one side only."""

    kind: str
    old: Cell | None
    new: Cell | None
    names: tuple[str, ...] = ()

    @property
    def tells(self) -> bool:
        """Tell a change that shows from a blank line that comes or goes."""
        return self.kind != "equal" and any(c and c.html.strip() for c in (self.old, self.new))


@dataclass(frozen=True)
class Section:
    """Rows in one piece, and the function or class that they are in."""

    rows: list[Row]
    folded: bool
    where: str

    def unified(self) -> Iterator[tuple[str, Row]]:
        """Yield the lines one below the other: of lines changed in a row, the old ones first."""
        for equal, group in groupby(self.rows, key=lambda row: row.kind == "equal"):
            rows = list(group)
            if equal:
                yield from (("equal", row) for row in rows)
            else:
                yield from (("delete", row) for row in rows if row.old)
                yield from (("insert", row) for row in rows if row.new)


def colour(path: str, text: str) -> list[Parts]:
    """Split a text into lines, and each line into parts of one colour."""
    try:
        lexer = get_lexer_for_filename(path, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return [[("", line)] for line in text.splitlines()]
    lines: list[Parts] = [[]]
    for kind, value in lexer.get_tokens(text):
        for piece in value.splitlines(keepends=True):
            lines[-1].append((STANDARD_TYPES.get(kind, ""), piece.rstrip("\r\n")))
            if piece.endswith("\n"):
                lines.append([])
    return lines if lines[-1] else lines[:-1]


def render(parts: Parts, changed: list[Span]) -> Markup:
    """Write a line as HTML, the spans that changed marked in it."""
    bounds = {bound for span in changed for bound in span}
    html, at = Markup(), 0
    for name, text in parts:
        cuts = sorted({at, at + len(text)} | {b for b in bounds if at < b < at + len(text)})
        for start, end in pairwise(cuts):
            piece = escape(text[start - at : end - at])
            if name:
                piece = Markup('<span class="{}">{}</span>').format(name, piece)
            inside = any(first <= start and end <= last for first, last in changed)
            html += Markup("<mark>{}</mark>").format(piece) if inside else piece
        at += len(text)
    return html


def changed_words(old: str, new: str) -> tuple[list[Span], list[Span]]:
    """Return where two versions of a line differ, on either side, word by word."""
    words = WORDS.findall(old), WORDS.findall(new)
    spans: tuple[list[Span], list[Span]] = [], []
    for tag, *bounds in SequenceMatcher(None, *words, autojunk=False).get_opcodes():
        for side, (first, last) in enumerate((bounds[:2], bounds[2:])):
            if tag != "equal" and first < last:
                start = len("".join(words[side][:first]))
                spans[side].append((start, start + len("".join(words[side][first:last]))))
    return spans


def similarity(old: str, new: str) -> float:
    """Return the share of words that two lines have in common."""
    a, b = ([word for word in WORDS.findall(line) if not word.isspace()] for line in (old, new))
    return SequenceMatcher(None, a, b, autojunk=False).ratio()


def pair(old: list[str], new: list[str]) -> Iterator[tuple[int | None, int | None]]:
    """Yield which of the lines that were replaced stand side by side, as changed versions."""
    done = 0
    for i, line in enumerate(old):
        likeness = {j: similarity(line, new[j]) for j in range(done, len(new))}
        best = max(likeness, key=lambda j: likeness[j], default=None)
        if best is None or likeness[best] <= SIMILAR:
            yield i, None
            continue
        yield from ((None, j) for j in range(done, best))
        yield i, best
        done = best + 1
    yield from ((None, j) for j in range(done, len(new)))


@dataclass(frozen=True)
class Place:
    """What Python code defines: its name, its lines, and whether it has a body of its own."""

    name: str
    start: int
    end: int
    is_block: bool


def find_places(node: ast.AST, prefix: str = "") -> Iterator[Place]:
    """Yield the functions, classes and variables that code defines, the outer before the inner."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            start = min([child.lineno, *(mark.lineno for mark in child.decorator_list)])
            yield Place(prefix + child.name, start, child.end_lineno or start, True)
            yield from find_places(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.Assign | ast.AnnAssign):
            targets = child.targets if isinstance(child, ast.Assign) else [child.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    yield Place(prefix + target.id, child.lineno, child.lineno, False)


class FileStep:
    """What a step does to one file."""

    def __init__(self, path: str, old: str | None, new: str | None) -> None:
        self.path = path
        self.is_new = old is None
        self.is_gone = new is None
        self.old, self.new = ((text or "").splitlines() for text in (old, new))
        self.colours = colour(path, old or ""), colour(path, new or "")
        is_python = PurePath(path).suffix == ".py"
        self.places = list(find_places(ast.parse(new or ""))) if is_python else []
        self.rows = list(self.compare())
        self.added = sum(row.kind in ("insert", "change") for row in self.rows)
        self.removed = sum(row.kind in ("delete", "change") for row in self.rows)

    def compare(self) -> Iterator[Row]:
        """Yield the file's rows."""
        matcher = SequenceMatcher(None, self.old, self.new, autojunk=False)
        for tag, i, i_end, j, j_end in matcher.get_opcodes():
            if tag == "equal":
                yield from (self.row(i + n, j + n) for n in range(i_end - i))
                continue
            for left, right in pair(self.old[i:i_end], self.new[j:j_end]):
                yield self.row(
                    None if left is None else i + left, None if right is None else j + right
                )

    def row(self, i: int | None, j: int | None) -> Row:
        """Make a row of a line of the one side, of the other, or of both."""
        if j is None:
            assert i is not None
            return Row("delete", self.cell(0, i, []), None)
        names = tuple(place.name for place in self.places if place.start == j + 1)
        if i is None:
            return Row("insert", None, self.cell(1, j, []), names)
        if self.old[i] == self.new[j]:
            return Row("equal", self.cell(0, i, []), self.cell(1, j, []), names)
        old, new = changed_words(self.old[i], self.new[j])
        return Row("change", self.cell(0, i, old), self.cell(1, j, new), names)

    def cell(self, side: int, index: int, changed: list[Span]) -> Cell:
        """Make the cell of a line."""
        return Cell(index + 1, render(self.colours[side][index], changed))

    def sections(self) -> Iterator[Section]:
        """Yield the rows in pieces: those near a change, and those between, to be folded away."""
        near = self.near_changes()
        for folded, group in groupby(range(len(self.rows)), key=lambda n: n not in near):
            numbers = list(group)
            yield Section([self.rows[n] for n in numbers], folded, self.enclosing(numbers))

    def near_changes(self) -> set[int]:
        """Return which rows are shown: those around changes, and gaps too small to fold."""
        touched = [n for n, row in enumerate(self.rows) if row.kind != "equal"]
        near = {n for at in touched for n in range(at - CONTEXT, at + CONTEXT + 1)}
        bounds = sorted(near | {-1, len(self.rows)})
        gaps = (range(a, b) for a, b in pairwise(bounds) if b - a <= SHORTEST_FOLD)
        return near.union(*gaps)

    def enclosing(self, numbers: list[int]) -> str:
        """Name the innermost function or class that a change is in and that begins above it."""
        first = next((n for n in numbers if self.rows[n].tells), numbers[0])
        top, line = (self.line_at(n) for n in (numbers[0], first))
        around = [p for p in self.places if p.is_block and p.start < top and line <= p.end]
        return around[-1].name if around else ""

    def line_at(self, index: int) -> int:
        """Return the line of the new text at which a row stands."""
        return next((row.new.number for row in reversed(self.rows[: index + 1]) if row.new), 0)
