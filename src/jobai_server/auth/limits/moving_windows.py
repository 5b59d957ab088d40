"""Moving windows in shared memory: a storage for `limits`, and so for slowapi, that all workers of a machine share."""

from __future__ import annotations

import time
from itertools import accumulate
from math import inf
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from limits.storage import Storage
from limits.storage.base import MovingWindowSupport

from jobai_server.auth.limits.shared_table import SharedTable

SCHEME = "shared-file"
PARTS = 60
"""A window moves on in this many steps. What was counted leaves it a step late at most and never early, so no stretch
of time as long as the window ever sees more than the limit."""
BUCKETS = PARTS + 1
CAPACITY = 16_384
# A row: the number of the newest step, the window in seconds, the sum, and what was counted in each of the last steps.
STEP, WINDOW, SUM, FIRST = 0, 1, 2, 3


class WindowReading(NamedTuple):
    """One window as it is now.

    Attributes:
        used: What is counted in it.
        empty_in: Seconds until nothing will be.
        fits_in: Seconds until the amount that was asked for will fit; 0 if it does, infinite if it never will.
    """

    used: int
    empty_in: float
    fits_in: float


class MovingWindowStorage(Storage, MovingWindowSupport):
    """Counts in steps of a sixtieth of the window, on the machine's monotonic clock, the same for all processes.

    Args:
        uri: `shared-file:///path/of/the/file`; options of the query are not understood.
    """

    STORAGE_SCHEME = [SCHEME]

    def __init__(self, uri: str, wrap_exceptions: bool = False, **_: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions)
        self._table = SharedTable(Path(unquote(urlsplit(uri).path)), CAPACITY, FIRST + BUCKETS)

    @property
    def base_exceptions(self) -> type[Exception]:
        return OSError

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        with self._table:
            row = self._current(key, expiry)
            if self._table.cells[row + SUM] + amount > limit:
                return False
            self._add(row, amount)
            return True

    def read(self, key: str, limit: int, expiry: int, amount: int = 0) -> WindowReading:
        """The window of a key, and when `amount` will fit under `limit`."""
        with self._table:
            row = self._table.find(key)
            if row is None:
                return WindowReading(0, 0.0, 0.0 if amount <= limit else inf)
            self._advance(row, expiry)
            newest = self._table.cells[row + STEP]
            buckets = self._table.cells[row + FIRST : row + FIRST + BUCKETS].tolist()
        turn = (newest + 1) % BUCKETS
        counts = buckets[turn:] + buckets[:turn]  # oldest first
        used = sum(counts)
        now, length = time.monotonic(), expiry / PARTS
        youngest = next((age for age in range(PARTS, -1, -1) if counts[age]), None)
        empty_in = 0.0 if youngest is None else (newest + 1 + youngest) * length - now
        excess = used + amount - limit
        if excess <= 0:
            return WindowReading(used, empty_in, 0.0)
        freed = next((age for age, sum_so_far in enumerate(accumulate(counts)) if sum_so_far >= excess), None)
        return WindowReading(used, empty_in, inf if freed is None else (newest + 1 + freed) * length - now)

    def give_back(self, key: str, expiry: int, amount: int, since: float) -> None:
        """Uncount what was counted at `since` (monotonic, seconds, read before it was) as far as it still counts."""
        first = _step(since, expiry)
        with self._table:
            row = self._table.find(key)
            if row is None:
                return
            self._advance(row, expiry)
            newest = self._table.cells[row + STEP]
            for step in (first, first + 1):  # the clock may have moved on between its reading and the count
                if newest - BUCKETS < step <= newest:
                    cell = row + FIRST + step % BUCKETS
                    given = min(amount, self._table.cells[cell])
                    self._table.cells[cell] -= given
                    self._table.cells[row + SUM] -= given
                    amount -= given

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        reading = self.read(key, 0, expiry, amount=1)
        oldest = 0.0 if reading.used == 0 else expiry - self.read(key, reading.used, expiry, amount=1).fits_in
        return time.time() - oldest, min(limit, reading.used)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        with self._table:
            row = self._current(key, expiry)
            self._add(row, amount)
            return self._table.cells[row + SUM]

    def get(self, key: str) -> int:
        with self._table:
            row = self._table.find(key)
            if row is None:
                return 0
            self._advance(row, self._table.cells[row + WINDOW])
            return self._table.cells[row + SUM]

    def get_expiry(self, key: str) -> float:
        with self._table:
            row = self._table.find(key)
            window = 0 if row is None else self._table.cells[row + WINDOW]
        return time.time() + (self.read(key, 0, window).empty_in if window else 0.0)

    def clear(self, key: str) -> None:
        with self._table:
            row = self._table.find(key)
            if row is not None:
                self._zero(row)

    def reset(self) -> int:
        with self._table:
            rows = [row for row in self._table.rows() if self._table.cells[row + WINDOW]]
            for row in rows:
                self._zero(row)
        return len(rows)

    def check(self) -> bool:
        return True

    def close(self) -> None:
        self._table.close()

    def _current(self, key: str, expiry: int) -> int:
        row = self._table.take(key, self._last_use)
        self._table.cells[row + WINDOW] = expiry
        self._advance(row, expiry)
        return row

    def _advance(self, row: int, expiry: int) -> None:
        """Move the row's window up to now: what has left it is forgotten."""
        cells, now = self._table.cells, _step(time.monotonic(), expiry)
        newest = cells[row + STEP]
        if newest == now:
            return
        for step in range(max(newest + 1, now - PARTS), now + 1):
            cells[row + FIRST + step % BUCKETS] = 0
        cells[row + STEP] = now
        # Added up anew, it cannot stay wrong for longer than a step when a process dies between two additions.
        cells[row + SUM] = sum(cells[row + FIRST : row + FIRST + BUCKETS])

    def _add(self, row: int, amount: int) -> None:
        cells = self._table.cells
        cells[row + FIRST + cells[row + STEP] % BUCKETS] += amount
        cells[row + SUM] += amount

    def _last_use(self, row: int) -> float:
        return self._table.cells[row + STEP] * self._table.cells[row + WINDOW] / PARTS

    def _zero(self, row: int) -> None:
        for cell in range(row + SUM, row + FIRST + BUCKETS):
            self._table.cells[cell] = 0


def _step(moment: float, expiry: int) -> int:
    return int(moment * PARTS / expiry)
