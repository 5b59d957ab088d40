"""POST /v1/classifications."""

from __future__ import annotations

import secrets
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from jobai_server.auth.caller import Caller
from jobai_server.classification.calibration.definition import METHOD_FIELDS, calibrated_task
from jobai_server.classification.calibration.record import CalibrationRecord
from jobai_server.classification.labels import letter_groups
from jobai_server.classification.scorer import prepare
from jobai_server.classification.task import DEFAULT_PERMUTATIONS, Category, ClassificationTask, Method, on_one_line
from jobai_server.engines.protocol import TextEngine
from jobai_server.errors import UnknownCalibration
from jobai_server.observability.metrics import CLASSIFIED_TEXTS
from jobai_server.openai_format.classifications import (
    CategoriesRequest,
    ClassificationRequest,
    ClassifiedScores,
    category_name,
    classification_list,
)
from jobai_server.openai_format.identity import TokenUsage
from jobai_server.openai_format.sampling import check_context
from jobai_server.web.authentication import CallerDependency, requires
from jobai_server.web.dependencies import StateDependency, body_of
from jobai_server.web.metering import meter_of
from jobai_server.web.owner import owner
from jobai_server.web.state import WebState
from jobai_server.web.streaming import until_disconnect
from jobai_server.web.woken_engine import woken_text

router = APIRouter(dependencies=[requires("client")])

ClassificationBody = Annotated[ClassificationRequest, Depends(body_of(ClassificationRequest))]


@router.post("/v1/classifications")
async def create_classification(
    request: Request, body: ClassificationBody, caller: CallerDependency, state: StateDependency
) -> JSONResponse:
    return await until_disconnect(request, state.in_flight, _answer(request, body, caller, state))


async def _answer(request: Request, body: ClassificationRequest, caller: Caller, state: WebState) -> JSONResponse:
    engine = await woken_text(state, body.model, "classification", caller)
    for text, param in zip(body.texts, body.text_params, strict=True):
        check_context(engine.card, len(text), param)
    check_context(engine.card, len(body.instructions or ""), "instructions")
    task = classification_task(body, engine)
    calibration = None
    if body.calibration is not None:
        calibration = await _calibration(body.calibration, caller, state)
        given = frozenset(field for field in METHOD_FIELDS if getattr(body, field) is not None)
        task = calibrated_task(calibration, task, given, engine.card)
    scoring = await prepare(engine, task, body.texts, body.text_params, state.priors)
    usage = TokenUsage(scoring.prompt_tokens)
    meter = meter_of(request)
    await meter.reserve(engine.card.name, usage, 0)
    found = await scoring.run(f"classify-{secrets.token_hex(16)}", owner(caller, body), meter.times)
    CLASSIFIED_TEXTS.labels(engine.card.name).inc(len(found))
    probabilities = np.stack([one.probabilities for one in found])
    if calibration is not None:
        probabilities = calibration.adjustment.of_probabilities(probabilities)
    places = {category.name: place for place, category in enumerate(task.categories)}
    order = [places[on_one_line(category_name(category))] for category in body.categories]
    results = [
        ClassifiedScores(row.tolist(), one.label_mass) for row, one in zip(probabilities[:, order], found, strict=True)
    ]
    used = None if calibration is None else (calibration.id, calibration.report)
    return JSONResponse(classification_list(body, engine.card.name, results, usage, used))


async def _calibration(calibration_id: str, caller: Caller, state: WebState) -> CalibrationRecord:
    try:
        return await state.calibrations.find(calibration_id, seen_by(caller))
    except UnknownCalibration as error:
        raise UnknownCalibration(error.message, param="calibration") from None


def seen_by(caller: Caller) -> str | None:
    """Whose calibrations a caller sees: its own, or, for an admin, everybody's."""
    return None if caller.role == "admin" else caller.key_id


def classification_task(body: CategoriesRequest, engine: TextEngine) -> ClassificationTask:
    """The request in the scorer's terms; letters, where the model has as many as there are categories.

    For multi-label the prior is left in unless asked otherwise: that a text without content belongs to no category
    is no prejudice but the right answer.
    """
    categories = tuple(
        Category(one) if isinstance(one, str) else Category(one.name, one.description or "") for one in body.categories
    )
    method: Method = "yes_no" if body.multi_label else body.method or "letters"
    if method == "letters" and body.method is None and len(categories) > len(letter_groups(engine)):
        method = "names"
    return ClassificationTask(
        categories,
        method,
        instructions=body.instructions or "",
        permutations=body.permutations or DEFAULT_PERMUTATIONS,
        prior_correction=not body.multi_label if body.prior_correction is None else body.prior_correction,
    )
