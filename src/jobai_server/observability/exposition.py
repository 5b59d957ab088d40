"""Everything that was counted, in Prometheus's text format."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from jobai_server.observability.gauges import GaugeCollector, Reading

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
TRIES = 5


def exposition(readings: Callable[[], Iterable[Reading]]) -> bytes:
    """Takes some milliseconds, so not in an event loop.

    Args:
        readings: Gives the gauges that are read off the state.
    """
    registry = CollectorRegistry()
    registry.register(GaugeCollector(readings))
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY) + generate_latest(registry)
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    for _ in range(TRIES - 1):
        # The gauges of a process that ended may go between the look into the folder and into the file.
        with contextlib.suppress(FileNotFoundError):
            return generate_latest(registry)
    return generate_latest(registry)
