"""POST /v1/embeddings with a stand-in engine: what reaches the engine, and what comes back."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import pytest
from prometheus_client import REGISTRY
from tests.stand_in_embedding import END, LONGEST, PREFIXES, START, StandInEmbedding
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import ServedApp, served_app

from jobai_server.auth.key_fields import KeyFields
from jobai_server.auth.usage.usage_writer import UsageWriter
from jobai_server.engines.embedding import EmbeddingFacts
from jobai_server.errors import EngineDied, Overloaded


@pytest.fixture
def embedding() -> StandInEmbedding:
    return StandInEmbedding()


@pytest.fixture
async def served(embedding: StandInEmbedding) -> AsyncIterator[ServedApp]:
    async with served_app(StandInEngine(), embedding, max_embedding_inputs=4) as served:
        yield served


async def ask(served: ServedApp, **body: Any) -> httpx.Response:
    return await served.client.post("/v1/embeddings", json={"input": "hi"} | body)


def tokens(text: str) -> list[int]:
    return [START, *text.encode(), END]


async def test_texts_come_back_as_vectors_in_order(served: ServedApp, embedding: StandInEmbedding) -> None:
    together = (await ask(served, input=["ab", "longer", "é"])).json()
    assert embedding.requests == [[tokens("ab"), tokens("longer"), tokens("é")]]
    assert together["model"] == "stand-in-embedding"
    assert together["usage"] == {"prompt_tokens": 4 + 8 + 4, "total_tokens": 4 + 8 + 4}
    for index, text in enumerate(["ab", "longer", "é"]):
        alone = (await ask(served, input=text)).json()["data"]
        assert alone[0]["embedding"] == together["data"][index]["embedding"]
        assert together["data"][index]["index"] == index


async def test_token_ids_give_the_vector_of_their_text(served: ServedApp) -> None:
    text = (await ask(served, input="ab")).json()
    ids = (await ask(served, input=[97, 98])).json()
    lists = (await ask(served, input=[[120], [97, 98]])).json()
    assert ids["data"] == text["data"]
    assert lists["data"][1]["embedding"] == text["data"][0]["embedding"]
    assert ids["usage"] == text["usage"]


async def test_both_encodings_hold_the_same_numbers(served: ServedApp) -> None:
    as_numbers = (await ask(served, encoding_format="float")).json()["data"][0]["embedding"]
    as_text = (await ask(served, encoding_format="base64")).json()["data"][0]["embedding"]
    assert (np.frombuffer(base64.b64decode(as_text), "<f4") == np.array(as_numbers, np.float32)).all()


async def test_too_many_inputs_are_refused_with_the_setting(served: ServedApp) -> None:
    assert (await ask(served, input=["a"] * 4)).status_code == 200
    response = await ask(served, input=["a"] * 5)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (400, "input", "array_above_max_length")
    assert "maximum length 4" in error["message"]


@pytest.mark.parametrize(
    ("given", "param", "length"),
    [
        ("x" * LONGEST, "input", LONGEST + 2),
        (["a", "b", "c", "x" * (LONGEST - 1)], "input[3]", LONGEST + 1),
        ([[5] * LONGEST], "input[0]", LONGEST + 2),
    ],
)
async def test_an_input_that_is_too_long_is_named_with_both_lengths(
    served: ServedApp, embedding: StandInEmbedding, given: object, param: str, length: int
) -> None:
    response = await ask(served, input=given)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (400, param, "context_length_exceeded")
    assert f"{LONGEST} tokens" in error["message"]
    assert f"{length} tokens" in error["message"]
    assert embedding.requests == []


async def test_an_input_that_fits_exactly_is_embedded(served: ServedApp) -> None:
    assert (await ask(served, input="x" * (LONGEST - 2))).json()["usage"]["prompt_tokens"] == LONGEST


async def test_a_text_that_is_far_too_long_is_refused_before_it_is_encoded(served: ServedApp) -> None:
    response = await ask(served, input=["a", "x" * 10_000])
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (400, "input[1]", "context_length_exceeded")
    assert f"{LONGEST} tokens" in error["message"]
    assert "10000 characters" in error["message"]


@pytest.mark.parametrize("length", [LONGEST, 10_000])
async def test_truncation_is_said(served: ServedApp, embedding: StandInEmbedding, length: int) -> None:
    body = (await ask(served, input=["a", "x" * length], truncate=True)).json()
    assert [one["truncated"] for one in body["data"]] == [False, True]
    assert embedding.requests == [[tokens("a"), tokens("x" * (LONGEST - 2))]]
    assert body["usage"]["prompt_tokens"] == 3 + LONGEST


async def test_nothing_is_said_of_truncation_unasked(served: ServedApp) -> None:
    assert "truncated" not in (await ask(served)).json()["data"][0]


async def test_prefixes_are_put_in_front_and_named(served: ServedApp, embedding: StandInEmbedding) -> None:
    embedding.facts = EmbeddingFacts(32, prefixes=PREFIXES, default_input_type="document")
    said = []
    for body in ({}, {"input_type": "query"}, {"input_type": "clustering"}, {"input": [104, 105]}):
        answer = (await ask(served, **body)).json()
        said.append((answer["input_type"], answer["prompt_prefix"]))
    assert said == [("document", "text: "), ("query", "find: "), ("clustering", ""), (None, "")]
    assert [one for (one,) in embedding.requests] == [
        tokens("text: hi"),
        tokens("find: hi"),
        tokens("hi"),
        tokens("hi"),
    ]


async def test_a_model_without_prefixes_takes_every_input_type(served: ServedApp, embedding: StandInEmbedding) -> None:
    answer = (await ask(served, input_type="query")).json()
    assert (answer["input_type"], answer["prompt_prefix"]) == ("query", "")
    assert embedding.requests == [[tokens("hi")]]


async def test_dimensions_shorten_what_was_trained_for_it(served: ServedApp, embedding: StandInEmbedding) -> None:
    refused = await ask(served, dimensions=8)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "dimensions")
    assert (await ask(served, dimensions=32)).status_code == 200
    embedding.facts = EmbeddingFacts(32, nested=True)
    vector = (await ask(served, dimensions=16)).json()["data"][0]["embedding"]
    assert len(vector) == 16
    assert np.linalg.norm(vector) == pytest.approx(1)


async def test_an_input_that_the_model_fails_on_is_named(served: ServedApp, embedding: StandInEmbedding) -> None:
    embedding.poison = ord("z")
    response = await ask(served, input=["a", "b", "z"])
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (400, "input[2]", "input_failed")


@pytest.mark.parametrize("failure", [EngineDied("It died."), Overloaded("It is full.")])
async def test_an_engine_that_fails_is_a_503(
    served: ServedApp, embedding: StandInEmbedding, failure: Exception
) -> None:
    embedding.fail = failure
    response = await ask(served)
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) >= 1


@pytest.mark.parametrize("model", ["stand-in-embedding", "embedding", None])
async def test_the_model_is_found_by_its_names(served: ServedApp, model: str | None) -> None:
    assert (await ask(served, **({} if model is None else {"model": model}))).status_code == 200


async def test_models_of_the_other_kind_are_refused(served: ServedApp) -> None:
    for response in (await ask(served, model="stand-in"), await served.chat(model="stand-in-embedding")):
        assert (response.status_code, response.json()["error"]["param"]) == (400, "model")
    assert (await ask(served, model="other")).status_code == 404


async def test_a_model_that_is_not_ready_is_a_503(served: ServedApp) -> None:
    served.state.catalog.entries["stand-in-embedding"].embedding_engine = None
    response = await ask(served)
    assert (response.status_code, response.json()["error"]["code"]) == (503, "model_unavailable")


async def test_tokens_count_towards_the_key_s_limit_and_usage(served: ServedApp) -> None:
    _, key = await served.state.access.create("tester", KeyFields(name="few", tokens_per_minute=30))
    served.client.headers["X-API-Key"] = key
    first = await ask(served, input=["abc", "defg"])
    assert first.headers["x-ratelimit-remaining-tokens"] == str(30 - 11)
    refused = await ask(served, input=["x" * 20])
    assert (refused.status_code, refused.json()["error"]["type"]) == (429, "tokens")
    assert (await ask(served, input=["x" * 17])).status_code == 200
    await UsageWriter(served.state.access.store.database, served.state.usage).flush()
    total = (await served.client.get("/v1/usage")).json()["total"]
    assert (total["prompt_tokens"], total["completion_tokens"]) == (11 + 19, 0)


async def test_a_key_for_other_models_is_refused(served: ServedApp) -> None:
    _, key = await served.state.access.create("tester", KeyFields(name="text only", models=("stand-in",)))
    served.client.headers["X-API-Key"] = key
    response = await ask(served)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "permission_denied")


async def test_embedded_texts_are_counted(served: ServedApp) -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("jobai_embedded_texts_total", {"model": "stand-in-embedding"}) or 0.0

    before = counted()
    await ask(served, input=["a", "b", "c"])
    assert counted() - before == 3
