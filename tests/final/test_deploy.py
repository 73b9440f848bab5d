"""What installations are made of: exact versions, Kubernetes, alerts."""

import re
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from final.core.config import Settings
from tests.support.programs import ROOT

DEPLOY = ROOT / "final" / "deploy"
MANIFESTS = sorted(DEPLOY.glob("kubernetes/[!k]*.yaml"))
PROMTOOL = shutil.which("promtool") or ""


def pins(text: str) -> dict[str, str]:
    """Return the versions of the packages of a requirements file."""
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([\w.]+)", text, re.MULTILINE))


class TestLock:
    wanted = re.sub(
        r"(?ms)^# Tests of the levels.*?^$", "", (ROOT / "requirements.txt").read_text()
    )
    lock = (ROOT / "final" / "requirements.lock").read_text()

    def test_holds_what_is_required_and_no_tests(self) -> None:
        locked = pins(self.lock)
        assert pins(self.wanted).items() <= locked.items()
        assert "pytest" not in locked

    def test_has_a_hash_for_every_package(self) -> None:
        packages = re.split(r"(?m)^(?=[a-z0-9])", self.lock)[1:]
        assert [name for name in packages if "--hash=sha256:" not in name] == []


class TestKubernetes:
    @pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.stem)
    def test_every_manifest_is_as_its_specification_says(self, file: Path) -> None:
        for document in yaml.safe_load_all(file.read_text()):
            kubernetes_validate.validate(document, "1.33", strict=True)

    def test_every_manifest_is_applied(self) -> None:
        kustomization = yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text())
        assert sorted(kustomization["resources"]) == [file.name for file in MANIFESTS]

    def test_every_setting_is_one(self) -> None:
        config = yaml.safe_load((DEPLOY / "kubernetes/config.yaml").read_text())
        known = {name.upper() for name in Settings.model_fields} | {"WEB_CONCURRENCY"}
        assert config["data"].keys() <= known


@pytest.mark.skipif(not PROMTOOL, reason="promtool is not installed")
def test_prometheus_accepts_the_alerts() -> None:
    command = [PROMTOOL, "check", "rules", str(DEPLOY / "prometheus/alerts.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
