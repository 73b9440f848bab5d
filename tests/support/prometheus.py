"""A real Prometheus that reads what an app tells."""

import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import yaml

from tests.support.ports import free_port
from tests.support.programs import ROOT
from tests.support.server import wait_for

FOLDER = ROOT / "final" / "deploy" / "prometheus"
PROGRAM = shutil.which("prometheus") or ""


class Prometheus:
    """A server that can be asked."""

    def __init__(self, client: httpx.Client) -> None:
        """Take a client of it."""
        self.client = client

    def is_ready(self) -> bool:
        """Tell whether it answers yet."""
        try:
            return self.client.get("/-/ready").is_success
        except httpx.TransportError:
            return False

    def ask(self, question: str) -> list[float]:
        """Return the numbers that a query finds; what is no number does not count."""
        answer = self.client.get("/api/v1/query", params={"query": question}).json()
        assert answer["status"] == "success", answer
        found = (float(series["value"][1]) for series in answer["data"]["result"])
        return [value for value in found if not math.isnan(value)]

    def rules(self) -> list[dict[str, Any]]:
        """Return the alerts, each with what became of it."""
        groups = self.client.get("/api/v1/rules").json()["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]


@contextmanager
def prometheus_running(target: str) -> Iterator[Prometheus]:
    """Run a Prometheus with our configuration, but for whom it asks and how often."""
    configuration = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    configuration["global"] = {"scrape_interval": "200ms", "evaluation_interval": "200ms"}
    (job,) = configuration["scrape_configs"]
    del job["dns_sd_configs"]
    job["static_configs"] = [{"targets": [target]}]
    configuration["rule_files"] = [str(FOLDER / name) for name in configuration["rule_files"]]
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "prometheus.yml")
        file.write_text(json.dumps(configuration))
        options = [f"--config.file={file}", f"--storage.tsdb.path={folder}/data"]
        program = subprocess.Popen(
            [PROGRAM, *options, f"--web.listen-address=127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
                prometheus = Prometheus(client)
                wait_for(prometheus.is_ready)
                yield prometheus
        finally:
            program.terminate()
            program.wait(20)
