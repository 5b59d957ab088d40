"""A short run of the training program itself, with two workers, and a second run that goes on from it."""

import subprocess
import sys
from pathlib import Path

import torch
from transformers import LlamaForCausalLM

from learning.average import AveragedModel
from learning.checkpoint import new_model

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "src" / "jobai_server" / "embedded" / "jobai_nano"


def train(state: Path, steps: int) -> str:
    options = ["--tokenizer", str(MODEL), "--layers", "1", "--batch-tokens", "512", "--longest", "256"]
    command = [
        sys.executable,
        str(ROOT / "scripts/nano/train.py"),
        "--state",
        str(state),
        "--steps",
        str(steps),
        *options,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    return done.stdout.splitlines()[-1]


def test_a_run_saves_a_model_and_the_next_goes_on(tmp_path: Path) -> None:
    assert " step 2 " in train(tmp_path, 2)
    first = LlamaForCausalLM.from_pretrained(str(tmp_path / "exported"))
    assert " step 5 " in train(tmp_path, 3)
    second = LlamaForCausalLM.from_pretrained(str(tmp_path / "exported"))
    assert not torch.equal(first.lm_head.weight, second.lm_head.weight)


def test_the_mean_follows_the_model() -> None:
    from tokenizers import Tokenizer

    model = new_model(Tokenizer.from_file(str(MODEL / "tokenizer.json")), seed=0, layers=1)
    mean = AveragedModel(model)
    with torch.no_grad():
        model.model.norm.weight += 1.0
    mean.follow(model)
    between = mean.model.model.norm.weight
    assert torch.allclose(between, torch.full_like(between, 1.5))
    for _ in range(400):
        mean.follow(model)
    assert torch.allclose(between, model.model.norm.weight, atol=0.01)
