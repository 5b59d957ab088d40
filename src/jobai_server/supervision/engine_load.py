"""Whether anybody has work for an engine, as the table says that all web workers share."""

from __future__ import annotations

from pathlib import Path

from jobai_server.engines.queue_table import QueueTable


class EngineLoad:
    """Of one engine.

    Args:
        path: The table's file; the web workers make it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._table: QueueTable | None = None

    def busy(self) -> bool:
        """Whether a request waits or runs there."""
        if self._table is None:
            self._table = QueueTable.existing(self._path)
        return bool(self._table.live().size)
