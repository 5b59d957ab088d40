from __future__ import annotations

from typing import Any

import pytest

from jobai_server.engines.embedding import EmbeddingFacts
from jobai_server.errors import InvalidRequest
from jobai_server.openai_format.embedding_request import (
    EmbeddingRequest,
    Purpose,
    check_count,
    check_dimensions,
    purpose_of,
)
from jobai_server.openai_format.request_model import parse_request

PLAIN = EmbeddingFacts(384)
PREFIXED = EmbeddingFacts(
    768,
    nested=True,
    prefixes={"query": "search_query: ", "document": "search_document: "},
    default_input_type="document",
)


def embeddings(**fields: Any) -> EmbeddingRequest:
    return parse_request(EmbeddingRequest, {"input": "hi"} | fields)


@pytest.mark.parametrize(
    ("given", "params"),
    [
        ("a", ["input"]),
        (["a", "b"], ["input[0]", "input[1]"]),
        ([1, 2, 3], ["input"]),
        ([[1], [2, 3]], ["input[0]", "input[1]"]),
    ],
)
def test_forms_of_inputs(given: object, params: list[str]) -> None:
    assert [one.param for one in embeddings(input=given).inputs] == params


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"input": ""}, "input", "empty_string"),
        ({"input": []}, "input", "empty_array"),
        ({"input": ["a", ""]}, "input[1]", "empty_string"),
        ({"input": [[1], []]}, "input[1]", "empty_array"),
        ({"input": ["a", 1]}, "input[1]", "invalid_type"),
        ({"input": [1, "a"]}, "input[1]", "invalid_type"),
        ({"input": [-1]}, "input[0]", "integer_below_min_value"),
        ({"input": None}, "input", "invalid_type"),
        ({"input": {"text": "a"}}, "input", "invalid_type"),
        ({"input": ["a"] * 2049}, "input", "array_above_max_length"),
        ({"encoding_format": "ubinary"}, "encoding_format", "invalid_value"),
        ({"dimensions": 0}, "dimensions", "integer_below_min_value"),
        ({"dimensions": "384"}, "dimensions", "invalid_type"),
        ({"input_type": "passage"}, "input_type", "invalid_value"),
        ({"truncate": "END"}, "truncate", "invalid_type"),
        ({"user": 5}, "user", "invalid_type"),
        ({"dimension": 8}, "dimension", "unknown_parameter"),
        ({"input": [1, 2], "input_type": "query"}, "input_type", "invalid_value"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        embeddings(**fields)
    assert (caught.value.param, caught.value.code) == (param, code)


def test_a_missing_input_is_named() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_request(EmbeddingRequest, {"model": "embedding"})
    assert (caught.value.param, caught.value.code) == ("input", "missing_required_parameter")


@pytest.mark.parametrize(
    ("fields", "facts", "expected"),
    [
        ({}, PLAIN, Purpose(None, "")),
        ({"input_type": "query"}, PLAIN, Purpose("query", "")),
        ({}, PREFIXED, Purpose("document", "search_document: ")),
        ({"input_type": "query"}, PREFIXED, Purpose("query", "search_query: ")),
        ({"input_type": "clustering"}, PREFIXED, Purpose("clustering", "")),
        ({"input": [1, 2]}, PREFIXED, Purpose(None, "")),
    ],
)
def test_the_purpose_chooses_the_prefix(fields: dict[str, Any], facts: EmbeddingFacts, expected: Purpose) -> None:
    assert purpose_of(embeddings(**fields), facts) == expected


@pytest.mark.parametrize(("asked", "facts"), [(None, PLAIN), (384, PLAIN), (64, PREFIXED), (768, PREFIXED)])
def test_dimensions_that_a_model_has(asked: int | None, facts: EmbeddingFacts) -> None:
    check_dimensions(asked, facts)


@pytest.mark.parametrize(
    ("asked", "facts", "code"),
    [
        (64, PLAIN, "unsupported_parameter"),
        (385, PLAIN, "integer_above_max_value"),
        (769, PREFIXED, "integer_above_max_value"),
    ],
)
def test_dimensions_that_a_model_lacks_are_refused(asked: int, facts: EmbeddingFacts, code: str) -> None:
    with pytest.raises(InvalidRequest, match=str(facts.dimensions)) as caught:
        check_dimensions(asked, facts)
    assert (caught.value.param, caught.value.code) == ("dimensions", code)


def test_too_many_inputs_are_refused_with_the_limit() -> None:
    check_count(64, 64, "input")
    with pytest.raises(InvalidRequest, match="maximum length 64, but got an array with length 65") as caught:
        check_count(65, 64, "input")
    assert (caught.value.param, caught.value.code) == ("input", "array_above_max_length")
