"""Notes every step in which an engine gave tokens, so that one that gives none is noticed."""

from __future__ import annotations

from typing import Any

from jobai_server.engines.queue_table import QueueTable


class ProgressNote:
    """A `StatLoggerBase` of vLLM: asked once a step and not once a token, and also while a client reads slowly."""

    def __init__(self, table: QueueTable) -> None:
        self._table = table

    def record(self, _: Any, iteration_stats: Any, *__: Any, **___: Any) -> None:
        if iteration_stats is not None:  # None is a step without output for this worker
            self._table.note_progress()

    def log_engine_initialized(self) -> None:
        pass

    def log(self) -> None:
        pass

    def record_sleep_state(self, is_awake: int, level: int) -> None:
        pass

    def record_admission_rejection(self, reason: str) -> None:
        pass
