"""What a process that has ended leaves among the metrics."""

from __future__ import annotations

from pathlib import Path


def forget_gauges(directory: Path, process_id: int) -> None:
    """Its gauges say how something is, and it is no more; what it counted stays.

    Not `prometheus_client.multiprocess.mark_process_dead`, which leaves the gauges that say what was set last. vLLM's
    are of that kind, and would show a worker's last requests as running until another one's engine says otherwise.

    Args:
        directory: PROMETHEUS_MULTIPROC_DIR.
    """
    for file in directory.glob(f"gauge_*_{process_id}.db"):
        file.unlink(missing_ok=True)
