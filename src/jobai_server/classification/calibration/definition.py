"""What a calibration was made for: it is of use for the same task on the same model, and for nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from jobai_server.classification.calibration.record import CalibrationRecord
from jobai_server.classification.task import Category, ClassificationTask
from jobai_server.engines.protocol import ModelCard
from jobai_server.errors import InvalidRequest

# What a request may leave out: the calibration says how it was measured.
METHOD_FIELDS = ("method", "permutations", "prior_correction")


def definition_of(task: ClassificationTask) -> dict[str, Any]:
    """The task as JSON."""
    return asdict(task) | {"categories": [asdict(category) for category in task.categories]}


def task_of(definition: Mapping[str, Any]) -> ClassificationTask:
    return ClassificationTask(
        **{**definition, "categories": tuple(Category(**category) for category in definition["categories"])}
    )


def calibrated_task(
    record: CalibrationRecord, asked: ClassificationTask, given: frozenset[str], card: ModelCard
) -> ClassificationTask:
    """The task that the calibration was made for, in the order of its categories.

    Args:
        asked: The task of a request.
        given: Which of METHOD_FIELDS the request gives; the others are the calibration's.
        card: Of the model that is asked.

    Raises:
        InvalidRequest: It was made for something else; the message says what differs.
    """
    made_for = task_of(record.definition)
    differs = [
        what
        for what, same in (
            ("model", record.model == card.name),
            ("version of the model", record.model != card.name or record.fingerprint == card.fingerprint),
            ("categories", frozenset(made_for.categories) == frozenset(asked.categories)),
            ("multi_label", (made_for.method == "yes_no") == (asked.method == "yes_no")),
            ("instructions", made_for.instructions == asked.instructions),
            *((name, name not in given or getattr(made_for, name) == getattr(asked, name)) for name in METHOD_FIELDS),
        )
        if not same
    ]
    if differs:
        raise InvalidRequest(
            f"The calibration '{record.id}' was not made for this request: it differs in {', '.join(differs)}.",
            param="calibration",
            code="calibration_mismatch",
        )
    return made_for
