"""How much two submissions have in common: one number, and no verdict."""

import io
import tokenize
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from tests.course.grading.submissions import files_in

# So many words in a row make a print: a line or two.
LENGTH = 12
IGNORED = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}


def prints_of(folder: Path) -> frozenset[int]:
    """Return the prints of all Python files of a folder; layout and comments leave none."""
    files = [file for file in files_in(folder) if file.suffix == ".py"]
    return frozenset(print_ for file in files for print_ in prints_in(words_of(file)))


def words_of(file: Path) -> list[str]:
    """Read the words of a file, as far as it is Python."""
    words: list[str] = []
    with suppress(tokenize.TokenError, SyntaxError, UnicodeDecodeError):
        tokens = tokenize.generate_tokens(io.StringIO(file.read_text("utf-8")).readline)
        words.extend(token.string for token in tokens if token.type not in IGNORED)
    return words


def prints_in(words: list[str]) -> Iterator[int]:
    """Return a number for every few words in a row."""
    for start in range(len(words) - LENGTH + 1):
        yield crc32(" ".join(words[start : start + LENGTH]).encode())


def likeness(one: frozenset[int], other: frozenset[int]) -> int:
    """Return how much of the smaller one stands in the other, in percent."""
    smaller = min(len(one), len(other))
    return round(100 * len(one & other) / smaller) if smaller else 0
