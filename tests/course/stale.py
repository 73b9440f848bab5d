"""An old database beside the code: with it, an app fails that is right in itself."""

import re
from pathlib import Path
from typing import Any

import httpx2

from tests.course.failures import AppError
from tests.course.isolation import start_app
from tests.course.processes import plain_environment
from tests.course.sandbox import Source, copy_source, find_databases
from tests.course.target import IsolatedApp, settings
from tests.course.transport import client_for
from tests.course.visitor import new_link, new_user

# What SQLite says when the tables are not those of the code.
OUTDATED = re.compile(r"no such column|no such table|has no column|NOT NULL constraint failed")


def find_stale_database(app: IsolatedApp, folder: Path) -> str | None:
    """Use the app as its author does, on a copy of its own database; say if that is out of date."""
    files = [file for file in find_databases(app.source) if file.stat().st_size]
    if not files or has_database_elsewhere(app.source):
        return None
    code = folder / "copy"
    copy_source(app.source, code, databases=True)
    environment = plain_environment() | settings(Path("unused"))
    del environment["DATABASE_URL"]
    complaint = None
    try:
        with start_app(
            app.name, folder / "copy", environment=environment, limits=app.limits
        ) as own:
            complaint = use(client_for(own))
    except AppError as error:
        complaint = error.message
    if complaint is None or not OUTDATED.search(complaint):
        return None
    names = " or ".join(file.relative_to(app.source.root).as_posix() for file in files)
    return (
        f"Your code is newer than your own database, {names}: there, the app crashes\n"
        f"({complaint}).\n"
        "create_all makes tables that are missing and alters none: stop the server, delete the "
        "file and start again."
    )


def has_database_elsewhere(source: Source) -> bool:
    """Tell whether the settings name a database that is not beside the code."""
    file = source.root / ".env"
    return file.is_file() and "DATABASE_URL" in file.read_text("utf-8", "replace")


def use(client: httpx2.Client) -> str | None:
    """Do what a visitor does; return what a request crashed with for lack of a column or table."""
    user, complaints = new_user(), []
    form = {"username": user["username"], "password": user["password"]}
    with client:
        _, complaint = send(client, "POST", "/auth/register", json=user)
        token, other = send(client, "POST", "/auth/token", data=form)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        complaints += [complaint, other]
        for method, options in (("POST", {"json": new_link()}), ("GET", {})):
            complaints.append(send(client, method, "/links", headers=headers, **options)[1])
    return next((text for text in complaints if OUTDATED.search(text)), None)


def send(client: httpx2.Client, method: str, path: str, **options: Any) -> tuple[str, str]:
    """Send a request; return the token in the answer, and what the app crashed with."""
    try:
        answer = client.request(method, path, **options).json()
    except AppError as error:
        return "", error.message
    except ValueError:
        return "", ""
    return str(answer.get("access_token", "")) if isinstance(answer, dict) else "", ""
