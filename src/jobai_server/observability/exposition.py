"""Everything that was counted, in Prometheus's text format."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from jobai_server.observability.gauges import GaugeCollector, Reading

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(readings: Callable[[], Iterable[Reading]]) -> bytes:
    """Takes some milliseconds, so not in an event loop.

    Args:
        readings: Gives the gauges that are read off the state.
    """
    registry = CollectorRegistry()
    registry.register(GaugeCollector(readings))
    own = b"" if "PROMETHEUS_MULTIPROC_DIR" in os.environ else generate_latest(REGISTRY)
    if not own:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return own + generate_latest(registry)
