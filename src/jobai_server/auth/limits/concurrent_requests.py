"""How many requests each key has running, counted over all web workers of a machine."""

from __future__ import annotations

from pathlib import Path

from jobai_server.auth.limits.shared_table import SharedTable

CAPACITY = 4096


class ConcurrentRequests:
    """One counter per key and worker, so that what a dead worker had running can be forgotten.

    Args:
        path: A file that all workers of one server map into memory.
        worker: This worker's number, from 0; what a dead predecessor of that number had running is gone with it.
        workers: How many there are.
    """

    def __init__(self, path: Path, worker: int, workers: int) -> None:
        self._table = SharedTable(path, CAPACITY, workers)
        self._worker = worker
        self._workers = workers
        with self._table:
            for row in self._table.rows():
                if self._table.cells[row + worker]:
                    self._table.cells[row + worker] = 0

    def enter(self, key_id: str, limit: int) -> bool:
        """Count one more, unless that would be more than `limit` in all; whether it was counted."""
        with self._table:
            row = self._table.take(key_id, self._running)
            if self._running(row) >= limit:
                return False
            self._table.cells[row + self._worker] += 1
            return True

    def leave(self, key_id: str) -> None:
        """One less; only after `enter`."""
        with self._table:
            row = self._table.find(key_id)
            if row is not None and self._table.cells[row + self._worker] > 0:
                self._table.cells[row + self._worker] -= 1

    def total(self, key_id: str) -> int:
        with self._table:
            row = self._table.find(key_id)
            return 0 if row is None else self._running(row)

    def close(self) -> None:
        self._table.close()

    def _running(self, row: int) -> int:
        return sum(self._table.cells[row : row + self._workers])
