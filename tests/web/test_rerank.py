"""POST /v1/rerank with a stand-in engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import pytest
from tests.stand_in_embedding import END, LONGEST, PREFIXES, START, StandInEmbedding
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import ServedApp, served_app

from jobai_server.engines.embedding import EmbeddingFacts

DOCUMENTS = ["zzz", "abc", "abz", "abc"]


@pytest.fixture
def embedding() -> StandInEmbedding:
    return StandInEmbedding()


@pytest.fixture
async def served(embedding: StandInEmbedding) -> AsyncIterator[ServedApp]:
    async with served_app(StandInEngine(), embedding, max_embedding_inputs=2) as served:
        yield served


async def ask(served: ServedApp, **body: Any) -> httpx.Response:
    return await served.client.post("/v1/rerank", json={"query": "abc", "documents": DOCUMENTS} | body)


async def results(served: ServedApp, **body: Any) -> list[dict[str, Any]]:
    response = await ask(served, **body)
    assert response.status_code == 200, response.text
    listed: list[dict[str, Any]] = response.json()["results"]
    return listed


async def test_the_nearest_come_first_and_equals_as_they_were_given(served: ServedApp) -> None:
    body = (await ask(served)).json()
    assert [one["index"] for one in body["results"]] == [1, 3, 2, 0]
    assert body["results"][0] == {"index": 1, "relevance_score": 1.0}
    assert body["id"].startswith("rerank-")
    assert body["model"] == "stand-in-embedding"
    assert body["usage"] == {"prompt_tokens": 5 * 5, "total_tokens": 5 * 5}


async def test_scores_are_cosines_of_the_embeddings(served: ServedApp) -> None:
    answer = await served.client.post("/v1/embeddings", json={"input": ["abc", "abz"]})
    query, document = (np.array(one["embedding"]) for one in answer.json()["data"])
    score = next(one["relevance_score"] for one in await results(served) if one["index"] == 2)
    assert score == pytest.approx(query @ document, abs=1e-6)


async def test_the_engine_gets_as_many_at_once_as_an_embeddings_request_may_have(
    served: ServedApp, embedding: StandInEmbedding
) -> None:
    await results(served, documents=["a", "b", "c", "d", "e"])
    assert [len(call) for call in embedding.requests] == [1, 2, 2, 1]


async def test_top_n_and_documents(served: ServedApp) -> None:
    best = await results(served, top_n=2, return_documents=True, documents=["zzz", {"text": "abc"}, "abz"])
    assert [(one["index"], one["document"]) for one in best] == [(1, {"text": "abc"}), (2, {"text": "abz"})]
    assert len(await results(served, top_n=100)) == 4


async def test_each_side_gets_its_prefix(served: ServedApp, embedding: StandInEmbedding) -> None:
    embedding.facts = EmbeddingFacts(32, prefixes=PREFIXES)
    await results(served, documents=["d"])
    assert embedding.requests == [[[START, *b"find: abc", END]], [[START, *b"text: d", END]]]


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"query": ""}, "query", "empty_string"),
        ({"query": ["a"]}, "query", "invalid_type"),
        ({"query": "x" * LONGEST}, "query", "context_length_exceeded"),
        ({"query": "x" * LONGEST, "truncate": True}, "query", "context_length_exceeded"),
        ({"documents": []}, "documents", "empty_array"),
        ({"documents": "a"}, "documents", "invalid_type"),
        ({"documents": ["a", ""]}, "documents[1]", "empty_string"),
        ({"documents": ["a", 1]}, "documents[1]", "invalid_type"),
        ({"documents": [{"text": ""}]}, "documents[0].text", "empty_string"),
        ({"documents": [{"title": "a"}]}, "documents[0].title", "unknown_parameter"),
        ({"documents": ["a", {"text": "x" * LONGEST}]}, "documents[1].text", "context_length_exceeded"),
        ({"documents": ["a"] * 33}, "documents", "array_above_max_length"),
        ({"top_n": 0}, "top_n", "integer_below_min_value"),
        ({"max_tokens_per_doc": 0}, "max_tokens_per_doc", "integer_below_min_value"),
        ({"rank_fields": ["a"]}, "rank_fields", "unknown_parameter"),
        ({"model": "stand-in"}, "model", "model_not_supported"),
    ],
)
async def test_what_is_wrong_is_named(served: ServedApp, body: dict[str, Any], param: str, code: str) -> None:
    response = await ask(served, **body)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (400, param, code)


async def test_documents_are_cut_where_the_request_says_so(served: ServedApp, embedding: StandInEmbedding) -> None:
    said = await results(served, documents=["abc", "z" * LONGEST], truncate=True)
    assert [one["truncated"] for one in said] == [False, True]
    embedding.requests.clear()
    embedding.facts = EmbeddingFacts(32, prefixes=PREFIXES)
    said = await results(served, documents=["ab", "abcd"], max_tokens_per_doc=3)
    assert sorted((one["index"], one["truncated"]) for one in said) == [(0, False), (1, True)]
    assert embedding.requests[1] == [[START, *b"text: ab", END], [START, *b"text: abc", END]]


async def test_a_document_that_the_model_fails_on_is_named(served: ServedApp, embedding: StandInEmbedding) -> None:
    embedding.poison = ord("!")
    response = await ask(served, documents=["a", "b", "c", "d!"])
    assert (response.status_code, response.json()["error"]["param"]) == (400, "documents[3]")
