"""What is read after a process has ended: what it counted, and not how it was."""

from __future__ import annotations

import glob
import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from jobai_server.observability.dead_process import forget_gauges
from jobai_server.observability.exposition import exposition

MODULE = "tests.observability.counting_process"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    return tmp_path


def counted(value: float) -> int:
    """The id of a process that counted this and has ended."""
    command = [sys.executable, "-m", MODULE, str(value)]
    return int(subprocess.run(command, env=dict(os.environ), capture_output=True, check=True).stdout)


def read() -> dict[str, float]:
    text = exposition(list).decode()
    return {sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples}


def test_gauges_go_and_counts_stay(directory: Path) -> None:
    other, victim = counted(2), counted(7)
    before = read()
    assert (before["running"], before["age"]) == (7, 7)
    forget_gauges(directory, victim)
    after = read()
    assert (after["running"], after["age"]) == (2, 2)
    assert (after["requests_total"], after["seconds_count"], after["seconds_sum"]) == (9, 2, 9)
    forget_gauges(directory, other)
    assert not {"running", "age"} & read().keys()


def test_another_process_whose_id_ends_alike_keeps_its_gauges(directory: Path) -> None:
    victim = counted(7)
    (directory / f"gauge_mostrecent_{victim}.db").rename(directory / f"gauge_mostrecent_1{victim}.db")
    forget_gauges(directory, victim)
    assert read()["running"] == 7


def test_gauges_that_go_while_they_are_read_are_no_error(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = counted(7)
    listed = glob.glob

    def list_and_forget(pattern: str) -> list[str]:
        files = listed(pattern)
        forget_gauges(directory, victim)
        return files

    monkeypatch.setattr(glob, "glob", list_and_forget)  # what prometheus_client looks into the folder with
    assert read()["requests_total"] == 7
