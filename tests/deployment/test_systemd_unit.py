"""The systemd unit, by systemd's own check."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.deployment.paths import UNIT

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    # Only whether the program is there cannot be checked: it is not installed on a machine that runs tests.
    unit = tmp_path / UNIT.name
    unit.write_text(re.sub(r"^(ExecStart\w*=[-+]*)/\S+", r"\1/bin/true", UNIT.read_text(), flags=re.MULTILINE))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert ours == []
    assert done.returncode == 0, done.stderr


def test_programs_that_engines_run_are_found() -> None:
    text = UNIT.read_text()
    [program] = re.findall(r"^ExecStart=(\S+)", text, re.MULTILINE)
    [path] = re.findall(r"^Environment=PATH=(\S+)", text, re.MULTILINE)
    assert path.split(":")[0] == str(Path(program).parent)


def test_it_is_well_sandboxed() -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=30", "--no-pager", UNIT],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-500:]
