"""A short run of the training program itself, with two workers, and a second run that goes on from it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import LlamaForCausalLM

from learning.average import AveragedModel
from learning.checkpoint import mean_of, new_model, save_model

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "src" / "jobai_server" / "embedded" / "jobai_nano"


def command(state: Path, steps: int) -> list[str]:
    program = [sys.executable, str(ROOT / "scripts/nano/train.py"), "--state", str(state), "--steps", str(steps)]
    return [*program, "--tokenizer", str(MODEL), "--layers", "1", "--batch-tokens", "512", "--longest", "256"]


def train(state: Path, steps: int) -> str:
    done = subprocess.run(command(state, steps), capture_output=True, text=True, timeout=240, check=True)
    return done.stdout.splitlines()[-1]


def test_a_run_saves_a_model_and_the_next_goes_on(tmp_path: Path) -> None:
    assert " step 2 " in train(tmp_path, 2)
    first = LlamaForCausalLM.from_pretrained(str(tmp_path / "exported"))
    assert " step 5 " in train(tmp_path, 3)
    second = LlamaForCausalLM.from_pretrained(str(tmp_path / "exported"))
    assert not torch.equal(first.lm_head.weight, second.lm_head.weight)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_its_processes_makes_it_save_and_end(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        command(tmp_path, 1_000_000), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout
        assert process.stderr
        assert " step 8 " in process.stdout.readline()
        os.killpg(process.pid, number)
        assert process.wait(timeout=60) == 0, process.stderr.read()
    assert (tmp_path / "training.pt").exists()
    assert (tmp_path / "exported" / "model.safetensors").exists()


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


def test_the_mean_of_two_models_is_between_them(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    models = [new_model(tokenizer, seed, layers=1) for seed in range(2)]
    for seed, model in enumerate(models):
        save_model(model, tokenizer, tmp_path / str(seed))
    mean = mean_of([tmp_path / "0", tmp_path / "1"])
    expected = (models[0].lm_head.weight + models[1].lm_head.weight) / 2
    assert torch.allclose(mean.lm_head.weight, expected, atol=1e-3)
