"""Run one of the programs: `python -m tests.benchmarks scale --help`."""

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent
SHARED = ("__init__", "__main__", "side_by_side")
FILES = {path.stem for path in HERE.glob("*.py")}.difference(SHARED)
PROGRAMS = sorted(FILES | {path.parent.name for path in HERE.glob("*/__main__.py")})


def main() -> None:
    """Run the program that the command line names."""
    if len(sys.argv) < 2 or sys.argv[1] not in PROGRAMS:
        raise SystemExit(f"name one of these: {', '.join(PROGRAMS)}")
    del sys.argv[0]
    runpy.run_module(f"tests.benchmarks.{sys.argv[0]}", run_name="__main__")


if __name__ == "__main__":
    main()
