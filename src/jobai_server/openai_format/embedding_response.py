"""The answer of POST /v1/embeddings, made as bytes: an object for every number would cost more than the model."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from jobai_server.errors import InputFailed
from jobai_server.openai_format.embedding_request import Purpose
from jobai_server.openai_format.identity import TokenUsage

Vectors = NDArray[np.float32]

FEWER_DIGITS = (9, 8, 7, 6)
"""Significant digits that may be enough to write a float32; nine always are."""


def embedding_items(
    vectors: Vectors, encoding_format: Literal["float", "base64"], truncated: Sequence[bool] | None, first: int
) -> bytes:
    """A piece of the list `data`.

    Args:
        vectors: Shape (inputs, dimensions).
        encoding_format: Numbers, or the base64 of their little-endian float32.
        truncated: Whether each input was cut; None says nothing about it.
        first: The first one's index.
    """
    if encoding_format == "base64":
        written = [b'"%b"' % base64.b64encode(row.tobytes()) for row in vectors.astype("<f4", copy=False)]
    else:
        written = [to_json(row) for row in shortest(vectors).tolist()]
    ends = [b"}" if truncated is None else b',"truncated":%b}' % to_json(cut) for cut in truncated or written]
    return b",".join(
        b'{"object":"embedding","index":%d,"embedding":%b%b' % (index, one, end)
        for index, (one, end) in enumerate(zip(written, ends, strict=True), first)
    )


def embedding_list(items: Iterable[bytes], model: str, purpose: Purpose, usage: TokenUsage) -> bytes:
    """OpenAI's list of embeddings. Besides its fields: `input_type` and `prompt_prefix`, what was put in front of
    every text; empty where the model wants nothing."""
    rest = {
        "model": model,
        "input_type": purpose.input_type,
        "prompt_prefix": purpose.prefix,
        "usage": input_usage(usage),
    }
    return b'{"object":"list","data":[%b],%b' % (b",".join(items), json.dumps(rest, separators=(",", ":")).encode()[1:])


def input_usage(usage: TokenUsage) -> dict[str, int]:
    """OpenAI's usage object where nothing is written."""
    return {"prompt_tokens": usage.prompt_tokens, "total_tokens": usage.prompt_tokens}


def shortened(vectors: Vectors, dimensions: int | None, params: Sequence[str]) -> Vectors:
    """The first numbers of every vector, at length 1 again.

    Args:
        params: The inputs' places in the request.

    Raises:
        InputFailed: They are all zero, and have no direction.
    """
    if dimensions is None or dimensions == vectors.shape[1]:
        return vectors
    cut = vectors[:, :dimensions].astype(np.float64)  # squares of small float32 are zero
    lengths = np.linalg.norm(cut, axis=1, keepdims=True)
    if not lengths.all():
        index = int(np.argmin(lengths))
        message = f"The first {dimensions} numbers of the embedding of '{params[index]}' are all zero: they cannot be "
        raise InputFailed(f"{message}brought to length 1. Ask for more 'dimensions'.", index=index, param=params[index])
    unit: Vectors = (cut / lengths).astype(np.float32)
    return unit


def shortest(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The same numbers as the float64 that Python writes shortest: 0.1 and not 0.10000000149011612."""
    exact = vectors.astype(np.float64)
    with np.errstate(divide="ignore"):
        exponents = np.floor(np.log10(np.abs(exact)))
    best = exact
    for digits in FEWER_DIGITS:
        scale = 10.0 ** (digits - 1 - np.where(np.isfinite(exponents), exponents, 0))
        rounded = np.rint(exact * scale) / scale
        best = np.where(rounded.astype(np.float32) == vectors, rounded, best)
    return best
