"""The roadmap in another language."""

from pathlib import Path

import pytest

from tests.course.languages import read_toml
from tests.course.roadmap import FILE, load_roadmap
from tests.support.commands import run_pytest

TRANSLATIONS = sorted(FILE.parent.glob("roadmap.*.toml"))


@pytest.mark.parametrize("file", TRANSLATIONS, ids=lambda file: file.name)
def test_a_translation_has_the_same_items_and_contracts_of_the_same_length(file: Path) -> None:
    english, translated = (load_roadmap(FILE, name) for name in ("", file.suffixes[0].strip(".")))
    assert translated.items.keys() == english.items.keys()
    for number, item in english.items.items():
        assert len(translated.items[number].contract) == len(item.contract)
        assert (translated.items[number].routes, translated.items[number].look_at) == (
            item.routes,
            item.look_at,
        )
    assert translated != english


def test_what_is_not_translated_stays(tmp_path: Path) -> None:
    (tmp_path / "texts.toml").write_text('[a]\none = "one"\ntwo = "two"\n', "utf-8")
    (tmp_path / "texts.de.toml").write_text('[a]\ntwo = "zwei"\n', "utf-8")
    assert read_toml(tmp_path / "texts.toml", "de") == {"a": {"one": "one", "two": "zwei"}}
    assert read_toml(tmp_path / "texts.toml", "fr") == {"a": {"one": "one", "two": "two"}}


def test_the_checklist_speaks_the_language_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LINKHUB_LANG", "de")
    suite = "tests/test_level1_basics.py"
    output = run_pytest(suite, "--app", "level1_basics.main:app", "-k", "HealthCheck").stdout
    assert load_roadmap(FILE, "de").items["1.2"].text in output
