"""The body of POST /v1/classifications and its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from jobai_server.openai_format.category_names import CategoryName, same_name
from jobai_server.openai_format.field_types import chosen_by, refusal, tag, text_or_list
from jobai_server.openai_format.identity import TokenUsage
from jobai_server.openai_format.request_model import MAX_TEXT_LENGTH, RequestBody, RequestPart

MAX_TEXTS = 64
MAX_CATEGORIES = 100
MAX_PERMUTATIONS = 8
MULTI_LABEL_THRESHOLD = 0.5
"""From this probability on a category is among those that apply."""


ClassifiedText = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_LENGTH)]
Texts = Annotated[
    Annotated[ClassifiedText, tag("text")]
    | Annotated[list[ClassifiedText], Field(fail_fast=True, min_length=1, max_length=MAX_TEXTS), tag("list")],
    chosen_by(text_or_list, expected="a string or an array of strings"),
]
CalibrationId = Annotated[str, Field(min_length=1, max_length=64)]


class DescribedCategory(RequestPart):
    name: CategoryName
    description: Annotated[str, Field(max_length=2048)] | None = None


def _category_form(value: Any) -> str | None:
    return "text" if isinstance(value, str) else "object" if isinstance(value, dict) else None


CategoryItem = Annotated[
    Annotated[CategoryName, tag("text")] | Annotated[DescribedCategory, tag("object")],
    chosen_by(_category_form, expected="a string or an object"),
]


class CategoriesRequest(RequestBody):
    """Categories and how to judge them; None always means 'not given'."""

    categories: Annotated[list[CategoryItem], Field(fail_fast=True, min_length=2, max_length=MAX_CATEGORIES)]
    multi_label: bool | None = None
    instructions: Annotated[str, Field(max_length=65_536)] | None = None
    permutations: Annotated[int, Field(ge=1, le=MAX_PERMUTATIONS)] | None = None
    prior_correction: bool | None = None
    method: Literal["letters", "names"] | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        seen: dict[str, int] = {}
        for index, category in enumerate(self.categories):
            first = seen.setdefault(same_name(category_name(category)), index)
            if first != index:
                param = f"categories[{index}]" + ("" if isinstance(category, str) else ".name")
                message = f"Invalid '{param}': this name is the same as that of categories[{first}]; case, white space "
                message += "and characters without width make no difference."
                raise refusal("duplicate_value", message, param=param)
        if self.multi_label:
            for field in ("method", "permutations"):
                if getattr(self, field) is not None:
                    message = f"'{field}' has no meaning with 'multi_label': each category is asked about by itself."
                    raise refusal("unsupported_parameter", message, param=field)
        return self


class ClassificationRequest(CategoriesRequest):
    """The body of POST /v1/classifications: texts, and the categories they may belong to.

    `calibration` is the id of one that was made for the same categories.
    """

    text: Texts
    calibration: CalibrationId | None = None

    @property
    def texts(self) -> list[str]:
        return [self.text] if isinstance(self.text, str) else self.text

    @property
    def text_params(self) -> list[str]:
        """Where each text is in the request, for errors."""
        return ["text"] if isinstance(self.text, str) else [f"text[{index}]" for index in range(len(self.text))]


def category_name(category: str | DescribedCategory) -> str:
    return category if isinstance(category, str) else category.name


@dataclass(frozen=True, slots=True)
class ClassifiedScores:
    """Of one text: a probability per category, and how much of the model's answer was a label at all."""

    probabilities: Sequence[float]
    label_mass: float


def classification_list(
    body: ClassificationRequest,
    model: str,
    results: Sequence[ClassifiedScores],
    usage: TokenUsage,
    calibration: tuple[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """The answer as plain data.

    Args:
        calibration: The id of the one that was used, and how good it was on examples it had not seen.
    """
    names = [category_name(category) for category in body.categories]
    data = [_classification(index, names, result, bool(body.multi_label)) for index, result in enumerate(results)]
    counted = usage.as_json()
    del counted["completion_tokens"]
    answer = {"object": "list", "data": data, "model": model, "calibrated": calibration is not None}
    if calibration is not None:
        calibration_id, report = calibration
        error = report["after"]["expected_calibration_error"]
        answer["calibration"] = {"id": calibration_id, "expected_calibration_error": error}
    return answer | {"usage": counted}


def _classification(index: int, names: Sequence[str], result: ClassifiedScores, multi_label: bool) -> Mapping[str, Any]:
    scores = dict(zip(names, result.probabilities, strict=True))
    best = max(scores, key=lambda name: scores[name])
    answer = {"object": "classification", "index": index, "category": best, "confidence": scores[best]}
    if multi_label:
        answer["categories"] = [name for name in names if scores[name] >= MULTI_LABEL_THRESHOLD]
    return answer | {"scores": scores, "label_mass": result.label_mass}
