"""The command line: `python -m final.cli`."""

import typer

from final.cli import accounts, database

cli = typer.Typer(help="Manage a LinkHub installation.", no_args_is_help=True)

for command in (accounts.create_admin, database.migrate, database.reindex, database.demo):
    cli.command()(command)
