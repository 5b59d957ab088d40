"""Names as token sequences: only where they part is there something to decide."""

from __future__ import annotations

import numpy as np
import pytest

from jobai_server.classification.trie import Branch, TokenTrie

END = 9


def test_only_points_where_names_part_are_branches() -> None:
    trie = TokenTrie.of([(1, 2, END), (1, 2, 3, END), (4, 5, 6, END)])
    assert trie.branches == (Branch((), (1, 4)), Branch((1, 2), (END, 3)))
    assert trie.paths == (((0, 0), (1, 0)), ((0, 0), (1, 1)), ((0, 1),))


def test_the_probabilities_of_all_names_sum_to_one_whatever_else_the_model_might_have_written() -> None:
    trie = TokenTrie.of([(1, END), (1, 2, END), (3, END)])
    # Half of the mass is elsewhere at both branches.
    logs = trie.logs([np.log([0.4, 0.1]), np.log([0.1, 0.4])])
    assert np.exp(logs) == pytest.approx([0.8 * 0.2, 0.8 * 0.8, 0.2])
