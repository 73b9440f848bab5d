"""The pages of the capstones say what the suites ask for, and what they say is so."""

import re
from pathlib import Path

import pytest

from tests.capstones.pages import page_of, renew
from tests.capstones.products import PRODUCTS
from tests.course.sandbox import ROOT
from tests.support.commands import run_pytest

ITEM = re.compile(r'mark\.roadmap\("([\d.]+)"\)')
FENCE = re.compile(r"^```bash\n(.*?)^```", re.M | re.S)

every_product = pytest.mark.parametrize("name", PRODUCTS)


@every_product
def test_a_page_has_the_contracts_of_its_roadmap(name: str) -> None:
    page = page_of(name).read_text("utf-8")
    assert page == renew(page, PRODUCTS[name].roadmap), "write it: python -m tests.capstones.pages"


@every_product
def test_every_item_has_its_tests(name: str) -> None:
    files = page_of(name).parent.glob("test_*.py")
    asked = {number for file in files for number in ITEM.findall(file.read_text("utf-8"))}
    assert asked == PRODUCTS[name].roadmap.items.keys()


@every_product
def test_what_to_look_at_is_there(name: str) -> None:
    for item in PRODUCTS[name].roadmap.items.values():
        for place in re.split(r"; ", item.look_at):
            path, _, names = place.partition(": ")
            file = ROOT / path.partition(",")[0]
            assert file.exists(), f"{item.number}: {place}"
            lost = [word for word in names.split(", ") if word not in text_of(file)]
            assert lost == [], f"{item.number}: {place}"


def text_of(path: Path) -> str:
    """Return the text of a file, or of all files of a folder."""
    files = path.rglob("*.py") if path.is_dir() else [path]
    return "".join(file.read_text("utf-8") for file in files)


@every_product
def test_a_page_says_how_long_its_solution_is(name: str) -> None:
    folder = page_of(name).parent / "solution"
    files = [file for file in folder.rglob("*.py") if "tests" not in file.relative_to(folder).parts]
    lines = sum(map(lines_of_code, files))
    stated = re.search(r"some (\d+) lines of code", page_of(name).read_text("utf-8"))
    assert stated
    assert 0.95 < lines / int(stated[1]) < 1.05, lines


def lines_of_code(file: Path) -> int:
    """Count lines that are not blank, no comment and no docstring."""
    code = re.sub(r'^ *"""(.|\n)*?"""$', "", file.read_text("utf-8"), flags=re.M)
    return sum(not line.lstrip().startswith("#") for line in code.splitlines() if line.strip())


@every_product
def test_a_page_begins_with_an_app_that_is_told_what_comes_next(name: str, tmp_path: Path) -> None:
    begin = FENCE.findall(page_of(name).read_text("utf-8"))[0]
    folder, code, command = re.fullmatch(
        r"mkdir (\w+)\nprintf '(.*)' > \w+/main\.py\n(.*)\n", begin
    ).groups()  # type: ignore[union-attr]
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "main.py").write_text(code.replace("\\n", "\n"), "utf-8")
    run = run_pytest(*command.split()[1:], pythonpath=tmp_path)
    first = next(iter(PRODUCTS[name].roadmap.items.values()))
    assert f"item {first.number} is not there yet" in run.stdout, run.stdout + run.stderr
    assert f"  [ ] {first.number} {first.text}: core 0/" in run.stdout
    assert f"Next: {first.number} {first.text}" in run.stdout
    assert f"hint: {first.idea}" in run.stdout
    assert "[x]" not in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
