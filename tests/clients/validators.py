"""Programs that read the documentation and look for mistakes."""

import json
from collections.abc import Mapping
from pathlib import Path

from openapi_spec_validator import validate

from tests.clients.tools import HERE, has_npm, node_tool, run


def check(servers: Mapping[str, str], folder: Path) -> None:
    """Let each validator read each document; warnings are printed, errors fail."""
    for name in servers:
        document = folder / f"{name}.json"
        validate(json.loads(document.read_text("utf-8")))
        print(f"openapi-spec-validator: {name} is valid")
        if not has_npm():
            print("redocly, spectral: left out, for there is no npm")
            continue
        redocly = node_tool(folder, "redocly")
        run(redocly, "lint", document, "--config", HERE / "redocly.yaml", folder=folder)
        print(f"redocly: {name} has no errors")
        spectral = node_tool(folder, "spectral")
        options = ("--fail-severity", "error", "--ruleset", HERE / "spectral.yaml")
        run(spectral, "lint", *options, document, folder=folder)
        print(f"spectral: {name} has no errors")
