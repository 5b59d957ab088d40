"""What vLLM is told of a model; vLLM itself is asked where it has a say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.quantised_checkpoints import NANO

from jobai_server.engines.launch import EngineLaunch
from jobai_server.engines.memory_need import MAX_SEQUENCES
from jobai_server.engines.vllm_settings import MAX_BATCHED_TOKENS, environment, raised_sequences, vllm_config
from jobai_server.settings import ModelSettings


def model(share: float | None = 0.5, **arguments: Any) -> ModelSettings:
    return ModelSettings.model_validate(
        {"name": "nano", "source": str(NANO), "contended_share": share, "engine_args": arguments}
    )


@pytest.mark.parametrize(
    ("arguments", "sequences"),
    [
        ({}, None),
        ({"max_num_seqs": 64}, 72),
        ({"max_num_seqs": 1}, 2),
        ({"max_num_seqs": 256, "max_num_batched_tokens": 512}, 288),
        ({"max_num_seqs": 256, "max_num_batched_tokens": 256}, 256),
        ({"max_num_seqs": 250, "max_num_batched_tokens": 256}, 256),
        ({"max_num_seqs": 2000}, MAX_BATCHED_TOKENS),
        ({"max_num_seqs": 4000}, 4000),  # vLLM refuses it, and says why
    ],
)
def test_room_for_a_key_that_comes_ends_at_the_tokens_of_a_step(
    arguments: dict[str, Any], sequences: int | None
) -> None:
    assert raised_sequences(model(**arguments)) == sequences
    assert raised_sequences(model(None, **arguments)) is None


@pytest.mark.parametrize(
    ("arguments", "sequences"),
    [
        ({}, MAX_SEQUENCES),
        ({"max_num_seqs": 2000}, MAX_BATCHED_TOKENS),
        ({"max_num_seqs": 32, "max_num_batched_tokens": 32}, 32),
    ],
)
def test_vllm_takes_what_it_is_given(tmp_path: Path, arguments: dict[str, Any], sequences: int) -> None:
    launch = EngineLaunch(
        kind="text", name="nano", model=model(**arguments), path=NANO, seats=1, run_directory=tmp_path
    )
    config = vllm_config(launch)
    assert config.scheduler_config.max_num_seqs == sequences
    assert config.model_config.tokenizer_mode == "hf"  # "auto" may be Mistral's own


def test_an_engine_process_never_asks_the_hub_and_forks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("VLLM_NO_USAGE_STATS", "0")
    launch = EngineLaunch(kind="text", name="nano", model=model(), path=NANO, seats=1, run_directory=tmp_path)
    variables = environment(launch, debug=False)
    assert variables["HF_HUB_OFFLINE"] == "1"
    assert variables["VLLM_NO_USAGE_STATS"] == "0"
    assert variables["VLLM_WORKER_MULTIPROC_METHOD"] == "spawn"
