from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import jobai_server
from jobai_server.engines.protocol import Conversation
from jobai_server.engines.safe_tokenizer import SafeTokenizer
from jobai_server.engines.single_calls import single_calls

EMBEDDED = Path(jobai_server.__file__).parent / "embedded" / "jobai_nano"
QUESTION = {"role": "user", "content": "Oslo and Rome?"}
# What Llama 3.1's own template does with calls.
ONE_CALL = """
{%- for message in messages %}
    {%- if message.tool_calls %}
        {%- if message.tool_calls | length != 1 %}
            {{- raise_exception("This model only supports single tool-calls at once!") }}
        {%- endif %}
        {{- "call:" + message.tool_calls[0].function.name + ";" }}
    {%- else %}
        {{- message.role + ":" + message.content + ";" }}
    {%- endif %}
{%- endfor %}
"""


def call(name: str) -> dict[str, Any]:
    return {"id": f"id-{name}", "type": "function", "function": {"name": name, "arguments": {}}}


def answer(*names: str, content: str = "") -> dict[str, Any]:
    return {"role": "assistant", "content": content, "tool_calls": [call(name) for name in names]}


def result(name: str, content: str = "found") -> dict[str, Any]:
    return {"role": "tool", "content": content, "tool_call_id": f"id-{name}"}


def test_each_call_is_an_answer_of_its_own_and_its_result_follows() -> None:
    messages = [QUESTION, answer("a", "b", content="Let me see."), result("b"), result("a"), QUESTION]
    assert single_calls(messages) == [
        *(QUESTION, answer("a", content="Let me see."), result("a")),
        *(answer("b"), result("b"), QUESTION),
    ]


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [QUESTION],
        [QUESTION, answer("a"), result("a"), {"role": "assistant", "content": "Sunny."}],
        [QUESTION, answer("a"), result("a"), answer("b"), result("b")],
    ],
)
def test_single_calls_stay(messages: list[dict[str, Any]]) -> None:
    assert single_calls(messages) == messages


def test_nothing_is_lost_where_results_do_not_fit() -> None:
    messages = [answer("a", "b"), result("other"), result("b"), result("b", "again")]
    assert single_calls(messages) == [answer("a"), answer("b"), result("b"), result("b", "again"), result("other")]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        (ONE_CALL, "user:Oslo and Rome?;call:a;tool:1;call:b;tool:2;"),
        (ONE_CALL.replace("!= 1", "> 9"), "user:Oslo and Rome?;call:a;tool:1;tool:2;"),
    ],
)
def test_only_templates_that_refuse_several_calls_get_them_singly(template: str, text: str) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED)
    conversation = Conversation(messages=[QUESTION, answer("a", "b"), result("a", "1"), result("b", "2")])
    assert tokenizer.decode(SafeTokenizer(tokenizer, template).encode_conversation(conversation)) == text
