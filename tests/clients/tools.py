"""Programs of others: run, and heard out when they complain."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


class CheckError(Exception):
    """A program or a client that was not content."""


def run(*command: str | Path, folder: Path) -> str:
    """Run a program in a folder; return what it printed, or raise `CheckError` with it."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CheckError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def install_python_tools(folder: Path) -> Path:
    """Install what `requirements.txt` pins, in an environment of its own; return its programs."""
    run(sys.executable, "-m", "venv", "tools", folder=folder)
    programs = folder / "tools" / ("Scripts" if os.name == "nt" else "bin")
    run(programs / "pip", "install", "--requirement", HERE / "requirements.txt", folder=folder)
    return programs


def install_node_tools(folder: Path) -> None:
    """Install what `package.json` pins, where there is npm."""
    if has_npm():
        shutil.copy(HERE / "package.json", folder)
        run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", folder=folder)


def has_npm() -> bool:
    """Tell whether programs for Node.js can be run."""
    return shutil.which("npm") is not None


def node_tool(folder: Path, name: str) -> Path:
    """Return an installed program."""
    return folder / "node_modules" / ".bin" / name


def ensure(fact: object, what: str) -> None:
    """Raise `CheckError` unless something is as it should be."""
    if not fact:
        raise CheckError(what)
