"""The orders in which categories are listed, so that what a model thinks of a place in a list averages out."""

from __future__ import annotations

from collections.abc import Iterator


def orders(count: int, permutations: int) -> list[tuple[int, ...]]:
    """Different orders of `count` categories, as many as asked for or as there are.

    They come in pairs of an order and its reverse: in a pair every category is as far from the beginning as from the
    end, so a preference that grows along the list cancels out exactly. Every further pair begins elsewhere in the list.
    """
    found: dict[tuple[int, ...], None] = {}
    for order in _pairs(count):
        found[order] = None
        if len(found) == permutations:
            break
    return list(found)


def _pairs(count: int) -> Iterator[tuple[int, ...]]:
    plain = tuple(range(count))
    for start in sorted(plain, key=lambda place: int(f"{place:08b}"[::-1], 2)):  # 0, then far apart
        turned = plain[start:] + plain[:start]
        yield turned
        yield turned[::-1]
