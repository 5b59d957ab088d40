from __future__ import annotations

from typing import Any

import pytest
from tests.openai_format.streams import Stream, texts
from tests.stand_in_engine import StandInEngine

from jobai_server.errors import InvalidRequest
from jobai_server.openai_format.chat_reply import chat_reply, tool_call_parsers
from jobai_server.openai_format.chat_request import ChatCompletionRequest
from jobai_server.openai_format.chat_response import chat_completion
from jobai_server.openai_format.forced_calls import CallArrayParser
from jobai_server.openai_format.identity import fingerprint, new_identity
from jobai_server.openai_format.request_model import parse_request

CALLS = '[{"name": "f", "parameters": {"a": "}]\\"é"}}, {"name": "g", "parameters": {}}]'


def request(**fields: Any) -> ChatCompletionRequest:
    return parse_request(ChatCompletionRequest, {"messages": [{"role": "user", "content": "x"}]} | fields)


TOOLS = [{"type": "function", "function": {"name": "f"}}]


def test_parsers_follow_the_choice() -> None:
    engine = StandInEngine(parser=CallArrayParser())
    named = {"type": "function", "function": {"name": "f"}}
    assert tool_call_parsers(request(), engine) is None
    assert tool_call_parsers(request(tools=TOOLS, tool_choice="none"), engine) is None
    for choice in ("required", named, "auto", None):
        assert tool_call_parsers(request(tools=TOOLS, tool_choice=choice), engine) is not None
    # An answer that has to be JSON may look like a call, and only is one where it must be.
    json_object = {"type": "json_object"}
    assert tool_call_parsers(request(tools=TOOLS, response_format=json_object), engine) is None
    assert tool_call_parsers(request(tools=TOOLS, response_format=json_object, tool_choice="required"), engine)
    assert tool_call_parsers(request(tools=TOOLS, response_format={"type": "text"}), engine)
    with pytest.raises(InvalidRequest) as caught:
        tool_call_parsers(request(tools=TOOLS), StandInEngine())
    assert caught.value.param == "tool_choice"


async def test_one_call_at_most_where_parallel_calls_are_off() -> None:
    body = request(tools=TOOLS, parallel_tool_calls=False)
    parsers = tool_call_parsers(body, StandInEngine(parser=CallArrayParser()))
    answer = chat_reply(body, new_identity("chatcmpl", "m", fingerprint("m")), 3, parsers)
    whole = await chat_completion(Stream(texts(CALLS)).read(), answer)
    assert len(whole.choices[0].message.tool_calls or []) == 1
    assert whole.id.startswith("chatcmpl-")
