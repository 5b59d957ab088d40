"""POST /v1/rerank on the real model."""

from __future__ import annotations

import httpx2
import numpy as np
import pytest
from openai import OpenAI

pytestmark = pytest.mark.engine

QUERY = "python developer"
DOCUMENTS = ["Pastry chef in a hotel kitchen", "Software engineer who writes Python", "Truck driver, night shifts"]


def test_the_best_document_comes_first(http: httpx2.Client) -> None:
    body = {"query": QUERY, "documents": DOCUMENTS, "top_n": 2, "return_documents": True}
    answer = http.post("/v1/rerank", json=body).json()
    assert answer["model"] == "all-MiniLM-L6-v2"
    best, second = answer["results"]
    assert (best["index"], best["document"]) == (1, {"text": DOCUMENTS[1]})
    assert best["relevance_score"] > 0.5 > second["relevance_score"]
    assert answer["usage"]["prompt_tokens"] == answer["usage"]["total_tokens"] > 0


def test_scores_are_cosines_of_the_embeddings(http: httpx2.Client, client: OpenAI) -> None:
    results = http.post("/v1/rerank", json={"query": QUERY, "documents": DOCUMENTS}).json()["results"]
    data = client.embeddings.create(model="embedding", input=[QUERY, *DOCUMENTS]).data
    query, *documents = (np.array(one.embedding) for one in data)
    for one in results:
        assert one["relevance_score"] == pytest.approx(query @ documents[one["index"]], abs=5e-3)


def test_more_documents_than_one_engine_call_takes(http: httpx2.Client) -> None:
    documents = [f"Truck driver for route {number}" for number in range(300)] + [{"text": "Junior Python developer"}]
    best = http.post("/v1/rerank", json={"query": QUERY, "documents": documents, "top_n": 1}).json()["results"]
    assert [one["index"] for one in best] == [300]


def test_an_empty_document_is_named(http: httpx2.Client) -> None:
    response = http.post("/v1/rerank", json={"query": QUERY, "documents": ["a", ""]})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "documents[1]")
