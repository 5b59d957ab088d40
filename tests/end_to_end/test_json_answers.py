"""`response_format`: answers that are JSON, whatever the model would rather write."""

from __future__ import annotations

import json
from typing import Any, Literal

import jsonschema
import pytest
from openai import BadRequestError, OpenAI
from openai.types.chat import ChatCompletionMessageParam
from openai.types.shared_params import ResponseFormatJSONSchema
from pydantic import BaseModel, Field
from tests.end_to_end.vocabulary import MODEL, always, never, never_blank

pytestmark = pytest.mark.engine

MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "A junior nurse, as JSON."}]
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "maxLength": 12},
        "level": {"enum": ["junior", "senior"]},
        "years": {"type": "integer", "minimum": 0, "maximum": 9},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 4}, "maxItems": 2},
    },
    "required": ["title", "level", "years", "tags"],
    "additionalProperties": False,
}


def test_json_object_answers_are_json_objects(client: OpenAI) -> None:
    bias = always("}") | never(lambda text: text != "{" and text.startswith("{"))

    def answer(kind: Literal["text", "json_object"]) -> str:
        reply = client.chat.completions.create(
            model=MODEL,
            messages=MESSAGES,
            max_tokens=64,
            logit_bias=bias,
            extra_body={"response_format": {"type": kind}},
        )
        return reply.choices[0].message.content or ""

    # A model that wants nothing but to close braces has to open them first.
    assert answer("text") == "}" * 64
    assert json.loads(answer("json_object")) == {}


@pytest.mark.parametrize("temperature", [0, 1, 2])
def test_json_schema_answers_follow_their_schema(client: OpenAI, temperature: float) -> None:
    answer = client.chat.completions.create(
        model=MODEL,
        messages=MESSAGES,
        temperature=temperature,
        seed=1,
        max_tokens=200,
        logit_bias=never_blank(),
        response_format=_format(SCHEMA),
    )
    assert answer.choices[0].finish_reason == "stop"
    jsonschema.validate(json.loads(answer.choices[0].message.content or ""), SCHEMA)


def test_a_streamed_json_answer_follows_its_schema(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL,
        messages=MESSAGES,
        max_tokens=200,
        seed=2,
        logit_bias=never_blank(),
        response_format=_format(SCHEMA),
        stream=True,
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    jsonschema.validate(json.loads(text), SCHEMA)


class Job(BaseModel):
    level: Literal["junior", "senior"]
    years: int = Field(ge=0, le=9)


def test_the_clients_parse_gives_an_object_of_the_callers_class(client: OpenAI) -> None:
    answer = client.chat.completions.parse(
        model=MODEL, messages=MESSAGES, max_tokens=100, logit_bias=never_blank(), response_format=Job
    )
    assert isinstance(answer.choices[0].message.parsed, Job)


def test_a_schema_that_is_none_is_refused(client: OpenAI) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.chat.completions.create(
            model=MODEL, messages=MESSAGES, response_format=_format({"type": "no such type"})
        )
    assert refused.value.param == "response_format"
    assert refused.value.code == "invalid_json_schema"


def _format(schema: dict[str, Any]) -> ResponseFormatJSONSchema:
    return {"type": "json_schema", "json_schema": {"name": "job", "schema": schema, "strict": True}}


@pytest.mark.parametrize(
    "schema",
    [
        {"enum": ["a<|eot_id|>b"]},
        {"type": "object", "properties": {"<|end_of_text|>": {"type": "string"}}},
        {"type": "integer", "multipleOf": 999999937},
        {"enum": [2**70]},
        {"type": "object", "x-guidance": {"item_separator": "(("}},
        {"type": "array", "uniqueItems": True},
    ],
)
def test_a_schema_that_cannot_be_followed_is_refused_by_name(client: OpenAI, schema: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.chat.completions.create(model=MODEL, messages=MESSAGES, max_tokens=20, response_format=_format(schema))
    assert refused.value.param == "response_format"
