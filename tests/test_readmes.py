"""What the READMEs show is what happens: their commands run, their answers come."""

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.course.contracts import table
from tests.course.levels import LEVELS, number_of
from tests.stages import cli
from tests.support.commands import ROOT, run_pytest, serve, without_lower
from tests.support.programs import uvicorn_command
from tests.support.readmes import blocks, check, needs_shell, pairs

NAMES = [level.name for level in LEVELS]
# Every README of a level, in every language.
READMES = [readme for level in LEVELS for readme in sorted(level.glob("README*.md"))]
TRANSLATIONS = [readme for readme in READMES if readme.name != "README.md"]
in_every_language = pytest.mark.parametrize(
    "readme", READMES, ids=lambda r: f"{r.parent.name}/{r.name}"
)


def language_of(readme: Path) -> str:
    """Return the language in the name of a README; none is English."""
    return readme.suffixes[0].strip(".") if len(readme.suffixes) > 1 else ""


@pytest.mark.parametrize("readme", TRANSLATIONS, ids=lambda readme: readme.parent.name)
def test_a_translation_shows_the_same_listings(readme: Path) -> None:
    """So what follows runs those of one language for all."""
    english = readme.with_name("README.md").read_text("utf-8")
    assert blocks(readme.read_text("utf-8")) == blocks(english)
    assert f"]({readme.name})" in english


@needs_shell
@pytest.mark.parametrize("name", [*NAMES, "final"])
def test_the_curl_examples_give_the_answers_shown(name: str, tmp_path: Path) -> None:
    examples = pairs((ROOT / name / "README.md").read_text("utf-8"))
    assert examples
    with serve(f"{name}.main:app", tmp_path, uvicorn_command) as url:
        check(examples, url, tmp_path / "outbox")


@pytest.mark.parametrize("name", NAMES)
def test_breaking_a_level_on_purpose_gives_the_failure_shown(name: str, tmp_path: Path) -> None:
    listings = blocks((ROOT / name / "README.md").read_text("utf-8"))
    change = next(block.text for block in listings if block.language == "diff")
    failure = next(block.text for block in listings if block.language == "text")
    assert f"cp -r {name} my_linkhub" in (ROOT / name / "README.md").read_text("utf-8")
    file, old, new = re.fullmatch(r"(.*)\n-(.*)\n\+(.*)\n", change).groups()  # type: ignore[union-attr]
    copy = shutil.copytree(ROOT / name, tmp_path / "broken") / file
    assert old in copy.read_text("utf-8")
    copy.write_text(copy.read_text("utf-8").replace(old, new), "utf-8")
    options = ["--app", "broken.main:app", "--maxfail=12", *without_lower(f"test_{name}.py")]
    run = run_pytest(f"tests/test_{name}.py", *options, pythonpath=tmp_path)
    pattern = re.escape(failure.rstrip()).replace(re.escape("..."), ".*")
    assert re.search(pattern, run.stdout), run.stdout


@pytest.mark.parametrize("name", NAMES[2:])
def test_the_test_of_ones_own_passes(name: str, tmp_path: Path) -> None:
    listings = blocks((ROOT / name / "README.md").read_text("utf-8"))
    text = next(block.text for block in listings if block.language == "python")
    (tmp_path / "test_mine.py").write_text(text.replace("my_linkhub", name), "utf-8")
    run = run_pytest(str(tmp_path / "test_mine.py"), f"--rootdir={tmp_path}")
    assert re.search(r"^\d passed", run.stdout, re.M), run.stdout


WORDS = ROOT / "level1_basics" / "GLOSSARY.md"


def anchors() -> dict[str, str]:
    """Return what the glossary says about each word, by the anchor of its heading."""
    sections = WORDS.read_text("utf-8").split("\n## ")[1:]
    headings = [section.partition("\n") for section in sections]
    return {heading.lower().replace(" ", "-"): text for heading, _, text in headings}


@pytest.mark.parametrize("word", anchors())
def test_a_word_of_the_glossary_shows_a_place_in_our_code(word: str) -> None:
    text = anchors()[word]
    file = re.search(r"\]\((\S+\.py)\)", text)
    assert file, "no link to our code"
    code = (WORDS.parent / file[1]).read_text("utf-8")
    shown = re.findall(r"`(\w+(?:\.\w+)?)`", text.partition(f"]({file[1]})")[0])
    assert any(symbol.rpartition(".")[2] in code for symbol in shown) or "main.py" in file[1]


def test_the_readmes_link_to_words_that_the_glossary_has() -> None:
    texts = [(ROOT / name / "README.md").read_text("utf-8") for name in NAMES]
    linked = [re.findall(r"GLOSSARY\.md#([\w-]+)", text) for text in texts]
    assert set().union(*linked) <= set(anchors())
    assert len(set().union(*linked)) > 20


@in_every_language
def test_the_commands_of_a_level_are_right(readme: Path) -> None:
    name = readme.parent.name
    commands = [block.text.strip() for block in blocks(readme.read_text("utf-8"))]
    assert f"uvicorn {name}.main:app --reload" in commands
    assert f"pytest tests/test_{name}.py" in commands
    assert f"pytest tests/test_{name}.py --app my_linkhub.main:app" in commands
    number = number_of(readme.parent)
    is_first = readme.parent == LEVELS[0]
    assert is_first or f"python -m tests.stages {number - 1} {number}" in commands


def test_the_table_has_the_commands_of_every_level() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in NAMES:
        assert f"`uvicorn {name}.main:app --reload` | `pytest tests/test_{name}.py`" in readme


@pytest.mark.parametrize("readme", [ROOT / "README.md", *READMES], ids=str)
def test_every_pytest_command_finds_its_tests(readme: Path) -> None:
    files = re.findall(r"pytest (tests/\S+\.py)", readme.read_text("utf-8"))
    assert files
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_every_stages_command_runs() -> None:
    texts = [readme.read_text("utf-8") for readme in (ROOT / "README.md", *READMES)]
    commands = re.findall(r"python -m tests\.stages((?: \d+)*)", "".join(texts))
    for arguments in set(commands):
        assert CliRunner().invoke(cli, arguments.split()).exit_code == 0


@pytest.mark.parametrize(
    "readme", [ROOT / "README.md", ROOT / "final" / "README.md", *READMES], ids=str
)
def test_every_link_leads_somewhere(readme: Path) -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)", readme.read_text("utf-8"))
    assert [target for target in targets if not (readme.parent / target).exists()] == []


@in_every_language
def test_a_level_shows_what_its_suite_asks(readme: Path) -> None:
    number, language = str(number_of(readme.parent)), language_of(readme)
    _, *rows = table(number, language)
    assert "\n".join(rows) in readme.read_text("utf-8"), (
        f"print it with: LINKHUB_LANG={language} python -m tests.course.contracts {number}"
    )


@in_every_language
def test_every_name_in_a_readme_is_in_the_code(readme: Path) -> None:
    level = readme.parent
    code = "".join(file.read_text("utf-8") for file in level.glob("*.py"))
    mentioned = re.findall(r"`([a-z]+\.py)`: `([\w.]+)`", readme.read_text("utf-8"))
    assert mentioned
    for file, symbol in mentioned:
        assert (level / file).exists()
        assert symbol.rpartition(".")[2] in code, f"{file} has no {symbol}"
