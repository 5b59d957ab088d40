"""What the files of a sentence-transformers checkpoint say about the model, read without loading it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobai_server.engines.embedding import EmbeddingFacts, InputType
from jobai_server.errors import ConfigurationError
from jobai_server.settings import ModelSettings

# Under which names checkpoints keep the words for each purpose.
PROMPT_NAMES: Mapping[InputType, tuple[str, ...]] = {
    "query": ("query", "search_query"),
    "document": ("document", "passage", "search_document"),
    "clustering": ("clustering",),
    "classification": ("classification",),
}
# Its first checkpoints were published before checkpoints could say so themselves.
NOMIC_PREFIXES: Mapping[InputType, str] = {
    "query": "search_query: ",
    "document": "search_document: ",
    "clustering": "clustering: ",
    "classification": "classification: ",
}
NESTED_NAMES = ("nomic-embed-text-v1.5",)


def check_embedding_checkpoint(model: ModelSettings, folder: Path) -> None:
    """
    Raises:
        ConfigurationError: These files do not say how the model's outputs become one vector.
    """
    name = model.name[0]
    try:
        modules = json.loads((folder / "modules.json").read_text())
        kinds = {str(module["type"]).rpartition(".")[2]: str(module["path"]) for module in modules}
    except FileNotFoundError:
        raise ConfigurationError(
            f"Model '{name}': {folder} holds no modules.json, so it is no embedding model for sentence-transformers."
        ) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigurationError(f"Model '{name}': {folder}/modules.json cannot be read: {error}") from error
    for kind in ("Pooling", "Dense"):
        if kind in kinds and not (folder / kinds[kind] / "config.json").is_file():
            raise ConfigurationError(f"Model '{name}': {folder} is not complete, {kinds[kind]}/config.json is missing.")


def embedding_facts(model: ModelSettings, folder: Path, dimensions: int) -> EmbeddingFacts:
    """What this checkpoint can be asked for."""
    config = _read(folder / "config.json")
    own = _read(folder / "config_sentence_transformers.json")
    is_nomic = config.get("model_type") == "nomic_bert" or "nomic-embed-text" in model.source
    prefixes = _own_prefixes(own.get("prompts")) or (NOMIC_PREFIXES if is_nomic else {})
    default: InputType | None = "document" if is_nomic else None
    for purpose, names in PROMPT_NAMES.items():
        if own.get("default_prompt_name") in names:
            default = purpose
    return EmbeddingFacts(
        dimensions=dimensions,
        nested=bool(config.get("is_matryoshka") or config.get("matryoshka_dimensions"))
        or any(name in model.source for name in NESTED_NAMES),
        prefixes=prefixes,
        default_input_type=default if default in prefixes else None,
    )


def _own_prefixes(prompts: object) -> dict[InputType, str]:
    if not isinstance(prompts, dict):
        return {}
    found: dict[InputType, str] = {}
    for purpose, names in PROMPT_NAMES.items():
        texts = [prompts[name] for name in names if isinstance(prompts.get(name), str) and prompts[name]]
        if texts:
            found[purpose] = texts[0]
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
