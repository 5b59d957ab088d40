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
        ({"categories": ["x", {"name": ""}]}, "categories[1].name"),
        ({"categories": ["x", " "]}, "categories[1]"),
        ({"categories": ["x", "\u200b \ufeff"]}, "categories[1]"),
        ({"categories": ["x", "y" * 201]}, "categories[1]"),
        ({"categories": ["x", {"name": "y" * 201}]}, "categories[1].name"),
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


@pytest.mark.parametrize(
    ("names", "param"),
    [
        (["x", "x"], "categories[1]"),
        (["a", "b", " A "], "categories[2]"),
        (["x y", {"name": " x  y"}], "categories[1].name"),
        ([{"name": "x"}, "X"], "categories[1]"),
        (["Straße", "STRASSE"], "categories[1]"),
        (["a", "\u200ba"], "categories[1]"),
        (["ab", "a\u00adb\u2060"], "categories[1]"),
    ],
)
def test_a_name_that_looks_like_another_is_refused(names: list[Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse_request(ClassificationRequest, VALID | {"categories": names})
    assert (raised.value.param, raised.value.code) == (param, "duplicate_value")
    assert f"'{param}'" in raised.value.message


@pytest.mark.parametrize(
    "names",
    [
        ["y" * 200, "y" * 199],
        ["résumé", "resume"],
        ["a b", "ab"],
        [
            f"\U0001f3f4{''.join(chr(0xE0000 + ord(letter)) for letter in part)}\U000e007f"
            for part in ("gbeng", "gbsct")
        ],
    ],
)
def test_names_that_differ_are_taken_as_they_are(names: list[str]) -> None:
    assert parse_request(ClassificationRequest, VALID | {"categories": names}).categories == names


def test_one_text_and_several() -> None:
    assert parse_request(ClassificationRequest, VALID).text_params == ["text"]
    several = parse_request(ClassificationRequest, VALID | {"text": ["a", "b"]})
    assert (several.texts, several.text_params) == (["a", "b"], ["text[0]", "text[1]"])
