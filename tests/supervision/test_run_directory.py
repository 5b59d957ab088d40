"""The folders of servers that were killed."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from jobai_server.supervision.run_directory import new_run_directory

MAKE = "from jobai_server.supervision.run_directory import new_run_directory; print(new_run_directory(), flush=True)"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_what_a_dead_server_left_is_removed_and_nothing_else(temporary: Path) -> None:
    (temporary / "jobai-notes").mkdir()
    dead = subprocess.run([sys.executable, "-c", MAKE], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    assert Path(dead).is_dir()
    with subprocess.Popen(
        [sys.executable, "-c", f"{MAKE}; input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        alive = running.stdout.readline().strip()
        assert not Path(dead).exists()
        mine = new_run_directory()
        assert Path(alive).is_dir()
        running.communicate("\n")
    assert {path.name for path in temporary.iterdir()} == {"jobai-notes", Path(alive).name, mine.name}


def test_who_removes_what_is_old_finds_the_folder_locked() -> None:
    descriptor = os.open(new_run_directory(), os.O_RDONLY)
    with pytest.raises(BlockingIOError):  # so systemd-tmpfiles asks
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)
