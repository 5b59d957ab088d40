"""The requests a model has accepted, and how much each key has had: a table that all web workers of a server share."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import time
import weakref
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FREE: Final = 0
WAITING: Final = 1
RUNNING: Final = 2

HEADER = np.dtype([("capacity", "i8"), ("ticket", "i8"), ("clock", "i8"), ("progress", "i8")])
PROGRESS_WORD: Final = 3
ENTRY = np.dtype(
    [(name, "i8") for name in ("state", "worker", "key", "rank", "ticket", "answers", "tokens", "start", "since")]
)
KEY = np.dtype([("name", "i8"), ("finish", "i8"), ("seen", "i8")])


class QueueTable:
    """Everything that is counted is summed up over the rows, so that there is no count that could be left wrong.

    Use it under its lock: `with table: ...`. The kernel holds the lock for the open file, so that a process that dies
    leaves nothing locked. Times are the machine's monotonic clock in nanoseconds, the same for all processes.

    Args:
        path: The file; made when it is not there. Every process must ask for the same capacity.
        capacity: How many requests there may be.

    Attributes:
        entries: One row per accepted request: its state; the worker that has it; its key's row in `keys`; its rank, 0
            goes first; its ticket, the order of arrival; its answers; the tokens it may use, prompt and answers; its
            start in virtual time; when it arrived.
        keys: One row per key: the virtual time at which all it was given so far is paid for, and when it last came.

    Raises:
        OSError: There is no room for it.
    """

    def __init__(self, path: Path, capacity: int) -> None:
        size = HEADER.itemsize + capacity * (ENTRY.itemsize + KEY.itemsize)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        weakref.finalize(self, os.close, self._file)
        if os.fstat(self._file).st_size < size:
            # Room is taken now: a page that a full disk has none for would kill the process that first touches it.
            os.posix_fallocate(self._file, 0, size)
        memory = mmap.mmap(self._file, size)
        keys_at = HEADER.itemsize + capacity * ENTRY.itemsize
        self._header: NDArray[Any] = np.frombuffer(memory, HEADER, 1)
        self.entries: NDArray[Any] = np.frombuffer(memory, ENTRY, capacity, HEADER.itemsize)
        self.keys: NDArray[Any] = np.frombuffer(memory, KEY, capacity, keys_at)
        self._header["capacity"] = capacity
        self._words = memoryview(memory)[: HEADER.itemsize].cast("q")

    @classmethod
    def existing(cls, path: Path) -> QueueTable:
        """The table in a file, of whatever capacity."""
        return cls(path, struct.unpack("q", path.read_bytes()[:8])[0])

    def __enter__(self) -> QueueTable:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    @property
    def clock(self) -> int:
        """Virtual time: the largest start of any request that was given its turn, in tokens."""
        return int(self._header["clock"][0])

    @clock.setter
    def clock(self, value: int) -> None:
        self._header["clock"] = value

    @property
    def progress(self) -> int:
        """When the engine last gave a token to any worker; 0 if it never did."""
        return self._words[PROGRESS_WORD]

    def note_progress(self) -> None:
        """The engine has just given a token. Needs no lock: every worker writes the same, the time."""
        self._words[PROGRESS_WORD] = time.monotonic_ns()

    def live(self) -> NDArray[np.intp]:
        """The rows that are in use."""
        return np.flatnonzero(self.entries["state"])

    def running(self) -> int:
        """How many requests have their turn; also those that are written, while a client still reads them."""
        return int(np.count_nonzero(self.entries["state"] == RUNNING))

    def add(self, **fields: int) -> int | None:
        """A new waiting request; its row, or None where all are in use."""
        row = int(np.argmin(self.entries["state"]))
        if self.entries["state"][row] != FREE:
            return None
        self._header["ticket"] += 1
        for name, value in fields.items():
            self.entries[name][row] = value
        self.entries["ticket"][row] = self._header["ticket"][0]
        self.entries["since"][row] = time.monotonic_ns()
        # The state comes last: who dies on the way leaves a row that is free.
        self.entries["state"][row] = WAITING
        return row

    def key_row(self, name: str) -> int:
        """The row of a key; where all are in use, it takes the one that nobody has come with for longest."""
        number = _number(name)
        found = np.flatnonzero(self.keys["name"] == number)
        if found.size:
            return int(found[0])
        seen = self.keys["seen"].copy()
        seen[self.entries["key"][self.live()]] = np.iinfo(np.int64).max
        row = int(np.argmin(seen))
        self.keys["name"][row] = 0
        self.keys["finish"][row] = 0
        self.keys["seen"][row] = 0
        self.keys["name"][row] = number
        return row

    def forget(self, worker: int) -> None:
        """Free what this worker had."""
        self.entries["state"][self.entries["worker"] == worker] = FREE


@lru_cache(maxsize=8192)
def _number(name: str) -> int:
    number: int = struct.unpack("q", blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest())[0]
    return number | 1
