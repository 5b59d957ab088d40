"""A Node.js project with the official JavaScript client, its dependencies installed as locked."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent / "node"

needs_node = pytest.mark.skipif(
    not (shutil.which("node") and shutil.which("npm")), reason="Node.js and npm are not installed"
)


def installed_project(folder: Path) -> Path:
    """A copy in the folder."""
    copy = folder / "node"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns("node_modules"))
    install = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    installed = subprocess.run(install, cwd=copy, capture_output=True, text=True, check=False, timeout=120)
    assert installed.returncode == 0, installed.stderr
    return copy
