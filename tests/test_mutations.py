"""The mistakes of the lists can still be made, and the command tells what comes of each."""

from pathlib import Path

import pytest

from tests.mutations.__main__ import main
from tests.mutations.mistakes import FOLDER, LostError, Mistake, read_mistakes

ROOT = FOLDER.parents[1]
MISTAKES = [
    pytest.param(mistake, id=f"{file.stem}-{number}")
    for file in sorted(FOLDER.glob("*.toml"))
    for number, mistake in enumerate(read_mistakes(file), 1)
]

LIST = """
[[mistakes]]
says = "It adds too much"
files = "*.py"
old = "a + b"
new = "a + b + 1"
tests = ["test_sum.py"]

[[mistakes]]
says = "It adds the other way round"
files = "*.py"
old = "a + b"
new = "b + a"
tests = ["test_sum.py"]

[[mistakes]]
says = "It is no Python"
files = "*.py"
old = "return"
new = "return return"
tests = ["test_sum.py"]
"""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_mistake_has_its_place_and_its_tests(mistake: Mistake) -> None:
    file = mistake.find(ROOT)
    assert mistake.new != mistake.old
    changed = file.read_text("utf-8").replace(mistake.old, mistake.new)
    assert file.suffix != ".py" or compile(changed, file, "exec")
    assert mistake.tests
    for test in mistake.tests:
        assert (ROOT / test.partition("::")[0]).exists(), test


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return code with a test that tells too much from the right sum."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "summing.py").write_text("def add(a, b):\n    return a + b\n")
    test = "from summing import add\n\n\ndef test_adds():\n    assert add(1, 2) == 3\n"
    (tree / "test_sum.py").write_text(test)
    (tree / "pytest.ini").write_text("[pytest]\n")
    (tree / "mistakes.toml").write_text(LIST)
    return tree


def test_each_mistake_gets_its_verdict(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tree / "mistakes.toml"), "--root", str(tree)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split(maxsplit=1) == ["1", "caught      It adds too much"]
    assert lines[1].strip() == "test_sum.py::test_adds"
    assert lines[2].split(maxsplit=1) == ["2", "NOT CAUGHT  It adds the other way round"]
    assert lines[3].split(maxsplit=1) == ["3", "BROKEN      It is no Python"]
    assert lines[-1] == "1 of 3 caught"
    assert (tree / "summing.py").read_text().endswith("return a + b\n")


def test_a_mistake_whose_place_is_gone_says_so(tree: Path) -> None:
    (mistake, *_) = read_mistakes(tree / "mistakes.toml")
    (tree / "summing.py").write_text("a + b, a + b")
    with pytest.raises(LostError, match="It adds too much: found 2 times"):
        mistake.find(tree)
