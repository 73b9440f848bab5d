"""What READMEs show: their listings, run in a shell, and the answers beside them."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

HERE = "http://127.0.0.1:8000"
OUTBOX = "final/outbox"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
END_OF_BLOCK = "=== end of block ==="

needs_shell = pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl"
)


@dataclass(frozen=True)
class Block:
    """A listing in a README: its language and its text."""

    language: str
    text: str


def blocks(text: str) -> list[Block]:
    """Return the listings of a text."""
    return [Block(*found) for found in FENCE.findall(text)]


def pairs(text: str) -> list[tuple[str, str]]:
    """Return the examples of a text, each with the answer that follows it."""
    return [
        (this.text, following.text)
        for this, following in pairwise(blocks(text))
        if this.language == "bash" and following.language == "json"
    ]


def run_shell(texts: list[str]) -> list[str]:
    """Run listings in one shell, one after the other, and return what each printed."""
    script = "".join(f"{text}\necho; echo '{END_OF_BLOCK}'\n" for text in texts)
    run = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    return run.stdout.split(f"{END_OF_BLOCK}\n")[:-1]


def fits(shown: Any, got: Any) -> bool:
    """Compare two JSON values, where the text "..." stands for anything."""
    if isinstance(shown, dict) and isinstance(got, dict):
        return shown.keys() == got.keys() and all(fits(shown[key], got[key]) for key in shown)
    if isinstance(shown, list) and isinstance(got, list):
        return len(shown) == len(got) and all(map(fits, shown, got))
    return bool(shown in ("...", got))


def check(examples: list[tuple[str, str]], url: str, outbox: Path) -> None:
    """Run examples one after the other against a server, and compare the answers."""
    texts = [text.replace(HERE, url).replace(OUTBOX, str(outbox)) for text, _ in examples]
    answers = run_shell(texts)
    for (text, shown), answer in zip(examples, answers, strict=True):
        assert fits(json.loads(shown), json.loads(answer)), f"{text}\nanswered: {answer}"
