"""Whose request it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Rank(IntEnum):
    """Who goes first where requests wait."""

    PRIORITY = 0
    DEFAULT = 1
    FLEX = 2


@dataclass(frozen=True, slots=True)
class Owner:
    """The id of the key, and how the request ranks."""

    key_id: str
    rank: Rank = Rank.DEFAULT
