"""The proxy of the installation, with its Caddyfile, in front of replicas on this machine."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2 as httpx

from tests.support.ports import free_port
from tests.support.programs import ROOT
from tests.support.server import wait_for

CADDYFILE = ROOT / "final" / "Caddyfile"
CADDY = shutil.which("caddy") or ""
HOSTS = ["127.0.0.1", "127.0.0.2"]


@contextmanager
def proxy(folder: Path, replicas: int) -> Iterator[int]:
    """Run Caddy with the installation's file, but other addresses; yield its port."""
    port = free_port()
    text = CADDYFILE.read_text()
    for old, new in {
        "{$SITE_ADDRESS::80} {": f":{port} {{",
        "app1:8000 app2:8000": " ".join(f"{host}:{replicas}" for host in HOSTS),
    }.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    file = folder / "Caddyfile"
    file.write_text("{\nadmin off\n}\n" + text)
    command = [CADDY, "run", "--config", str(file), "--adapter", "caddyfile"]
    home = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with subprocess.Popen(command, env=home, stderr=subprocess.DEVNULL) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
                wait_for(lambda: answers(client))
            yield port
        finally:
            process.terminate()


def answers(client: httpx.Client) -> bool:
    """Tell whether the proxy has found a replica."""
    with suppress(httpx.TransportError):
        return client.get("/health").status_code == 200
    return False
