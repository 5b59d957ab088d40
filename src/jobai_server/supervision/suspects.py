"""Requests that an engine was working on when it ended: who is there twice is not let in again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

ENDS = 2
REMEMBERED = 4096


class Suspects:
    """Of one engine.

    Attributes:
        refused: Digests of contents that were there at ENDS ends of the engine.
    """

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self._runs: OrderedDict[str, set[str]] = OrderedDict()

    def note(self, run: str, contents: Iterable[str]) -> set[str]:
        """This was being worked on when that run ended; what is refused from now on and was not before.

        Args:
            run: Tells runs apart; several web workers report about one.
        """
        for content in contents:
            runs = self._runs.setdefault(content, set())
            self._runs.move_to_end(content)
            runs.add(run)
        while len(self._runs) > REMEMBERED:
            self._runs.popitem(last=False)
        found = {content for content, runs in self._runs.items() if len(runs) >= ENDS} - self.refused
        self.refused |= found
        return found
