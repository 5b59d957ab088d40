"""The orders in which categories are listed."""

from __future__ import annotations

import pytest

from jobai_server.classification.orders import orders


def test_the_second_order_is_the_first_one_reversed() -> None:
    assert orders(4, 2) == [(0, 1, 2, 3), (3, 2, 1, 0)]


@pytest.mark.parametrize("count", [2, 3, 5, 52, 100])
@pytest.mark.parametrize("permutations", range(1, 9))
def test_orders_differ_and_hold_every_category(count: int, permutations: int) -> None:
    found = orders(count, permutations)
    assert (
        len(set(found))
        == len(found)
        == (min(permutations, 2) if count == 2 else min(permutations, 6) if count == 3 else permutations)
    )
    assert all(sorted(order) == list(range(count)) for order in found)


def test_a_pair_of_orders_puts_every_category_in_the_middle_on_average() -> None:
    found = orders(7, 8)
    for first, second in zip(found[::2], found[1::2], strict=True):
        assert all(first.index(category) + second.index(category) == 6 for category in range(7))
