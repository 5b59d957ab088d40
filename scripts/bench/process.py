"""Processes of this machine, as the kernel shows them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path


def descendants(parent: int) -> list[int]:
    """All living processes below this one."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # PID (NAME) STATE PARENT …, and the name may hold anything.
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = {parent}
    while more := {child for child, above in parents.items() if above in found} - found:
        found |= more
    return sorted(found - {parent})


def command_line(process: int) -> str:
    """Empty where the process is gone."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def confine(processes: Iterable[int], core: int) -> None:
    """Let all threads of these processes, and what they start from now on, run on this core only."""
    for process in processes:
        for thread in Path(f"/proc/{process}/task").glob("[0-9]*"):
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(int(thread.name), {core})


def kill(processes: Iterable[int]) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def cpu_seconds(processes: Iterable[int]) -> float:
    """User and system time of all threads, living and ended; the kernel's per-process CPU clocks count nanoseconds
    where /proc/PID/stat counts hundredths of a second."""
    return sum(time.clock_gettime((~process << 3) | 2) for process in processes)
