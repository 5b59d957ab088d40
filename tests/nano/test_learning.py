"""Batches, weights and the schedule of the training."""

from itertools import islice
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from learning.batches import BatchPlan, batches
from learning.checkpoint import new_model
from learning.growth import grown
from learning.optimisation import schedule, weighted_loss

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


def test_only_weighted_tokens_count(tokenizer: Tokenizer) -> None:
    model = new_model(tokenizer, seed=0, layers=1)
    ids, weights = torch.tensor([[5, 6, 7, -1]]), torch.tensor([[0.0, 1.0, 0.0, 0.0]])
    other = torch.tensor([[5, 6, 9, 9]])
    with torch.inference_mode():
        loss, own = weighted_loss(model, ids, weights)
        assert float(loss) == pytest.approx(float(own))
        assert float(loss) == pytest.approx(float(weighted_loss(model, other, weights)[0]))


def test_a_grown_model_says_the_same(tokenizer: Tokenizer) -> None:
    small = new_model(tokenizer, seed=0, layers=2)
    deep = grown(small, tokenizer, layers=4, seed=1)
    ids = torch.arange(12).reshape(1, 12)
    with torch.inference_mode():
        assert deep.config.num_hidden_layers == 4
        assert torch.allclose(small(input_ids=ids).logits, deep(input_ids=ids).logits, atol=1e-5)
