"""Whose turn it is: start-time fair queueing between keys, with room kept for those who have nothing running yet.

Goyal, Vin, Cheng: Start-time Fair Queueing (SIGCOMM 1996). A key's virtual time is the tokens it was given, prompt and
answers; the next turn goes to the key that has had least. A key that was away starts at the present: it has saved up
nothing. What a request may write is paid for when it gets its turn; what it did not write is paid back at its end.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobai_server.engines.queue_table import FREE, RUNNING, WAITING, QueueTable

FLEX_RANK = 2
RECENT_NANOSECONDS = 15 * 10**9
"""A key counts as present this long after it last came: one that asks again and again need not wait each time until
another key's answers have ended."""


@dataclass(frozen=True, slots=True)
class Sequences:
    """How many answers an engine may write at the same time.

    Attributes:
        total: The engine's own limit.
        alone: How many one key may have while no other is present; the rest is for one that comes.
        contended: How many one key may have while others are present.
    """

    total: int
    alone: int
    contended: int

    @classmethod
    def of(cls, total: int, contended_share: float) -> Sequences:
        """For an engine of so many; see `with_room`."""
        alone = max(1, total - max(1, total // 9))
        return cls(total, alone, max(1, int(alone * contended_share)))


def with_room(max_num_seqs: int) -> int:
    """What an engine is given so that one key can have `max_num_seqs` and one that comes still finds room."""
    return max_num_seqs + max(1, max_num_seqs // 8)


UNLIMITED = Sequences(1 << 40, 1 << 40, 1 << 40)


def take_turns(table: QueueTable, sequences: Sequences) -> None:
    """Give turns to waiting requests of any worker as long as there is room. Call it under the table's lock."""
    entries, keys = table.entries, table.keys
    while True:
        live = table.live()
        waiting = live[entries["state"][live] == WAITING]
        if not waiting.size:
            return
        running = live[entries["state"][live] == RUNNING]
        room = sequences.total - int(entries["answers"][running].sum())
        chosen = _next(table, sequences, waiting, running)
        if chosen is None or room < min(int(entries["answers"][chosen]), sequences.contended):
            return
        key = entries["key"][chosen]
        start = max(int(keys["finish"][key]), table.clock)
        keys["finish"][key] = start + entries["tokens"][chosen]
        entries["start"][chosen] = table.clock = start
        entries["state"][chosen] = RUNNING


def end(table: QueueTable, row: int, used: int) -> None:
    """A request is over, having used so many tokens. Call it under the table's lock."""
    entries, keys = table.entries, table.keys
    key = entries["key"][row]
    if entries["state"][row] == RUNNING:
        keys["finish"][key] -= max(0, int(entries["tokens"][row]) - used)
    note_presence(table, row)
    entries["state"][row] = FREE


def note_presence(table: QueueTable, row: int) -> None:
    """The request's key is here now; one that asks for nothing but flex holds nobody back."""
    if table.entries["rank"][row] < FLEX_RANK:
        table.keys["seen"][table.entries["key"][row]] = time.monotonic_ns()


def _next(
    table: QueueTable, sequences: Sequences, waiting: NDArray[np.intp], running: NDArray[np.intp]
) -> np.intp | None:
    """The first waiting request, by rank, virtual time and arrival, whose key may have more."""
    entries = table.entries
    virtual = np.maximum(table.keys["finish"][entries["key"][waiting]], table.clock)
    present = _present(table, np.concatenate([waiting, running]))
    may_have_more: dict[Any, bool] = {}
    for row in waiting[np.lexsort((entries["ticket"][waiting], virtual, entries["rank"][waiting]))]:
        key = entries["key"][row]
        if key not in may_have_more:
            held = int(entries["answers"][running[entries["key"][running] == key]].sum())
            limit = sequences.contended if present - {int(key)} else sequences.alone
            may_have_more[key] = held == 0 or held + int(entries["answers"][row]) <= limit
        if may_have_more[key]:
            return np.intp(row)
    return None


def _present(table: QueueTable, live: NDArray[np.intp]) -> set[int]:
    """The keys that have something here, or had a moment ago, flex aside."""
    recent = np.flatnonzero(table.keys["seen"] > time.monotonic_ns() - RECENT_NANOSECONDS)
    here = table.entries["key"][live[table.entries["rank"][live] < FLEX_RANK]]
    return {*recent.tolist(), *here.tolist()}
