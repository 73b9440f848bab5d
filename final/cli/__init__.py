"""The command line: `python -m final.cli`."""

import typer

from final.cli import accounts, check, database, keys, maintenance

COMMANDS = (
    accounts.create_admin,
    accounts.reset_password,
    accounts.unlock,
    accounts.deactivate,
    accounts.purge_user,
    keys.rotate_key,
    check.check,
    database.migrate,
    database.reindex,
    maintenance.prune,
    maintenance.backup,
    maintenance.restore,
    database.demo,
)

cli = typer.Typer(help="Manage a LinkHub installation.", no_args_is_help=True)

for command in COMMANDS:
    cli.command()(command)
