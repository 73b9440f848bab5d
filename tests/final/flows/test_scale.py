"""The program that measures how answers slow down as data grows asks everything there is to ask."""

from contextlib import nullcontext

import pytest

from tests.benchmarks.scale import __main__ as scale
from tests.benchmarks.scale.questions import questions
from tests.support.stores import Postgres

TINY = ["--few", "200", "--rows", "200", "--asked", "1"]


def test_every_question_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    tables = scale.main(["--database", "sqlite", *TINY])
    assert tables["sqlite"].keys() == questions(200).keys()
    assert "own, first page" in capsys.readouterr().out


def test_what_is_slow_is_explained(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scale, "postgresql", lambda _: nullcontext(postgres.url))
    monkeypatch.setattr(scale, "LIMIT", 0)  # nothing is fast enough
    scale.main(["--database", "postgresql", "--only", "own, first", *TINY])
    assert "Index" in capsys.readouterr().out.partition("\nown, first page: ")[2]
