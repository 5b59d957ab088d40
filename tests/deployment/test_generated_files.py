"""What is written by programs is as they would write it now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.mark.parametrize("script", ["grafana/dashboards.py", "document_metrics.py"])
def test_is_up_to_date(script: str) -> None:
    done = subprocess.run([sys.executable, SCRIPTS / script, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
