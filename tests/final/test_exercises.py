"""The exercises of the tour are still to be done: no check passes as things are.

That the solutions pass is seen by `tests/test_tour.py`, in a copy.
"""

from importlib import import_module
from pathlib import Path

import pytest

CHECKS = Path(__file__).parent.glob("exercises/step*.py")
TO_BE_DONE = pytest.mark.xfail(strict=True, reason="an exercise")

for step in sorted(file.stem for file in CHECKS):
    for name, check in vars(import_module(f"tests.final.exercises.{step}")).items():
        if name.startswith("test_"):
            globals()[f"{name}_in_{step}"] = TO_BE_DONE(check)
