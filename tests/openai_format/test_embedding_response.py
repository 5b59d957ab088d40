from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from openai.types import CreateEmbeddingResponse

from jobai_server.errors import InputFailed
from jobai_server.openai_format.embedding_request import Purpose
from jobai_server.openai_format.embedding_response import embedding_items, embedding_list, shortened, shortest
from jobai_server.openai_format.identity import TokenUsage

VECTORS = np.random.default_rng(7).standard_normal((3, 16)).astype(np.float32)
PARAMS = ["input[0]", "input[1]", "input[2]"]
PURPOSE = Purpose("query", 'search "query": ')


def test_the_list_is_openai_s() -> None:
    items = [embedding_items(VECTORS[:2], "float", None, 0), embedding_items(VECTORS[2:], "float", None, 2)]
    body = json.loads(embedding_list(items, "m", PURPOSE, TokenUsage(12)))
    answer = CreateEmbeddingResponse.model_validate(body, strict=True)
    assert [one.index for one in answer.data] == [0, 1, 2]
    assert (np.array([one.embedding for one in answer.data], np.float32) == VECTORS).all()
    assert (answer.object, answer.model) == ("list", "m")
    assert body["usage"] == {"prompt_tokens": 12, "total_tokens": 12}
    assert (body["input_type"], body["prompt_prefix"]) == ("query", 'search "query": ')
    assert set(body["data"][0]) == {"object", "index", "embedding"}


def test_base64_is_of_little_endian_float32() -> None:
    big_endian = VECTORS.astype(">f4")
    for vectors in (VECTORS, big_endian):
        items = json.loads(b"[%b]" % embedding_items(vectors, "base64", [False, True, False], 5))
        assert [one["index"] for one in items] == [5, 6, 7]
        assert [one["truncated"] for one in items] == [False, True, False]
        assert base64.b64decode(items[1]["embedding"]) == VECTORS[1].astype("<f4").tobytes()


@pytest.mark.parametrize("encoding_format", ["float", "base64"])
def test_a_slice_of_vectors_is_written_as_it_is(encoding_format: str) -> None:
    every_second = VECTORS[:, ::2]
    (item,) = json.loads(b"[%b]" % embedding_items(every_second[:1], encoding_format, None, 0))  # type: ignore[arg-type]
    written = item["embedding"]
    read = (
        np.array(written, np.float32) if encoding_format == "float" else np.frombuffer(base64.b64decode(written), "<f4")
    )
    assert (read == VECTORS[0, ::2]).all()


def test_numbers_are_as_short_as_a_float32_can_be() -> None:
    edges = [0.0, -0.0, 1.0, 0.1, -0.3, 1.1754944e-38, 0.99999994, 1e-7, 16777216, 9.9999998e-9]
    numbers = np.concatenate([np.array(edges, np.float32), VECTORS.ravel(), VECTORS.ravel() ** 9])
    for exact, short in zip(numbers, shortest(numbers).tolist(), strict=True):
        assert np.float32(short) == exact
        assert repr(short) == repr(float(str(exact)))


def test_a_shortened_vector_has_length_one_again() -> None:
    cut = shortened(VECTORS, 4, PARAMS)
    assert cut.shape == (3, 4)
    assert cut.dtype == np.float32
    assert np.linalg.norm(cut, axis=1) == pytest.approx([1, 1, 1])
    assert (cut[0] / cut[0, 0]) == pytest.approx(VECTORS[0, :4] / VECTORS[0, 0])
    assert shortened(VECTORS, 16, PARAMS) is shortened(VECTORS, None, PARAMS) is VECTORS


def test_a_vector_that_begins_with_tiny_numbers_is_shortened_too() -> None:
    tiny = np.array([[3e-30, 4e-30, 1]], np.float32)
    assert shortened(tiny, 2, PARAMS)[0] == pytest.approx([0.6, 0.8])


def test_a_vector_that_begins_with_zeros_alone_cannot_be_shortened_and_is_named() -> None:
    vectors = VECTORS.copy()
    vectors[1, :4] = 0
    with pytest.raises(InputFailed) as failed:
        shortened(vectors, 4, PARAMS)
    assert (failed.value.param, failed.value.index) == ("input[1]", 1)
    assert np.isfinite(shortened(vectors, 5, PARAMS)).all()
