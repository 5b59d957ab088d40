"""How much memory an engine's process holds."""

from __future__ import annotations

import os
from pathlib import Path

from jobai_server.engines.platform import is_cpu


def used_memory(process_id: int) -> int | None:
    """Bytes: of all GPUs where engines run on them, of the machine elsewhere; None where that cannot be told."""
    return _resident(process_id) if is_cpu() else _on_gpus(process_id)


def _resident(process_id: int) -> int | None:
    try:
        pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _on_gpus(process_id: int) -> int | None:
    """What the driver says of an engine's session: on several GPUs the memory is held by the engine's children.

    It tells nothing about processes of another PID namespace.
    """
    try:
        import pynvml

        pynvml.nvmlInit()
        processes = [
            process
            for number in range(pynvml.nvmlDeviceGetCount())
            for process in pynvml.nvmlDeviceGetComputeRunningProcesses(pynvml.nvmlDeviceGetHandleByIndex(number))
        ]
    except Exception:  # no driver, no library, or one that knows no such figure
        return None
    used = [process.usedGpuMemory for process in processes if _session(process.pid) == process_id]
    return sum(used) if used and None not in used else None


def _session(process_id: int) -> int | None:
    """The process that leads its session, as every engine does; None where it cannot be told."""
    try:
        return os.getsid(process_id)
    except (ProcessLookupError, PermissionError):  # it has ended, or is none of ours
        return None
