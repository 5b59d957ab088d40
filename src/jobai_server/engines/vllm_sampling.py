"""Our sampling settings in vLLM's terms, and vLLM's reasons for an end in ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jobai_server.engines.protocol import FinishReason, JsonShape, Sampling
from jobai_server.engines.safe_tokenizer import SafeTokenizer
from jobai_server.errors import EngineDied, InvalidRequest

if TYPE_CHECKING:
    from vllm import SamplingParams

# Between JSON's parts exactly one space: what models have read most of, and no room for endless white space.
SEPARATORS = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}

FINISH_REASONS: Mapping[str, FinishReason] = {"stop": "stop", "length": "length"}


def sampling_params(sampling: Sampling) -> SamplingParams:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    several_greedy = sampling.n > 1 and sampling.temperature == 0
    return SamplingParams(
        n=sampling.n,
        max_tokens=sampling.max_tokens,
        temperature=1.0 if several_greedy else sampling.temperature,
        # vLLM refuses several answers at temperature 0; the most probable token alone comes to the same.
        top_k=1 if several_greedy else 0,
        top_p=sampling.top_p,
        stop=list(sampling.stop),
        seed=sampling.seed,
        presence_penalty=sampling.presence_penalty,
        frequency_penalty=sampling.frequency_penalty,
        logit_bias=dict(sampling.logit_bias) or None,
        logprobs=sampling.logprobs,
        structured_outputs=_structured_outputs(sampling.json_shape),
        skip_special_tokens=not sampling.keep_control_tokens,
        output_kind=RequestOutputKind.DELTA,
    )


def check_shape(shape: JsonShape | None, tokenizer: SafeTokenizer) -> None:
    """A grammar cannot spell out a control token: vLLM would break off the answer in the middle of it."""
    if shape and shape.schema and tokenizer.holds_control_token(json.dumps(shape.schema, ensure_ascii=False)):
        raise InvalidRequest(
            "The schema holds the text of one of the model's control tokens.",
            param=shape.param,
            code="invalid_json_schema",
        )


def _structured_outputs(shape: JsonShape | None) -> Any:
    from vllm.sampling_params import StructuredOutputsParams

    if shape is None:
        return None
    schema = {"type": "object"} if shape.schema is None else shape.schema
    return StructuredOutputsParams(json={**schema, "x-guidance": SEPARATORS})


def finish_reason(reason: str | None) -> FinishReason | None:
    if reason is None:
        return None
    try:
        return FINISH_REASONS[reason]
    except KeyError:
        raise EngineDied("The engine gave up on this answer before it was complete.") from None
