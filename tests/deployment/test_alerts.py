"""Every alert fires where it should and is quiet where it should not, by Prometheus's own test of rules."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.deployment.paths import ROOT

CASES = Path(__file__).parent / "alert_cases.yml"
PROMTOOL = shutil.which("promtool")


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian's package prometheus)")
def test_alerts_fire_when_they_should() -> None:
    assert PROMTOOL
    done = subprocess.run([PROMTOOL, "test", "rules", CASES], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_is_quiet() -> None:
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]
    cases = [one["alert_rule_test"][0] for one in yaml.safe_load(CASES.read_text())["tests"]]
    fires = {one["alertname"] for one in cases if one["exp_alerts"]}
    quiet = {one["alertname"] for one in cases if not one["exp_alerts"]}
    assert fires == quiet == {rule["alert"] for rule in rules}
