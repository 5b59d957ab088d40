from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from jobai_server.settings import Settings

Load = Callable[..., Settings]
Refusal = Callable[..., str]

TEXT = (Path(__file__).parent / "first_specification.json").read_text(encoding="utf-8")


def entry(**settings: object) -> str:
    """A primary model in the old style; None stands for a key left out."""
    defaults = {"model_name": "a", "model_url": "https://huggingface.co/o/r"}
    return json.dumps(
        {"primary_model": {key: value for key, value in (defaults | settings).items() if value is not None}}
    )


def test_whole_file(load: Load) -> None:
    settings = load(TEXT, "old.json")
    primary, classification, embedding = settings.models.by_role().values()
    assert primary.model_dump(exclude_defaults=True) == {
        "name": ("Llama-3.1-70B-Instruct",),
        "source": "hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4",
        "quantization": "awq",
        "context_length": 8192,
        "max_tokens": 1024,
        "max_concurrent_requests": 64,
        "threads": 8,
        "download_if_missing": True,
        "engine_args": {"max_num_seqs": 32, "max_num_batched_tokens": 4096, "tensor_parallel_size": 2},
    }
    assert classification.model_dump(exclude_defaults=True) == {
        "name": ("mistral-7b-instruct",),
        "source": "TheBloke/Mistral-7B-Instruct-v0.2-GPTQ",
        "revision": "gptq-4bit-32g-actorder_True",
        "quantization": "gptq",
        "context_length": 4096,
        "max_tokens": 4096,
        "max_concurrent_requests": 128,
        "engine_args": {"max_num_seqs": 16},
    }
    assert embedding.model_dump(exclude_defaults=True) == {
        "name": ("nomic-embed-text",),
        "source": "nomic-ai/nomic-embed-text-v1",
        "context_length": 2048,
        "max_concurrent_requests": 64,
    }
    assert settings.warnings == (
        "old.json: vLLM has no use for device, n_gpu_layers, use_mlock, stream_output, n_batch below 2048, model_type, "
        "max_batch_size; ignored",
    )


def test_nothing_to_warn_of(load: Load) -> None:
    assert load(entry(n_ctx=2048), "x.json").warnings == ()


def test_yaml_is_translated_as_well(load: Load) -> None:
    text = "primary_model: {model_url: 'https://huggingface.co/o/My-Model', n_ctx: 2048}"
    model = load(text).models.primary_model
    assert (model.name, model.source, model.context_length) == (("My-Model",), "o/My-Model", 2048)


def test_existing_model_path_wins_over_the_url(load: Load, tmp_path: Path) -> None:
    (tmp_path / "models" / "x").mkdir(parents=True)
    model = load(entry(model_path="models/x"), "x.json").models.primary_model
    assert model.source == str(tmp_path / "models" / "x")


def test_missing_model_path_without_url_stays_a_path(load: Load, tmp_path: Path) -> None:
    model = load(entry(model_path="models/x/y", model_url=None), "x.json").models.primary_model
    assert model.source == str(tmp_path / "models" / "x" / "y")


def test_unset_numbers_of_llama_cpp_are_left_to_vllm(load: Load) -> None:
    text = entry(n_ctx=0, threads=-1, max_tokens=-1, max_batch_size=0, n_batch=0, tensor_split=[])
    model = load(text, "x.json").models.primary_model
    assert (model.context_length, model.threads, model.max_tokens, model.engine_args) == (None, None, None, {})


@pytest.mark.parametrize(("n_batch", "carried"), [(2048, False), (4095, False), (4096, True)])
def test_step_must_hold_every_sequence(load: Load, n_batch: int, carried: bool) -> None:
    settings = load(entry(n_batch=n_batch, max_batch_size=4096), "x.json")
    assert ("max_num_batched_tokens" in settings.models.primary_model.engine_args) is carried
    assert bool(settings.warnings) is not carried


@pytest.mark.parametrize(("split", "parallel"), [([1], None), ([0.7, 0.3], 2), ([1, 0, 1, 1], 3)])
def test_tensor_split(load: Load, split: list[float], parallel: int | None) -> None:
    arguments = load(entry(tensor_split=split), "x.json").models.primary_model.engine_args
    assert arguments.get("tensor_parallel_size") == parallel


def test_engine_arguments_are_kept(load: Load) -> None:
    text = entry(max_batch_size=8, engine_args={"seed": 1})
    assert load(text, "x.json").models.primary_model.engine_args == {"seed": 1, "max_num_seqs": 8}


GGUF = (
    "but vLLM serves AWQ and GPTQ checkpoints, not GGUF; "
    'set model_type to "awq" or "gptq" and model_url to such a checkpoint'
)
COUNT = "allowed: a whole number from 0 to 1048576"


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"model_type": "gguf"}, f"model_type is 'gguf', {GGUF}"),
        ({"model_path": "/m/x.Q4_K_M.gguf"}, f"model_path is '/m/x.Q4_K_M.gguf', {GGUF}"),
        (
            {"model_url": "https://huggingface.co/o/r/resolve/main/x.gguf?download=true"},
            f"model_url is 'https://huggingface.co/o/r/resolve/mai…, {GGUF}",
        ),
        (
            {"model_url": "http://a.example/o/r"},
            "model_url is 'http://a.example/o/r'; allowed: https://huggingface.co/owner/repo",
        ),
        ({"model_url": 5}, "model_url is 5; allowed: text"),
        ({"model_url": None}, "model_url is missing"),
        ({"model_name": 5}, "model_name is 5; allowed: text"),
        ({"n_ctx": 64}, "n_ctx is 64; allowed: a whole number from 128 to 1048576"),
        ({"n_ctxx": 64}, "n_ctxx is not a setting; did you mean n_ctx?"),
        ({"max_batch_size": -2}, f"max_batch_size is -2; {COUNT}"),
        ({"n_batch": "512"}, f"n_batch is '512'; {COUNT}"),
        ({"tensor_split": [True]}, "tensor_split is [True]; allowed: a list of numbers, one per GPU"),
        ({"tensor_split": "0.5"}, "tensor_split is '0.5'; allowed: a list of numbers, one per GPU"),
        ({"n_ctx": 512, "context_length": 512}, "context_length is set twice, also by n_ctx"),
        (
            {"max_batch_size": 8, "engine_args": {"max_num_seqs": 8}},
            "engine_args.max_num_seqs is set twice, also by max_batch_size",
        ),
    ],
)
def test_refused_entries(refusal: Refusal, settings: dict[str, object], line: str) -> None:
    assert refusal(entry(**settings), "x.json") == f"x.json: primary_model.{line}"


def test_an_old_key_in_a_new_entry_is_unknown(refusal: Refusal) -> None:
    line = refusal("primary_model: {name: a, source: o/r, n_ctx: 512}")
    assert line == "x.yaml: primary_model.n_ctx is not a setting"


def test_a_path_that_cannot_be_looked_at_is_left_to_who_reads_the_checkpoint(load: Load) -> None:
    path = "/" + "n" * 300
    model = load(entry(model_path=path, model_url=None, model_name="a"), "old.json").models.primary_model
    assert model.source == path
