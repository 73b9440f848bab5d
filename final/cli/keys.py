"""Commands about the key that signs tokens."""

import os
import secrets
from pathlib import Path

import typer

from final.core.config import Settings, load_settings
from final.core.tokens import read_or_create_key

# How many keys a file keeps: of the older ones every token has expired, unless one rotates daily.
KEPT = 8


def rotate_key() -> None:
    """Sign with a new key from now on; tokens of the old one stay good until they expire."""
    settings = load_settings()
    new = secrets.token_hex(64)
    if settings.jwt_secret_key is None:
        add_key(settings.jwt_key_file, new)
        typer.echo("There is a new key; restart the app.")
    else:
        show_keys(settings, [new, settings.jwt_secret_key.get_secret_value()])


def show_keys(settings: Settings, keys: list[str]) -> None:
    """Say what to set where keys are kept in the environment."""
    typer.echo("# Set these and restart. Drop the previous key once every token of it has expired,")
    typer.echo(f"# in {settings.refresh_token_expire_days} days. Now and then: this shows secrets.")
    previous = [*keys[1:], *(key.get_secret_value() for key in settings.jwt_secret_key_previous)]
    typer.echo(f"JWT_SECRET_KEY={keys[0]}")
    typer.echo(f"JWT_SECRET_KEY_PREVIOUS={','.join(previous)}")


def add_key(file: Path, new: str) -> None:
    """Put a key before those of a file, which is whole at every moment."""
    keys = [new, *read_or_create_key(file).split()]
    draft = file.with_name(f"{file.name}.{new[:8]}")
    draft.touch(0o600)
    draft.write_text("\n".join(keys[:KEPT]))
    os.replace(draft, file)
