"""What the metrics read off a web worker's state."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from typing import get_args

from jobai_server.engines.catalog import EngineState
from jobai_server.engines.process_memory import used_memory
from jobai_server.observability import gauges
from jobai_server.observability.gauges import Reading
from jobai_server.web.state import WebState


def readings(state: WebState) -> Iterator[Reading]:
    """Every gauge, now."""
    yield Reading(gauges.UPTIME, (), time.time() - state.started)
    with contextlib.suppress(OSError):
        yield Reading(gauges.DISK_FREE, (), shutil.disk_usage(state.settings.data_directory).free)
    for name, entry in state.catalog.entries.items():
        for one in get_args(EngineState):
            yield Reading(gauges.ENGINE_STATE, (name, one), float(entry.status.state == one))
        yield Reading(gauges.ENGINE_RESTARTS, (name,), entry.status.restarts)
        if entry.status.planned_memory is not None:
            yield Reading(gauges.ENGINE_MEMORY, (name, "planned"), entry.status.planned_memory)
        queue = state.queues.of(name)
        length = queue.length()
        yield Reading(gauges.QUEUE_REQUESTS, (name, "waiting"), length.waiting)
        yield Reading(gauges.QUEUE_REQUESTS, (name, "running"), length.running)
        yield Reading(gauges.QUEUE_TOKENS, (name,), length.waiting_tokens)
        yield Reading(gauges.QUEUE_LIMIT, (name,), queue.limits.answers)
        process_id = entry.status.process_id
        used = used_memory(process_id) if process_id else 0
        if used is not None:
            yield Reading(gauges.ENGINE_MEMORY, (name, "used"), used)
