"""Let validators read the documentation, and clients that are generated from it use the app.

python -m tests.clients              everything; takes a minute
python -m tests.clients validators   openapi-spec-validator, redocly, spectral on level 5 and final
python -m tests.clients python       a client by openapi-python-client
python -m tests.clients typescript   a client by @hey-api/openapi-ts

What needs npm is left out, with a word, where there is none.
"""

import shutil
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp

import httpx2

from tests.clients import python_client, typescript_client, validators
from tests.clients.tools import CheckError, install_node_tools
from tests.course.levels import LEVELS, app_of
from tests.course.target import FINAL
from tests.support.commands import serve

Check = Callable[[dict[str, str], Path], None]
CHECKS: dict[str, Check] = {
    "validators": validators.check,
    "python": python_client.check,
    "typescript": typescript_client.check,
}


def main(names: list[str]) -> int:
    """Run the checks of these names, or all; return the exit code."""
    folder = Path(mkdtemp(prefix="clients"))
    failed = False
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        servers = {}
        for app in (app_of(LEVELS[-1]), FINAL):
            name = app.partition(".")[0]
            (folder / name).mkdir()
            servers[name] = stack.enter_context(serve(app, folder / name))
            document = folder / f"{name}.json"
            document.write_text(httpx2.get(f"{servers[name]}/openapi.json").text, "utf-8")
        install_node_tools(folder)
        for name in names or CHECKS:
            try:
                CHECKS[name](servers, folder)
            except CheckError as failure:
                failed = True
                print(f"{name}: {failure}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
