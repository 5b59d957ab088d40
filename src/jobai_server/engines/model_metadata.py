"""Shape and weights of a configured model, not loaded: from files here, from what is bundled, or from the hub."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from jobai_server.engines import weight_sizes
from jobai_server.engines.checkpoint import checkpoint_folder
from jobai_server.engines.model_shape import DTYPE_BYTES, ModelShape
from jobai_server.engines.weight_sizes import StoredTensor, WeightSizes
from jobai_server.errors import ConfigurationError
from jobai_server.settings import ModelSettings
from jobai_server.settings.source import is_hub

Origin = Literal["files", "config.json", "bundled", "hub"]


@dataclass(frozen=True, slots=True)
class ModelMetadata:
    """What is known of a model before it is loaded.

    Attributes:
        download: Bytes that fetching the model takes; where only its shape is known, those of its weights.
        origin: Where it is known from: the checkpoint's files, its config.json alone (weights are computed), what is
            bundled with this package (weights are computed), or the hub.
    """

    shape: ModelShape
    weights: WeightSizes
    download: int
    origin: Origin

    @classmethod
    def of(cls, model: ModelSettings, dtype_bytes: int | None = None) -> ModelMetadata:
        """Find it out.

        Args:
            dtype_bytes: Bytes of a number that is not quantised, once loaded; None is vLLM's choice.

        Raises:
            ConfigurationError: It is nowhere to be found, or makes no sense; names the model.
        """
        try:
            folder = checkpoint_folder(model)
        except ConfigurationError:
            if not is_hub(model.source):
                raise
            folder = None
        try:
            if folder is not None:
                return _of_folder(folder, dtype_bytes)
            return _bundled(model, dtype_bytes) or _of_hub(model, dtype_bytes)
        except ConfigurationError as error:
            named = f"Model '{model.name[0]}': "
            raise ConfigurationError(named + error.message.removeprefix(named).rstrip(".") + ".") from error


def _loaded(shape: ModelShape, dtype_bytes: int | None) -> int:
    # vLLM's "auto" halves float32 and leaves the rest as it is.
    return dtype_bytes or min(2, DTYPE_BYTES.get(shape.dtype, 2))


def _of_folder(folder: Path, dtype_bytes: int | None) -> ModelMetadata:
    shape = ModelShape.of(json.loads((folder / "config.json").read_text()))
    weights = weight_sizes.of_folder(folder, shape, _loaded(shape, dtype_bytes))
    if weights is not None:
        files = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        return ModelMetadata(shape, weights, files, "files")
    weights = weight_sizes.computed(shape, _loaded(shape, dtype_bytes))
    return ModelMetadata(shape, weights, weights.on_disk, "config.json")


def _bundled(model: ModelSettings, dtype_bytes: int | None) -> ModelMetadata | None:
    known = _known_models()
    if model.revision not in {None, "main"} or model.source not in known["models"]:
        return None
    shape_name, quantization = known["models"][model.source]
    shape = ModelShape.of(
        {**known["shapes"][shape_name], "quantization_config": known["quantizations"].get(quantization)}
    )
    weights = weight_sizes.computed(shape, _loaded(shape, dtype_bytes))
    return ModelMetadata(shape, weights, weights.on_disk, "bundled")


@cache
def _known_models() -> Mapping[str, Any]:
    content: dict[str, Any] = json.loads(Path(__file__).with_name("known_models.json").read_text())
    return content


def _of_hub(model: ModelSettings, dtype_bytes: int | None) -> ModelMetadata:
    from huggingface_hub import HfApi, hf_hub_download
    from huggingface_hub.errors import NotASafetensorsRepoError, SafetensorsParsingError

    from jobai_server.engines.hub.listing import hub_listing
    from jobai_server.engines.hub.refusals import HUB_ERRORS, refusal

    listing = hub_listing(model)
    try:
        with TemporaryDirectory() as folder:  # not the cache, where it would look like a broken checkpoint
            config = hf_hub_download(model.source, "config.json", revision=listing.commit, local_dir=folder)
            shape = ModelShape.of(json.loads(Path(config).read_text()))
        described = HfApi().get_safetensors_metadata(model.source, revision=listing.commit).files_metadata
    except (NotASafetensorsRepoError, SafetensorsParsingError, ValueError) as error:
        raise ConfigurationError(f"the files of {model.source} are not what a checkpoint has: {error}") from error
    except HUB_ERRORS as error:
        raise refusal(model, error) from error
    tensors = (
        StoredTensor(name, tensor.dtype, tensor.data_offsets[1] - tensor.data_offsets[0])
        for file in described.values()
        for name, tensor in file.tensors.items()
    )
    on_disk = sum(file.size for file in listing.files if file.path in described)
    weights = weight_sizes.of_tensors(tensors, on_disk, shape, _loaded(shape, dtype_bytes))
    return ModelMetadata(shape, weights, sum(file.size for file in listing.files), "hub")
