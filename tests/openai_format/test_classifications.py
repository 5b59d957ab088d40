"""The body of POST /v1/classifications."""

from __future__ import annotations

from typing import Any

import pytest

from jobai_server.errors import InvalidRequest
from jobai_server.openai_format.classifications import ClassificationRequest
from jobai_server.openai_format.request_model import parse_request

VALID: dict[str, Any] = {"text": "a", "categories": ["x", {"name": "y", "description": "what y is"}]}


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"text": ""}, "text"),
        ({"text": []}, "text"),
        ({"text": ["a", ""]}, "text[1]"),
        ({"text": ["a"] * 65}, "text"),
        ({"text": 5}, "text"),
        ({"categories": ["x"]}, "categories"),
        ({"categories": [str(number) for number in range(101)]}, "categories"),
        ({"categories": ["x", "x"]}, "categories[1]"),
        ({"categories": ["x y", {"name": " x  y"}]}, "categories[1].name"),
        ({"categories": ["x", {"name": ""}]}, "categories[1].name"),
        ({"categories": ["x", " "]}, "categories[1]"),
        ({"categories": ["x", {"name": "y", "colour": "red"}]}, "categories[1].colour"),
        ({"categories": ["x", 5]}, "categories[1]"),
        ({"permutations": 0}, "permutations"),
        ({"permutations": 9}, "permutations"),
        ({"method": "guess"}, "method"),
        ({"multi_label": True, "permutations": 2}, "permutations"),
        ({"multi_label": True, "method": "names"}, "method"),
        ({"labels": ["x"]}, "labels"),
    ],
)
def test_the_field_at_fault_is_named(changes: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse_request(ClassificationRequest, VALID | changes)
    assert raised.value.param == param


def test_one_text_and_several() -> None:
    assert parse_request(ClassificationRequest, VALID).text_params == ["text"]
    several = parse_request(ClassificationRequest, VALID | {"text": ["a", "b"]})
    assert (several.texts, several.text_params) == (["a", "b"], ["text[0]", "text[1]"])
