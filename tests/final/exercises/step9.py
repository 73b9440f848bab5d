"""Step 9: the tests in `tests/final/test_mine.py` tell the right rule from wrong ones.

They ask for `fields.casefold` by the module, so that another rule can stand there.
"""

import unicodedata
from collections.abc import Callable

import pytest

from final.core import fields
from tests.support.commands import ROOT

MINE = str(ROOT / "tests" / "final" / "test_mine.py")
Rule = Callable[[str], str]
WRONG: dict[str, Rule] = {
    "as written": str,
    "lower alone": str.lower,
    "not normalized": str.casefold,
    "lower, normalized": lambda text: unicodedata.normalize("NFKC", text).lower(),
    "all names one": lambda text: "",
}


def outcome(rule: Rule) -> pytest.ExitCode | int:
    """Run the tests with a rule, silently."""
    plugins = [f"-pno:{name}" for name in ("cacheprovider", "terminal")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fields, "casefold", rule)
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        return pytest.main([MINE, "--noconftest", "--override-ini=addopts=", *plugins])


def test_your_tests_pass() -> None:
    assert outcome(fields.casefold) == pytest.ExitCode.OK


@pytest.mark.parametrize("says", WRONG)
def test_they_fail_with_a_rule_that_is_wrong(says: str) -> None:
    assert outcome(WRONG[says]) == pytest.ExitCode.TESTS_FAILED
