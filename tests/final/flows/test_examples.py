"""The examples of the README, from sign-up to result, on both databases and several workers."""

import shutil

import pytest

from tests.support.processes import OUTBOX
from tests.support.programs import ROOT
from tests.support.readmes import check, needs_shell, pairs
from tests.support.server import WorkersServer

BEGINNING, _, REST = (ROOT / "final" / "README.md").read_text("utf-8").partition("\n## Examples\n")
HELPERS, *PARTS = REST.partition("\n## ")[0].split("\n### ")
EXAMPLES = {part.partition("\n")[0]: pairs(part) for part in PARTS}


@needs_shell
@pytest.mark.workers
@pytest.mark.stores("sqlite+workers", "postgresql+valkey+workers")
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_ends_as_it_says(server: WorkersServer, name: str) -> None:
    assert EXAMPLES[name]
    beginning = [pair for pair in pairs(BEGINNING) if "TOKEN=" in pair[0]]
    shutil.rmtree(OUTBOX, ignore_errors=True)
    url = str(server.client.base_url).rstrip("/")
    check([*beginning, *pairs(HELPERS), *EXAMPLES[name]], url, OUTBOX)
