"""`serve` where vLLM is the CUDA build: the plan comes before the engines. Only the platform is made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobai_server import serve as serving
from jobai_server.errors import ConfigurationError
from jobai_server.settings import Settings, load_settings

GIB = 1 << 30
CONFIG = Path(__file__).parents[1] / "configs" / "a100-80gb-awq.yaml"
WITHOUT_SIZES = """
primary_model: {name: [llama], source: hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4, context_length: 8192}
classification_model: {name: [mistral], source: TheBloke/Mistral-7B-Instruct-v0.2-AWQ, context_length: 4096}
"""


@pytest.fixture(autouse=True)
def gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "is_cpu", lambda: False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    of_size(monkeypatch, 80)


def of_size(monkeypatch: pytest.MonkeyPatch, gib: int | None) -> None:
    monkeypatch.setattr(serving, "gpu_memory", lambda: None if gib is None else gib * GIB)


def without_sizes(tmp_path: Path) -> Settings:
    path = tmp_path / "models.yaml"
    path.write_text(WITHOUT_SIZES)
    return load_settings(config_file=path)


def test_every_engine_gets_an_absolute_size_and_a_share_that_goes_with_it(tmp_path: Path) -> None:
    settings, planned = serving._planned(without_sizes(tmp_path))
    assert planned.keys() == {"llama", "mistral"}
    for name, engine in settings.models.text_engines().items():
        cache = engine.model.engine_args["kv_cache_memory_bytes"]
        share = engine.model.engine_args["gpu_memory_utilization"]
        assert isinstance(cache, int)
        assert isinstance(share, float)
        assert cache < share * 79 * GIB < planned[name]


def test_sizes_of_the_operator_stay_as_they_are() -> None:
    settings = load_settings(config_file=CONFIG)
    assert serving._planned(settings)[0] == settings


def test_a_gpu_that_is_too_small_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    of_size(monkeypatch, 40)
    with pytest.raises(ConfigurationError) as refused:
        serving._planned(load_settings(config_file=CONFIG))
    assert "34.58 GiB are missing" in refused.value.message
    assert "JOBAI_SKIP_MEMORY_PLAN=true" in refused.value.message
    assert "\n" not in refused.value.message


def test_a_model_that_the_plan_cannot_read_is_refused_with_the_way_round_it(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["MambaForCausalLM"], "hidden_size": 768}')
    path = tmp_path / "models.yaml"
    path.write_text(f"primary_model: {{name: [mamba], source: {tmp_path}, engine_args: {{load_format: dummy}}}}\n")
    with pytest.raises(ConfigurationError) as refused:
        serving._planned(load_settings(config_file=path))
    assert refused.value.message == (
        "Model 'mamba': config.json says nothing about num_attention_heads. "
        "JOBAI_SKIP_MEMORY_PLAN=true starts without a memory plan."
    )
    settings = load_settings(config_file=path, skip_memory_plan=True)
    assert serving._planned(settings) == (settings, {})


def test_the_plan_can_be_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    of_size(monkeypatch, 40)
    settings = load_settings(config_file=CONFIG, skip_memory_plan=True)
    assert serving._planned(settings) == (settings, {})


def test_where_the_size_of_the_gpu_is_unknown_the_engines_start_as_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_size(monkeypatch, None)
    settings = without_sizes(tmp_path)
    assert serving._planned(settings) == (settings, {})


def test_on_a_cpu_nothing_is_planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "is_cpu", lambda: True)
    settings = without_sizes(tmp_path)
    assert serving._planned(settings) == (settings, {})
