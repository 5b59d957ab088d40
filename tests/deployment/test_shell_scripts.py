"""Every shell script, by ShellCheck."""

from __future__ import annotations

import subprocess

import pytest
from tests.deployment.paths import ROOT, SCRIPTS, SETUP

SHELL_SCRIPTS = [SETUP, ROOT / ".ci" / "run"] + sorted(
    path
    for path in (ROOT / "scripts").iterdir()
    if path.is_file() and path.read_bytes().startswith(b"#!/usr/bin/env bash")
)


@pytest.mark.parametrize("script", SHELL_SCRIPTS, ids=lambda path: path.name)
def test_linter_has_nothing_to_say(script: str) -> None:
    done = subprocess.run([SCRIPTS / "shellcheck", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
