"""Requests and answers about calibrations of classifications; OpenAI has no such routes, but their form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from jobai_server.openai_format.category_names import CategoryName
from jobai_server.openai_format.classifications import CategoriesRequest, ClassifiedText
from jobai_server.openai_format.field_types import refusal
from jobai_server.openai_format.identity import TokenUsage
from jobai_server.openai_format.request_model import RequestPart

MAX_EXAMPLES = 1000


class LabelledText(RequestPart):
    """A text with the category that is right, or with `categories`, any number of them, for multi-label."""

    text: ClassifiedText
    category: CategoryName | None = None
    categories: Annotated[list[CategoryName], Field(fail_fast=True, max_length=100)] | None = None

    @property
    def right(self) -> list[str]:
        return self.categories if self.categories is not None else [self.category or ""]


class CalibrationRequest(CategoriesRequest):
    """The body of POST /v1/classifications/calibrations."""

    examples: Annotated[list[LabelledText], Field(fail_fast=True, min_length=1, max_length=MAX_EXAMPLES)]

    @model_validator(mode="after")
    def _says_what_is_right(self) -> Self:
        for index, example in enumerate(self.examples):
            place = f"examples[{index}]"
            if (example.category is None) == (example.categories is None):
                message = f"{place} needs either 'category' or, for multi_label, 'categories'."
                raise refusal("invalid_value", message, param=f"{place}.category")
            if example.categories is not None and not self.multi_label:
                message = f"'{place}.categories' is for multi_label; give the one right 'category'."
                raise refusal("unsupported_parameter", message, param=f"{place}.categories")
        return self


class ListCalibrationsQuery(RequestPart):
    """The query of GET /v1/classifications/calibrations."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    after: Annotated[str, Field(min_length=1, max_length=64)] | None = None


def calibration_object(
    calibration_id: str,
    created_at: float,
    model: str,
    definition: Mapping[str, Any],
    adjustment: Mapping[str, Any],
    report: Mapping[str, Any],
) -> dict[str, Any]:
    """A calibration as clients see it.

    Args:
        definition: What it was made for; its categories have `name` and `description`.
        adjustment: `temperature`, and `biases` in the order of the categories.
        report: How good it is.
    """
    categories = definition["categories"]
    multi_label = adjustment["multi_label"]
    return {
        "id": calibration_id,
        "object": "classification.calibration",
        "created_at": int(created_at),
        "model": model,
        "categories": [{"name": one["name"], "description": one["description"] or None} for one in categories],
        "multi_label": multi_label,
        "instructions": definition["instructions"] or None,
        "method": None if multi_label else definition["method"],
        "permutations": None if multi_label else definition["permutations"],
        "prior_correction": definition["prior_correction"],
        "temperature": adjustment["temperature"],
        "biases": {one["name"]: bias for one, bias in zip(categories, adjustment["biases"], strict=True)},
        "evaluation": dict(report),
    }


def calibration_list(objects: Sequence[Mapping[str, Any]], *, has_more: bool) -> dict[str, Any]:
    ends = (
        {"first_id": objects[0]["id"], "last_id": objects[-1]["id"]} if objects else {"first_id": None, "last_id": None}
    )
    return {"object": "list", "data": list(objects), **ends, "has_more": has_more}


def deleted_calibration(calibration_id: str) -> dict[str, Any]:
    return {"id": calibration_id, "object": "classification.calibration.deleted", "deleted": True}


def usage_object(usage: TokenUsage) -> dict[str, int]:
    return {"prompt_tokens": usage.prompt_tokens, "total_tokens": usage.prompt_tokens}
