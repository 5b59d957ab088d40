from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.quantised_checkpoints import NANO

from jobai_server.engines import memory_need, sentence_embeddings
from jobai_server.engines.memory_fit import problems
from jobai_server.engines.memory_plan import MemoryPlan, plan_memory
from jobai_server.engines.sizes import GIB, MIB
from jobai_server.settings import ModelsConfig

LLAMA = {"name": ["llama"], "source": "hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4", "context_length": 8192}
MISTRAL = {"name": ["mistral"], "source": "TheBloke/Mistral-7B-Instruct-v0.2-AWQ", "context_length": 4096}


@pytest.fixture(autouse=True)
def no_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache of the hub: what is planned is what is bundled."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def planned(
    llama: dict[str, Any], mistral: dict[str, Any] | None = None, gib: float = 80, reserved: int = 1
) -> MemoryPlan:
    config = {"primary_model": {**LLAMA, "engine_args": llama}}
    if mistral is not None:
        config["classification_model"] = {**MISTRAL, "engine_args": mistral}
    return plan_memory(ModelsConfig.model_validate(config), int(gib * GIB), reserved * GIB)


def test_engines_share_what_is_left_by_full_contexts() -> None:
    plan = planned({}, {})
    llama, mistral = plan.models
    assert llama.full_contexts == pytest.approx(mistral.full_contexts, rel=0.05)
    assert 0.02 * plan.usable < plan.free < 0.04 * plan.usable
    assert problems(plan) == []


def test_no_cache_is_larger_than_its_sequences_can_use() -> None:
    plan = planned({"max_num_seqs": 2})
    assert plan.models[0].full_contexts == 3.0  # with room for a key that comes
    assert plan.models[0].max_sequences == 3


def test_a_cache_that_is_named_stays_as_it_is() -> None:
    plan = planned({"kv_cache_memory_bytes": "10GiB"}, {})
    llama, mistral = plan.models
    assert llama.kv_cache == 10 * GIB
    assert mistral.kv_cache > 10 * GIB
    assert llama.utilization == pytest.approx(llama.engine / plan.gpu_memory, abs=0.001)
    assert plan.engine_arguments("llama")["kv_cache_memory_bytes"] == 10 * GIB


def test_a_share_that_is_named_gives_the_size_of_the_cache() -> None:
    plan = planned({"gpu_memory_utilization": 0.7})
    [llama] = plan.models
    assert llama.utilization == 0.7
    assert llama.engine == pytest.approx(0.7 * plan.gpu_memory, abs=MIB)


def test_the_plans_sizes_reach_the_engines_and_nothing_else_changes() -> None:
    models = ModelsConfig.model_validate(
        {"primary_model": {**LLAMA, "engine_args": {"max_num_seqs": 8}}, "classification_model": "primary_model"}
    )
    plan = plan_memory(models, 80 * GIB, 1 * GIB)
    applied = plan.applied(models)
    assert applied.classification_model == applied.primary_model
    arguments = applied.primary_model.engine_args
    assert arguments == {"max_num_seqs": 8, **plan.engine_arguments("llama")}
    assert len(applied.text_engines()) == len(plan.models) == 1
    assert ModelsConfig.model_validate_json(applied.model_dump_json()) == applied


@pytest.mark.parametrize("reserved", [1, 30])
def test_shares_can_all_be_free_when_an_engine_starts(reserved: int) -> None:
    plan = planned({}, {}, reserved=reserved)
    for model in plan.models:
        others = plan.total - model.total
        assert model.utilization is not None
        # vLLM takes its share of all the card has, and what is reserved may be in use.
        assert model.utilization * plan.gpu_memory <= plan.usable - others


def test_a_share_that_will_not_be_free_is_refused_with_one_that_will() -> None:
    found = problems(planned({"kv_cache_memory_bytes": "10GiB", "gpu_memory_utilization": 0.95}, {}))
    assert len(found) == 1
    assert "gpu_memory_utilization of llama is 0.95, so 76.00 GiB have to be free" in found[0]
    allowed = float(found[0].removesuffix(".").rsplit(" ", 1)[1])
    arguments = {"kv_cache_memory_bytes": "10GiB", "gpu_memory_utilization": allowed}
    mistral_cache = planned({"kv_cache_memory_bytes": "10GiB", "gpu_memory_utilization": 0.95}, {}).models[1].kv_cache
    assert problems(planned(arguments, {"kv_cache_memory_bytes": mistral_cache})) == []


def test_a_cache_below_one_context_is_refused_with_what_would_do() -> None:
    [found] = problems(planned({"kv_cache_memory_bytes": "2GiB"}))
    assert "2.00 GiB, 6,553 tokens" in found
    assert "2560MiB or more" in found
    assert problems(planned({"kv_cache_memory_bytes": "2560MiB"})) == []


def test_the_smallest_card_that_is_named_is_enough() -> None:
    [found] = problems(planned({"kv_cache_memory_bytes": "22GiB"}, {"kv_cache_memory_bytes": "4GiB"}, gib=40))
    smallest = int(found.rsplit("a GPU of ", 1)[1].split()[0])
    tight: tuple[dict[str, Any], dict[str, Any]] = (
        {"kv_cache_memory_bytes": "2560MiB"},
        {"kv_cache_memory_bytes": "512MiB"},
    )
    assert problems(planned(*tight, gib=smallest)) == []
    assert problems(planned(*tight, gib=smallest - 1)) != []


def test_weights_alone_can_be_too_much() -> None:
    found = problems(planned({}, gib=24))
    assert "the models need" in found[0]
    assert "37.04 GiB of it for weights" in found[0]


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ({"enforce_eager": True}, {"graphs": 0.0}),
        ({"kv_cache_dtype": "fp8"}, {"kv_bytes_per_token": 0.5}),
        ({"tensor_parallel_size": 2}, {"weights": 0.5, "kv_bytes_per_token": 0.5}),
        ({"pipeline_parallel_size": 2}, {"weights": 0.5, "kv_bytes_per_token": 0.5, "graphs": 0.5}),
    ],
)
def test_arguments_of_the_engine_count(arguments: dict[str, Any], changed: dict[str, float]) -> None:
    [plain], [other] = planned({}).models, planned(arguments).models
    for name in ("weights", "graphs", "process", "activations", "kv_bytes_per_token"):
        assert getattr(other, name) == pytest.approx(getattr(plain, name) * changed.get(name, 1.0)), name


def test_activations_grow_with_what_runs_at_a_time() -> None:
    [few], [many] = planned({"max_num_batched_tokens": 2048}).models, planned({"max_num_batched_tokens": 4096}).models
    assert many.activations - few.activations == 2048 * (3 * 28672 + 3 * 8192) * 2
    [few], [many] = planned({"max_num_seqs": 64}).models, planned({"max_num_seqs": 128}).models
    assert many.activations - few.activations == (144 - 72) * 128256 * 22  # an eighth more, for a key that comes


def test_dummy_weights_are_computed_from_the_config(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes((NANO / "config.json").read_bytes())
    sizes = []
    for source, arguments in ((NANO, {}), (tmp_path, {"load_format": "dummy"})):
        model = {"name": ["nano"], "source": str(source), "engine_args": arguments}
        [need] = plan_memory(ModelsConfig.model_validate({"primary_model": model}), 80 * GIB, GIB).models
        sizes.append((need.origin, need.weights))
    assert [origin for origin, _ in sizes] == ["files", "config.json"]
    assert sizes[0][1] == sizes[1][1]


def test_the_embedding_engines_batch_is_the_one_that_is_planned() -> None:
    assert sentence_embeddings.BATCH_TOKENS["cuda"] == memory_need.EMBEDDING_BATCH_TOKENS
