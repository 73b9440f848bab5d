"""Synchronous engines: they cannot use the driver that DATABASE_URL names, and need not."""

import os
import sys
from pathlib import Path
from typing import Any

DRIVER = "+aiosqlite"


def names_driver(folder: Path) -> bool:
    """Tell whether the code that has been imported from a folder names the driver itself."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    own = (Path(file) for file in files if file and Path(file).is_relative_to(folder))
    return any(DRIVER in file.read_text("utf-8", "replace") for file in own)


def serve_plain_engines(folder: Path) -> None:
    """Give a synchronous engine the address of the same file without the driver.

    Whoever asks for that driver by name, and for no async engine, is as wrong as without the tests.
    """
    # In the process of the app: the libraries are loaded while others already wait for it.
    import sqlalchemy.ext.asyncio  # has the real function for itself before it is replaced
    import sqlmodel

    real, offered = sqlalchemy.create_engine, os.environ.get("DATABASE_URL", "")

    def create_engine(url: Any, **options: Any) -> sqlalchemy.Engine:
        is_async = options.get("_is_async", False)
        if str(url) == offered and not is_async and not names_driver(folder):
            url = offered.replace(DRIVER, "")
        return real(url, **options)

    for module in (sqlalchemy, sqlalchemy.engine, sqlmodel):
        vars(module)["create_engine"] = create_engine
