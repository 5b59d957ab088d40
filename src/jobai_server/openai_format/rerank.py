"""POST /v1/rerank in the shape that Cohere and Jina gave it and vLLM, TEI and LiteLLM took over."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from jobai_server.openai_format.embedding_request import MAX_INPUTS
from jobai_server.openai_format.embedding_response import input_usage, shortest
from jobai_server.openai_format.field_types import chosen_by, tag
from jobai_server.openai_format.identity import TokenUsage
from jobai_server.openai_format.prompt_input import PromptInput, PromptText
from jobai_server.openai_format.request_model import RequestBody, RequestPart

DOCUMENTS_PER_INPUT = 16
"""A request may have this many times as many documents as one for embeddings may have inputs: each comes back as one
number instead of hundreds."""
MAX_DOCUMENTS = MAX_INPUTS * DOCUMENTS_PER_INPUT


class RerankDocument(RequestPart):
    text: PromptText


def _document_form(value: Any) -> str | None:
    return "text" if isinstance(value, str) else "object" if isinstance(value, dict) else None


Document = Annotated[
    Annotated[PromptText, tag("text")] | Annotated[RerankDocument, tag("object")],
    chosen_by(_document_form, expected="a string or an object"),
]


class RerankRequest(RequestBody):
    """Documents to put in order. Besides Cohere's and Jina's fields: `truncate`."""

    query: PromptText
    documents: Annotated[list[Document], Field(fail_fast=True, min_length=1, max_length=MAX_DOCUMENTS)]
    top_n: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    return_documents: bool | None = None
    max_tokens_per_doc: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    truncate: bool | None = None

    @property
    def texts(self) -> list[PromptInput]:
        """The documents' texts, in order."""
        return [
            PromptInput(f"documents[{index}]", text=one)
            if isinstance(one, str)
            else PromptInput(f"documents[{index}].text", text=one.text)
            for index, one in enumerate(self.documents)
        ]

    @property
    def may_cut(self) -> bool:
        """Whether documents may be shortened."""
        return bool(self.truncate) or self.max_tokens_per_doc is not None


def best_first(body: RerankRequest, scores: NDArray[np.float32], truncated: list[bool]) -> list[dict[str, Any]]:
    """The list `results`: the best `top_n`, equally good ones in the order they were given.

    Args:
        body: The request.
        scores: Cosine similarity of each document to the query.
        truncated: Whether each document was cut; said where the request allows it.
    """
    written = shortest(np.clip(scores, -1, 1)).tolist()
    texts = body.texts
    results = []
    for index in np.argsort(-scores, kind="stable")[: body.top_n].tolist():
        result = {"index": index, "relevance_score": written[index]}
        if body.return_documents:
            result["document"] = {"text": texts[index].text}
        if body.may_cut:
            result["truncated"] = truncated[index]
        results.append(result)
    return results


def ranking(identity: str, model: str, results: list[dict[str, Any]], usage: TokenUsage) -> dict[str, Any]:
    """The whole answer."""
    return {"id": identity, "object": "list", "model": model, "results": results, "usage": input_usage(usage)}
