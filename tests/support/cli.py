"""A short way to run a command."""

from typer.testing import CliRunner, Result

from final.cli import cli


def run(*arguments: str, typed: str | None = None) -> Result:
    """Run a command."""
    return CliRunner().invoke(cli, arguments, input=typed)
