"""Run a command."""

from final.cli import cli

cli()
