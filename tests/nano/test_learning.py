"""Batches, weights and the schedule of the training."""

from itertools import islice
from pathlib import Path

import pytest
import torch
from learning.batches import BatchPlan, batches
from learning.optimisation import schedule, weighted_loss
from tokenizers import Tokenizer

MODEL = Path(__file__).parents[2] / "src" / "jobai_server" / "embedded" / "jobai_nano"


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(MODEL / "tokenizer.json"))


def test_batches_are_repeatable_and_bounded(tokenizer: Tokenizer) -> None:
    plan = BatchPlan(tokens=1024, longest=256)
    once, again = (list(islice(batches(tokenizer, 1, plan), 5)) for _ in range(2))
    for left, right in zip(once, again, strict=True):
        assert torch.equal(left.ids, right.ids)
        assert left.ids.numel() <= 1024


def test_every_answer_ends_with_the_end_of_turn(tokenizer: Tokenizer) -> None:
    end = tokenizer.token_to_id("<|eot_id|>")
    for batch in islice(batches(tokenizer, 2, BatchPlan(tokens=1024)), 5):
        for ids, weights in zip(batch.ids, batch.weights, strict=True):
            last = int((weights > 0).nonzero().max())
            assert ids[last] == end
            assert weights[last] >= 1


def test_schedule_rises_stays_and_falls() -> None:
    assert schedule(0) == 0
    assert schedule(0.3) == 1
    assert schedule(0.75) < 1
    assert 0 < schedule(1.0) < 0.05


def test_only_weighted_tokens_count() -> None:
    logits = torch.zeros(1, 3, 4)
    logits[0, 0, 1] = 100.0
    ids, weights = torch.tensor([[0, 1, 2]]), torch.tensor([[0.0, 1.0, 0.0]])
    loss, own = weighted_loss(logits, ids, weights)
    assert float(loss) == pytest.approx(0.0, abs=1e-5)
    assert float(own) == pytest.approx(0.0, abs=1e-5)
