"""A table of integers that all processes of one machine share: a file mapped into memory, and a lock on it."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from types import TracebackType

CELL_BYTES = 8
NAME_CELLS = 2
PROBES = 16


class SharedTable:
    """Rows of `width` signed 64-bit integers, found by name.

    The capacity is fixed, and so is what a flood of names can cost: where the rows a name may take are all in use, it
    takes the one that is worth least. Use it under its lock: `with table: ...`. The kernel holds the lock for the open
    file, so that a process that dies leaves nothing locked.

    Args:
        path: The file; made when it is not there. Every process must ask for the same capacity and width.
        capacity: How many rows.
        width: Integers per row.

    Raises:
        OSError: There is no room for it.
    """

    def __init__(self, path: Path, capacity: int, width: int) -> None:
        self.stride = NAME_CELLS + width
        size = CELL_BYTES * capacity * self.stride
        self._file = path.open("a+b")
        self._descriptor = self._file.fileno()
        if os.fstat(self._descriptor).st_size < size:
            # Room is taken now: a page that a full disk has none for would kill the process that first touches it.
            os.posix_fallocate(self._descriptor, 0, size)
        self._map = mmap.mmap(self._descriptor, size)
        self.cells = memoryview(self._map).cast("q")
        self._capacity = capacity

    def __enter__(self) -> SharedTable:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file; the table is of no use afterwards."""
        self.cells.release()
        self._map.close()
        self._file.close()

    def find(self, name: str) -> int | None:
        """Where in `cells` the row of this name begins, or None where it has none."""
        high, low, start = _digest(name)
        cells = self.cells
        for probe in range(PROBES):
            row = (start + probe) % self._capacity * self.stride
            if cells[row] == high and cells[row + 1] == low:
                return row + NAME_CELLS
            if not (cells[row] or cells[row + 1]):  # never used, so the name never got past it
                return None
        return None

    def take(self, name: str, worth: Callable[[int], float]) -> int:
        """Where in `cells` the row of this name begins; a row that is new to the name is all zeros.

        Args:
            name: Any text.
            worth: Tells, by where it begins, how much a row of another name matters; 0 is not at all.
        """
        found = self.find(name)
        if found is not None:
            return found
        high, low, start = _digest(name)
        rows = [(start + probe) % self._capacity * self.stride for probe in range(PROBES)]
        row = next((row for row in rows if not (self.cells[row] or self.cells[row + 1])), None)
        if row is None:
            row = min(rows, key=lambda one: worth(one + NAME_CELLS))
        # The name comes last: who dies on the way leaves a row that nobody finds.
        for cell in range(row, row + self.stride):
            self.cells[cell] = 0
        self.cells[row], self.cells[row + 1] = high, low
        return row + NAME_CELLS

    def rows(self) -> range:
        """Where each row begins in `cells`."""
        return range(NAME_CELLS, self._capacity * self.stride, self.stride)


@lru_cache(maxsize=8192)
def _digest(name: str) -> tuple[int, int, int]:
    """Two halves of a digest, and where the search for the name begins."""
    high, low = struct.unpack("qq", blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest())
    return high, low | 1, high & 0x7FFF_FFFF
